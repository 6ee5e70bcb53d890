/**
 * The first minute: from the printed address to a container that is being born, with the mouse, with the keyboard
 * alone, and on a narrow screen; and the map of the machine below it.
 */
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { packageRoot } from '../../runtime/syscalls/native.ts';
import { suite } from '../harness.ts';
import { bringAxe, violations } from './axe.ts';
import { needs, Visit } from './browser.ts';
import { until } from '../until.ts';

const test = suite('the first minute', ...needs);
let visit: Visit;
test.before(async () => {
  visit = await Visit.open({ colorScheme: 'light' });
  await bringAxe(visit.context);
  await visit.page.goto(await visit.address());
  await visit.page.locator('.link.open').waitFor();
});
test.after(() => visit.close());

const containers = () => visit.daemon.json<{ Id: string; State: string }[]>('/containers/json?all=1');
const chapter = () => visit.page.locator('#tour');
/** Ends the tour, and waits until nothing is left of it. */
async function end(): Promise<void> {
  await visit.page.getByRole('button', { name: 'end and clean up' }).click();
  await visit.page.getByRole('button', { name: /Watch a container being born/ }).waitFor();
  await until('the container is gone', async () => !(await containers()).length);
}

test('the first page has one thing to do, ways by goal, and a map; it has no list of steps', async () => {
  const { page } = visit;
  assert.is(await page.locator('button.watch').count(), 1);
  assert.is(
    await page
      .getByRole('navigation', { name: /^Or choose what/ })
      .getByRole('link')
      .count(),
    6,
  );
  await page.locator('[data-key="network:bridge"]').waitFor();
  assert.is(await page.locator('#steps, #now, .xterm').count(), 0);
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme });
    assert.equal(await violations(page), []);
  }
});

test('the goals name lessons that exist, with the minutes that those say', async () => {
  const heads = readdirSync(join(packageRoot, 'lessons'), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('lesson.md'))
    .map((path) => readFileSync(join(packageRoot, 'lessons', path), 'utf8'));
  const links = await visit.page.locator('.goals a').all();
  assert.is(links.length, 6);
  for (const link of links) {
    const id = (await link.getAttribute('href'))!.replace('#lesson/', '');
    const head = heads.find((one) => one.includes(`\nid: ${id}\n`));
    const minutes = /\nminutes: (\d+)\n/.exec(head ?? '')?.[1];
    assert.match(await link.innerText(), new RegExp(`lesson, ${minutes} min$`));
  }
});

test('with the mouse: one press starts a real container, the steps go by themselves, and it can be stopped', async () => {
  const { page } = visit;
  await page.locator('button.watch').click();
  await chapter().waitFor();
  assert.is((await containers()).length, 1);
  const first = await page.locator('.step code').innerText();
  await until('it goes on by itself', async () => (await page.locator('.step code').innerText()) !== first);
  await page.getByRole('button', { name: 'stop here' }).click();
  await page.getByText('It stands still.').waitFor();
  assert.equal(await violations(page), []);
  const stood = await page.locator('.step code').innerText();
  await page.getByRole('button', { name: 'next step' }).click();
  await until('one step by hand', async () => (await page.locator('.step code').innerText()) !== stood);
  await page.getByText('It stands still.').waitFor();
});

test('the picture follows the chapter', async () => {
  const { page } = visit;
  const seen = new Map<string, string>();
  for (let n = 0; n < 40; n++) {
    const step = await page.locator('.step code').innerText();
    await until('the picture is there', async () => {
      const tab = await page.locator('[role=tab][aria-selected=true][aria-controls=picture]').innerText();
      seen.set(step, tab);
      return tab;
    });
    if (step.startsWith('network.')) break;
    await page.getByRole('button', { name: 'next step' }).click();
    await until('the next step', async () => (await page.locator('.step code').innerText()) !== step);
  }
  assert.equal(
    ['create.limits', 'create.clone3', 'rw-layer.mount-overlay'].map((step) => seen.get(step)),
    ['Cgroups', 'Namespaces', 'Overlay'],
  );
});

test('taken over, the run stands where it was, with all controls; ended, nothing is left of it', async () => {
  const { page } = visit;
  const step = await page.locator('.step code').innerText();
  await page.getByRole('button', { name: 'take over' }).click();
  await page.locator('#now').waitFor();
  assert.is(await visit.step(), step);
  await page.getByRole('button', { name: 'Map', exact: true }).click();
  await page.locator('[data-key^="container:"]').click();
  await page.locator('#now').waitFor();
  await page.getByRole('button', { name: 'abort' }).click();
  await page.getByRole('button', { name: 'remove', exact: true }).click();
  await until('it is gone', async () => !(await containers()).length);
  assert.equal(await containers(), []);
});

test('with the keyboard alone, from the address to the tour, through it, and back', async () => {
  const { page } = visit;
  await page.goto('about:blank');
  await page.goto(await visit.address());
  await page.locator('.link.open').waitFor();
  for (let n = 0; n < 30; n++) {
    await page.keyboard.press('Tab');
    if (await page.evaluate<boolean>(`document.activeElement.classList.contains('watch')`)) break;
  }
  await page.keyboard.press('Enter');
  await chapter().waitFor();
  await page.keyboard.press('Space');
  await page.getByText('It stands still.').waitFor();
  const step = await page.locator('.step code').innerText();
  await page.keyboard.press('ArrowRight');
  await until('the next step', async () => (await page.locator('.step code').innerText()) !== step);
  await page.keyboard.press(']');
  await until('the next phase', async () => /^create\./.test(await page.locator('.step code').innerText()));
  await end();
  assert.is(await page.locator('#tour').count(), 0);
});

