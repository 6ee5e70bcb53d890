/** The map goes closer: a container becomes its cutaway, and the step one call; by keys, wheel, fingers and address. */
import * as assert from 'uvu/assert';
import { suite } from '../harness.ts';
import { until } from '../until.ts';
import { bringAxe, violations } from './axe.ts';
import { needs, Visit } from './browser.ts';

const test = suite('the map, closer', ...needs);
let visit: Visit;
let id = '';
test.before(async () => {
  visit = await Visit.open({ colorScheme: 'light', hasTouch: true });
  await bringAxe(visit.context);
  id = await visit.daemon.ok('run', '-d', '--memory', '64m', '--name', 'web', 'ubuntu', 'sleep', '1000');
  await visit.page.goto(await visit.address());
  await visit.page.locator(`[data-key="container:${id}"]`).waitFor();
});
test.after(() => visit.close());

const hash = () => visit.page.evaluate<string>('location.hash');
const tile = () => visit.page.locator(`[data-key="container:${id}"]`);
const cutaway = () => visit.page.locator('.cutaway');
const large = () => visit.page.locator('[data-part].large');
const atRest = () => until('the camera rests', async () => !(await visit.page.locator('.grown.moving').count()));
async function onMap(): Promise<void> {
  await until(
    'the map',
    async () => /^(#map)?(\?|$)/.test(await hash()) && !(await visit.page.locator('.near').count()),
  );
  await tile().waitFor();
}
/** The parts of the cutaway, in order, with the pixels that they cover. */
const sizes = () =>
  visit.page.evaluate<Record<string, number>>(
    `Object.fromEntries([...document.querySelectorAll('[data-part]')].map((one) => [one.dataset.part, one.offsetWidth * one.offsetHeight]))`,
  );
/** Goes in with Enter, from the map. */
async function goIn(): Promise<void> {
  await tile().focus();
  await visit.page.keyboard.press('Enter');
  await cutaway().waitFor();
  await large().locator('svg[viewBox]').first().waitFor();
}

test('Enter on a container turns it into its cutaway in place, and Escape leads back to it', async () => {
  const { page } = visit;
  await goIn();
  assert.match(await hash(), new RegExp(`^#map/${id}`));
  assert.equal(Object.keys(await sizes()), ['Namespaces', 'Overlay', 'Cgroups', 'Network', 'Security']);
  assert.equal(await violations(page), []);
  await visit.shot('near-1-light');
  await page.keyboard.press('Escape');
  await onMap();
  assert.is(await page.evaluate<string>('document.activeElement.dataset.key'), `container:${id}`);
});

test('the part that the step at the cursor changes grows, and the others step back', async () => {
  const { page } = visit;
  await goIn();
  // from the end of the run to its beginning
  const wanted = {
    'init.capabilities': 'Security',
    'network.': 'Network',
    'rw-layer.': 'Overlay',
    'create.limits': 'Cgroups',
  };
  for (const [step, part] of Object.entries(wanted)) {
    await until(`the cursor in ${step}`, async () => {
      if ((await visit.step()).startsWith(step)) return true;
      await page.keyboard.press('ArrowLeft');
      return false;
    });
    await until(`${part} is large`, async () => (await large().getAttribute('data-part')) === part);
    const all = await sizes();
    for (const [name, size] of Object.entries(all))
      if (name !== part) assert.ok(size < all[part]!, `${name} in ${step}`);
  }
});

test('each part can be made large by hand, shown alone, and has its place in the address', async () => {
  const { page } = visit;
  await page.getByRole('button', { name: 'Security', exact: true }).focus();
  await page.keyboard.press('Enter');
  await page.locator('[data-part=Security].large').waitFor();
  await page.getByRole('button', { name: /^Security: alone/ }).click();
  await until('it is alone', async () => (await page.locator('[data-part]').count()) === 1);
  await until('its address', async () => /part=Security/.test(await hash()));
  await page.reload();
  await page.locator('[data-part=Security].large svg[viewBox]').first().waitFor();
  assert.is(await page.locator('[data-part]').count(), 1);
  await page.keyboard.press('Escape'); // to the present
  await page.keyboard.press('Escape'); // to the other parts
  await until('all parts', async () => (await page.locator('[data-part]').count()) === 5);
});

test('closer still is one call: its arguments, its manual, its source, and the facts before and after', async () => {
  const { page } = visit;
  await until('the cursor at a mount', async () => {
    await page.keyboard.press('ArrowLeft');
    return /^init\.mount-/.test(await visit.step());
  });
  await page.keyboard.press('+');
  await page.locator('#call').waitFor();
  await atRest();
  await until('a call of mount', async () => {
    await page.keyboard.press('Shift+ArrowLeft');
    return /^stage\s+mount\(/.test(await page.locator('.call .line').innerText());
  });
  const text = await page.locator('.call .text').innerText();
  assert.match(text, /runtime\/.*:\d+/);
  assert.match(text, /Arguments[^]*What it changed/);
  assert.is(
    await page.locator('.call a', { hasText: /^mount\(2\)$/ }).getAttribute('href'),
    'https://man7.org/linux/man-pages/man2/mount.2.html',
  );
  assert.ok((await page.locator('.call table').first().locator('tr').count()) >= 5);
  assert.match(await hash(), new RegExp(`^#map/${id}\\?k=\\d+&near=2`));
  assert.equal(await violations(page), []);
  await visit.shot('near-2-light');
  await until('a call that changed a fact', async () => {
    await page.keyboard.press('Shift+ArrowLeft');
    return (await page.locator('.call thead').count()) > 0;
  });
  const cells = await page.locator('.call table').last().locator('tbody td').allInnerTexts();
  assert.ok(cells.length >= 2 && cells[0] !== cells[1], cells.join());
  const line = await page.locator('.call .line').innerText();
  await page.reload();
  await until('the same call after a reload', async () => (await page.locator('.call .line').innerText()) === line);
});

test('minus leads out one at a time, and the map shows the moment of the cursor', async () => {
  const { page } = visit;
  await page.keyboard.press('-');
  await until('the cutaway', async () => !(await page.locator('#call').count()));
  assert.not.match(await hash(), /near=2/);
  await page.keyboard.press('-');
  await onMap();
  assert.match(await hash(), /^#map\?t=/);
  await page.keyboard.press('Escape');
  await until('the present', async () => !/t=/.test(await hash()));
});

test('the wheel goes from the map through the container to the call, and back', async () => {
  const { page } = visit;
  const { x, y, width, height } = (await tile().boundingBox())!;
  await page.mouse.move(x + width / 2, y + height / 2);
  await until('the cutaway', async () => {
    await page.mouse.wheel(0, -120);
    return (await cutaway().count()) > 0;
  });
  await atRest();
  assert.match(await hash(), new RegExp(`^#map/${id}`));
  await page.mouse.move(20, 180);
  await until('the call', async () => {
    await page.mouse.wheel(0, -120);
    return (await page.locator('#call').count()) > 0;
  });
  await atRest();
  await page.mouse.move(x + width / 2, y + height / 2);
  await until('the map', async () => {
    await page.mouse.wheel(0, 120);
    await atRest();
    return !(await page.locator('.near').count());
  });
  await until('the whole map', async () => {
    await page.mouse.wheel(0, 120);
    return !/z=/.test(await hash());
  });
  await onMap();
});

/** Two fingers that move from `from` to `to` pixels apart, around a point. */
async function fingers(x: number, y: number, from: number, to: number): Promise<void> {
  const session = await visit.context.newCDPSession(visit.page);
  const points = (apart: number) => [
    { x: x - apart / 2, y, id: 0 },
    { x: x + apart / 2, y, id: 1 },
  ];
  await session.send('Input.dispatchTouchEvent', { type: 'touchStart', touchPoints: points(from) });
  for (let n = 1; n <= 8; n++)
    await session.send('Input.dispatchTouchEvent', {
      type: 'touchMove',
      touchPoints: points(from + ((to - from) * n) / 8),
    });
  await session.send('Input.dispatchTouchEvent', { type: 'touchEnd', touchPoints: [] });
  await session.detach();
}
test('two fingers go into a container and out of it at 390 pixels, and the page keeps its own scale', async () => {
  const { page } = visit;
  await visit.resize({ width: 390, height: 844 });
  await tile().scrollIntoViewIfNeeded();
  await until('the cutaway', async () => {
    if (await cutaway().count()) return true;
    const { x, y, width, height } = (await tile().boundingBox())!;
    await fingers(x + width / 2, y + height / 2, 60, 240);
    return false;
  });
  await atRest();
  assert.is(await page.evaluate<number>('visualViewport.scale'), 1);
  assert.ok(await page.evaluate<boolean>('document.documentElement.scrollWidth <= innerWidth'));
  assert.equal(await violations(page), []);
  assert.is(await page.locator('#call').count(), 0, 'one gesture goes from one of the three to the next');
  await visit.shot('near-1-390', { fullPage: true });
  await until('the map', async () => {
    await fingers(195, 400, 300, 60);
    return !(await page.locator('.near').count());
  });
  await until('the whole map', async () => {
    await page.keyboard.press('0');
    return !/z=/.test(await hash());
  });
});

test('at 320 pixels and in the dark nothing is cut, neither in the cutaway nor at a call', async () => {
  const { page } = visit;
  await visit.resize({ width: 320, height: 640 });
  await page.emulateMedia({ colorScheme: 'dark' });
  await goIn();
  const fits = () => page.evaluate<boolean>('document.documentElement.scrollWidth <= innerWidth');
  assert.ok(await fits());
  assert.equal(await violations(page), []);
  await page.keyboard.press('+');
  await page.locator('#call').waitFor();
  assert.ok(await fits());
  assert.equal(await violations(page), []);
  await page.keyboard.press('0');
  await onMap();
  await visit.resize({ width: 1500, height: 900 });
});

test('with motion the container grows from its place on the map, without motion it is there at once', async () => {
  const { page } = visit;
  await page.emulateMedia({ reducedMotion: 'no-preference', colorScheme: 'dark' });
  const watched = page.evaluate<number[]>(`new Promise((done) => {
    const widths = [];
    const look = () => {
      const grown = document.querySelector('.grown');
      if (grown) widths.push(grown.getBoundingClientRect().width);
      if (grown && !grown.classList.contains('moving')) done(widths);
      else requestAnimationFrame(look);
    };
    look();
  })`);
  const [widths] = await Promise.all([watched, goIn()]);
  assert.ok(widths.length > 3, `${widths.length} frames`);
  assert.ok(widths[0]! < 0.6 * widths.at(-1)!, `${widths[0]} to ${widths.at(-1)}`);
  await visit.shot('near-1-dark');
  await page.keyboard.press('0');
  await onMap();
  await page.emulateMedia({ reducedMotion: 'reduce' });
  await tile().focus();
  await page.keyboard.press('Enter');
  await cutaway().waitFor();
  assert.is(await page.locator('.grown.moving').count(), 0);
});

test('the whole page of the container, with its terminal, is one press away, and Back leads to the cutaway', async () => {
  const { page } = visit;
  await page.getByRole('button', { name: 'terminal and journal' }).click();
  await page.getByRole('tab', { name: 'Journal' }).waitFor();
  assert.match(await hash(), new RegExp(`^#run/${id}`));
  await page.goBack();
  await cutaway().waitFor();
  await page.goBack();
  await onMap();
});

test('the page has complained of nothing', () => assert.equal(visit.complaints, []));

test.run();
