/** The time line of the whole machine: one cursor for the map, the pictures and the step list. */
import * as assert from 'uvu/assert';
import { suite } from '../harness.ts';
import { bringAxe, violations } from './axe.ts';
import { needs, Visit } from './browser.ts';
import { until } from '../until.ts';

const test = suite('the time line of the machine', ...needs);
let visit: Visit;
let first = '';
test.before(async () => {
  visit = await Visit.open({ colorScheme: 'light' });
  await bringAxe(visit.context);
  const { daemon, page } = visit;
  first = await daemon.ok('run', '-d', '--name', 'first', 'ubuntu', 'sleep', '1000');
  await daemon.ok('network', 'create', 'front');
  await daemon.ok('exec', 'first', 'true');
  await daemon.ok('run', '--name', 'second', '--network', 'front', 'ubuntu', 'true');
  await daemon.ok('run', '--rm', '--name', 'third', 'ubuntu', 'true');
  await page.goto(await visit.address());
  await page.locator('.link.open').waitFor();
});
test.after(() => visit.close());

const slider = () => visit.page.getByRole('slider');
const said = async () => (await slider().getAttribute('aria-valuetext')) ?? '';
const tile = (name: string) => visit.page.locator(`[data-key^="container:"][aria-label*="${name}"]`);
/** Presses the key until the time line says this. */
const press = (key: string, what: RegExp) =>
  until(`${key} leads to ${what}`, async () => {
    await visit.page.keyboard.press(key);
    return what.test(await said());
  });

test('it is below the map, has a lane for each kind of operation that there was, and says that this is the present', async () => {
  const { page } = visit;
  await tile('second').waitFor();
  await until('four lanes', async () => (await page.locator('.lanes .names span').count()) >= 4);
  assert.equal(await page.locator('.lanes .names span').allInnerTexts(), ['containers', 'execs', 'images', 'networks']);
  assert.is(await said(), 'live');
  assert.equal(await violations(page), []);
  await visit.shot('machine-line-present');
});

test('with the arrow keys the map goes back to what was there, and what has been removed is there again', async () => {
  const { page } = visit;
  await slider().focus();
  assert.is(await tile('third').count(), 0);
  await press('ArrowLeft', /third: the process ended, past$/);
  await tile('third').waitFor();
  assert.match((await tile('third').getAttribute('aria-label')) ?? '', /exited 0/);
  await press('ArrowLeft', /network create front: begins, past$/);
  await until('the later ones are not there', async () => !(await tile('second').count()));
  assert.is(await page.locator('[data-key^="network:"][aria-label*="front"]').count(), 0);
  assert.is(await tile('first').count(), 1);
  assert.match(await page.locator('.map > header').innerText(), /as it was at/);
  assert.equal(await violations(page), []);
  await visit.shot('machine-line-past');
});

test('the address holds the moment: loaded again, the map shows the same, and Back returns', async () => {
  const { page } = visit;
  assert.match(await page.evaluate<string>('location.hash'), /^#map\?t=\d+/);
  const before = await said();
  await page.reload();
  await until('the same moment', async () => (await said()) === before);
  assert.is(await tile('second').count(), 0);
});

test('a container that is opened in the past is shown at the same moment, and Map returns to it', async () => {
  const { page } = visit;
  const hash = await page.evaluate<string>('location.hash');
  await tile('first').click();
  await page.locator('#now').waitFor();
  await until('its journal', async () => /^Past: event \d+/.test(await visit.heading()));
  assert.is(await page.evaluate<string>('location.hash'), `#map/${first}${hash.slice('#map'.length)}`);
  await visit.shot('machine-line-run');
  await page.getByRole('button', { name: 'Map', exact: true }).click();
  await until('the same moment of the map', async () => (await page.evaluate<string>('location.hash')) === hash);
  await page.getByRole('button', { name: 'PAST' }).click();
  await tile('second').waitFor();
  assert.is(await said(), 'live');
});

test('a press on the lanes moves the cursor there, Home goes to the beginning, End to the present', async () => {
  const { page } = visit;
  const { x, y, width, height } = (await page.locator('.lanes').boundingBox())!;
  await page.mouse.click(x + width * 0.3, y + height / 2);
  await until('it is past', async () => /past$/.test(await said()));
  await slider().focus();
  await page.keyboard.press('Home');
  await until('nothing is there yet', async () => !(await tile('first').count()));
  await page.keyboard.press('End');
  await tile('second').waitFor();
  assert.is(await said(), 'live');
});

test('the map is zoomed at the pointer with the wheel, by key and by button; the address holds the scale, Escape ends it', async () => {
  const { page } = visit;
  const before = (await tile('first').boundingBox())!;
  await page.mouse.move(before.x, before.y);
  await page.mouse.wheel(0, -240);
  await until('it is larger', async () => (await tile('first').boundingBox())!.width > before.width * 1.2);
  const larger = (await tile('first').boundingBox())!;
  assert.ok(Math.abs(larger.x - before.x) < 3 && Math.abs(larger.y - before.y) < 3, JSON.stringify([before, larger]));
  await page.locator('h1').click();
  await page.keyboard.press('+');
  await until('the key', async () => (await tile('first').boundingBox())!.width > larger.width * 1.2);
  assert.equal(await violations(page), []);
  await visit.shot('map-zoomed');
  const hash = await page.evaluate<string>('location.hash');
  assert.match(hash, /^#map\?z=/);
  const width = (await tile('first').boundingBox())!.width;
  await page.reload();
  await until('the same scale', async () => Math.abs(((await tile('first').boundingBox())?.width ?? 0) - width) < 2);
  await page.keyboard.press('Escape');
  await until('all of it', async () => Math.abs((await tile('first').boundingBox())!.width - before.width) < 2);
  await page.getByRole('button', { name: 'larger' }).click();
  await until('the button', async () => (await tile('first').boundingBox())!.width > before.width * 1.4);
  await page.getByRole('button', { name: 'show the whole map' }).click();
  await until('the address is short again', async () => /^#?$/.test(await page.evaluate<string>('location.hash')));
});

test('at 390 pixels, in the dark, nothing is wider than the screen', async () => {
  const { page } = visit;
  await page.emulateMedia({ colorScheme: 'dark' });
  await visit.resize({ width: 390, height: 844 });
  await page.locator('.lanes').scrollIntoViewIfNeeded();
  assert.ok(await page.evaluate<boolean>('document.documentElement.scrollWidth <= innerWidth'));
  assert.equal(await violations(page), []);
  await visit.shot('machine-line-390-dark');
});

test('the page has complained of nothing', () => assert.equal(visit.complaints, []));

test.run();