test('at 390 pixels the words come first, then the picture, and nothing is wider than the screen', async () => {
  const { page } = visit;
  await visit.resize({ width: 390, height: 844 });
  const fits = () => page.evaluate<boolean>('document.documentElement.scrollWidth <= innerWidth');
  assert.ok(await fits());
  const watch = page.locator('button.watch');
  const { y, height } = (await watch.boundingBox())!;
  assert.ok(y + height < 844, 'it is seen without scrolling');
  await watch.click();
  await chapter().waitFor();
  await page.getByRole('button', { name: 'stop here' }).click();
  const top = async (selector: string) => (await page.locator(selector).first().boundingBox())!.y;
  const [words, picture, terminal] = [await top('#tour'), await top('#picture'), await top('[aria-label=Terminal]')];
  assert.ok(words < picture && picture < terminal, `${words} ${picture} ${terminal}`);
  assert.ok(await fits());
  assert.equal(await violations(page), []);
  await end();
  await visit.resize({ width: 1500, height: 900 });
});

test('the map shows what other clients do, what an image is used by, and opens what is chosen', async () => {
  const { page, daemon } = visit;
  await daemon.ok('network', 'create', 'front');
  const id = await daemon.ok(
    'run',
    '-d',
    '--memory',
    '64m',
    '--network',
    'front',
    '--name',
    'web',
    'ubuntu',
    'sleep',
    '1000',
  );
  const tile = page.locator(`[data-key="container:${id}"]`);
  await tile.waitFor();
  await until('its memory', async () => /of 64 MiB/.test((await tile.getAttribute('aria-label')) ?? ''));
  const image = page.locator('[data-key^="image:"]').first();
  await image.focus();
  await page.keyboard.press('Enter');
  await page.getByRole('region', { name: 'ubuntu:latest' }).getByRole('button', { name: 'web' }).waitFor();
  assert.equal(await violations(page), []);
  await page.locator('.map > header').getByRole('button', { name: 'as table' }).click();
  await page.locator('.map table').getByRole('button', { name: 'web' }).waitFor();
  assert.equal(await violations(page), []);
  await page.locator('.map > header').getByRole('button', { name: 'as table' }).click();
  await tile.click();
  await page.locator('#now').waitFor();
  assert.match(await page.evaluate<string>('location.hash'), new RegExp(`^#map/${id}`));
  await page.goBack();
  await tile.waitFor();
  await daemon.ok('rm', '-f', id);
  await until('it leaves the map', async () => !(await tile.count()));
});

const networksOf = async (name: string) => {
  const { NetworkSettings } = await visit.daemon.json<{ NetworkSettings: { Networks: object } }>(
    `/containers/${name}/json`,
  );
  return Object.keys(NetworkSettings.Networks).sort();
};
test('a container that is dragged to the cable of a network is connected to it, and does not open', async () => {
  const { page, daemon } = visit;
  await daemon.ok('network', 'create', 'back');
  const id = await daemon.ok('run', '-d', '--network', 'front', '--name', 'both', 'ubuntu', 'sleep', '1000');
  const tile = page.locator(`[data-key="container:${id}"]`);
  const back = await until('the network', async () =>
    page.evaluate<number | null>(
      `(() => { const name = document.querySelectorAll('[data-key^="network:"]'); for (const one of name) if (/Network back/.test(one.getAttribute('aria-label'))) { const { top, bottom } = one.getBoundingClientRect(); return (top + bottom) / 2; } return null; })()`,
    ),
  );
  const { x, y, width, height } = (await tile.boundingBox())!;
  await page.mouse.move(x + width / 2, y + height / 2);
  await page.mouse.down();
  await page.mouse.move(x + width / 2 + 20, back, { steps: 4 });
  assert.is(await page.locator('.dragged').innerText(), 'connect both to back');
  await page.mouse.up();
  await until('it is connected', async () => (await networksOf('both')).join() === 'back,front');
  await page.locator(`[data-key^="rail:${id}:"]`).waitFor({ state: 'attached' });
  assert.not.match(await page.evaluate<string>('location.hash'), /^#run/);
});

test('with the keyboard a container is disconnected, and connected again', async () => {
  const { page, daemon } = visit;
  await page.getByRole('button', { name: /^Network back/ }).focus();
  await page.keyboard.press('Enter');
  const chosen = page.getByRole('region', { name: 'back' });
  await chosen.getByRole('button', { name: 'disconnect both' }).focus();
  await page.keyboard.press('Enter');
  await until('it is disconnected', async () => (await networksOf('both')).join() === 'front');
  assert.equal(await violations(page), []);
  await chosen.getByRole('combobox').selectOption({ label: 'both' });
  await chosen.getByRole('button', { name: 'connect', exact: true }).focus();
  await page.keyboard.press('Enter');
  await until('it is connected', async () => (await networksOf('both')).join() === 'back,front');
  await daemon.ok('rm', '-f', 'both');
  await daemon.ok('network', 'rm', 'back', 'front');
});

test('what the first page loads is less than 200 kB', async () => {
  const { page } = visit;
  await page.goto('about:blank');
  await page.goto(new URL('/', await visit.address()).href);
  await page.locator('[data-key="network:bridge"]').waitFor();
  const bytes = await page.evaluate<number>(
    `performance.getEntriesByType('resource').reduce((sum, { encodedBodySize }) => sum + encodedBodySize, 0)`,
  );
  assert.ok(bytes > 20_000 && bytes < 200_000, `${bytes} bytes`);
});

test('the page has complained of nothing', () => assert.equal(visit.complaints, []));

test.run();
