import * as assert from 'uvu/assert';
import { suite } from '../harness.ts';
import { bringAxe, violations } from './axe.ts';
import { needs, Visit } from './browser.ts';
import { until } from '../until.ts';

const pictures = ['Namespaces', 'Overlay', 'Cgroups', 'Network', 'Security', 'Timeline'];
const tabs = [...pictures, 'Journal', 'Kernel'];

const test = suite('everybody can use the page', ...needs);
let visit: Visit;
test.before(async () => {
  visit = await Visit.open({ colorScheme: 'light' });
  await bringAxe(visit.context);
  const { page } = visit;
  await visit.resize({ width: 1600, height: 1000 });
  await page.goto(await visit.address());
  await page.getByText('connected', { exact: true }).waitFor();
});
test.after(() => visit.close());

const choose = async (name: string) => {
  await visit.page.getByRole('tab', { name, exact: true }).click();
  await visit.page.locator(`#picture[aria-labelledby="tab-${name}"]`).waitFor();
  if (pictures.includes(name)) await visit.page.locator(`#picture section[aria-label=${name}]`).waitFor();
};
/** Checks every tab; all violations are reported together. */
async function walk(title: string, names = tabs, fullPage = false): Promise<void> {
  const found: string[] = [];
  for (const name of names) {
    await choose(name);
    await visit.shot(`${title}-${name.toLowerCase()}`, { fullPage });
    found.push(...(await violations(visit.page)).map((line) => `${title}, ${name}: ${line}`));
  }
  assert.equal([...new Set(found)], []);
}

test('the page before anything runs has no violations', async () => {
  await visit.shot('empty');
  assert.equal(await violations(visit.page), []);
});

test('every picture of a run that stands, in light', async () => {
  const { page } = visit;
  await page
    .getByLabel('drydock', { exact: true })
    .fill('run --name learner --memory 64m --pids-limit 50 -it ubuntu /bin/bash');
  await visit.pressTo('Enter', /^pull\./);
  for (const phase of ['create', 'rw-layer', 'network', 'init']) await visit.pressTo(']', new RegExp(`^${phase}\\.`));
  await visit.pressTo('ArrowRight', /^init\./);
  await walk('light');
});

test('every picture in dark has no violations', async () => {
  await visit.page.emulateMedia({ colorScheme: 'dark' });
  await walk('dark');
});

test('every picture as a table has no violations', async () => {
  await visit.page.emulateMedia({ colorScheme: 'light' });
  const found: string[] = [];
  for (const name of pictures) {
    await choose(name);
    await visit.page.locator('#picture').getByRole('button', { name: 'as table' }).click();
    await visit.page.locator('#picture table').first().waitFor();
    found.push(...(await violations(visit.page)).map((line) => `${name}: ${line}`));
  }
  assert.equal([...new Set(found)], []);
});

test('the help, and a key that is asked for', async () => {
  const { page } = visit;
  await page.locator('h1').click();
  await page.keyboard.press('?');
  await page.getByRole('dialog').waitFor();
  await visit.shot('help');
  assert.equal(await violations(page), []);
  await page.getByRole('button', { name: /^change the key for: let the container run on/ }).click();
  assert.equal(await violations(page), []);
  await page.keyboard.press('g');
  assert.match(await page.getByRole('row', { name: /let the container run on/ }).innerText(), /^g\b/);
  await page.getByRole('button', { name: 'close' }).click();
});

test('the key that was chosen works, the one that was left does not, and a browser keeps it', async () => {
  const { page } = visit;
  assert.match(await page.getByRole('button', { name: /^continue/ }).innerText(), /continue\s*g/);
  await page.locator('h1').click();
  const before = await visit.step();
  await page.keyboard.press('Space');
  await page.reload();
  await page.getByText('connected', { exact: true }).waitFor();
  await until('it still stands', async () => (await visit.step()) === before);
  await page.keyboard.press('g');
  await until('it runs', async () => (await visit.daemon.ok('ps', '-q')).length > 0);
});

test('a process that runs, its terminal read aloud, searched, with a way out', async () => {
  const { page } = visit;
  await page.locator('.xterm-screen').click();
  await page.keyboard.type('echo needle in the hay\n');
  await until('the output', async () => (await visit.terminal()).includes('needle'));
  await page.keyboard.press('Control+]');
  assert.is(await page.evaluate('document.activeElement.textContent'), 'process 1', 'Ctrl ] leads out of the terminal');
  await page.getByRole('button', { name: 'reader', exact: true }).click();
  await until('its lines are there to be read', async () =>
    (await page.locator('.xterm-accessibility').innerText()).includes('needle'),
  );
  assert.equal(await violations(page), []);
  await page.getByRole('button', { name: 'find', exact: true }).click();
  await page.keyboard.type('needle');
  assert.is(await page.locator('.missed').innerText(), '');
  await page.keyboard.type('xyz');
  await until(
    'what is not there is not found',
    async () => (await page.locator('.missed').innerText()) === 'not found',
  );
  assert.equal(await violations(page), []);
  await page.keyboard.press('Escape');
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: 'save', exact: true }).click(),
  ]);
  assert.is(download.suggestedFilename(), 'terminal.txt');
  await page.getByRole('button', { name: 'reader', exact: true }).click();
});

test('the past has no violations', async () => {
  const { page } = visit;
  await page.locator('h1').click();
  await page.keyboard.press('ArrowLeft');
  await page.getByText('back to LIVE').waitFor();
  await walk('past', ['Namespaces', 'Timeline', 'Kernel']);
  await page.locator('h1').click();
  await page.keyboard.press('Escape');
});

test('a window as narrow as a telephone, without scrolling to the side', async () => {
  const { page } = visit;
  await visit.resize({ width: 400, height: 800 });
  await walk('narrow', tabs, true);
  assert.ok(
    await page.evaluate<boolean>('document.documentElement.scrollWidth <= innerWidth'),
    'nothing is wider than the window',
  );
});

test('the page is as high as a window, at every usual size', async () => {
  const { page } = visit;
  for (const [width, height] of [
    [1280, 800],
    [1600, 1000],
    [1920, 1080],
  ] as const) {
    await visit.resize({ width, height });
    for (const scheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme: scheme });
      for (const name of ['Namespaces', 'Overlay']) {
        await choose(name);
        await visit.shot(`${width}-${scheme}-${name.toLowerCase()}`);
      }
    }
    const [high, wide] = await page.evaluate<[number, number]>(
      '[document.documentElement.scrollHeight, document.documentElement.scrollWidth]',
    );
    assert.equal([high, wide], [height, width]);
  }
});

test('nothing moves for those who want it so', async () => {
  const moving = await visit.page.evaluate<number>('document.getAnimations().length');
  assert.is(moving, 0);
});

test('the page has complained of nothing', () => assert.equal(visit.complaints, []));

test.run();
