/**
 * Parts of the page load even if the browser aborts a load: each container changes the machine's network, which aborts
 * loads in progress.
 */
import type { Page } from 'playwright-core';
import * as assert from 'uvu/assert';
import { suite } from '../harness.ts';
import { until } from '../until.ts';
import { needs, Visit } from './browser.ts';

const test = suite('parts of the page that are loaded later', ...needs);
let visit: Visit;
test.before(async () => {
  visit = await Visit.open();
  await visit.daemon.ok('run', '-d', '--name', 'shown', 'ubuntu', 'sleep', '1000');
});
test.after(() => visit.close());

test('a picture and a terminal whose files are dropped once are there', async () => {
  const { page } = visit;
  const dropped: string[] = [];
  await page.route(/\/assets\/(Overlay|terminal)-[^/]*\.js$/, (route) => {
    const url = route.request().url();
    if (dropped.includes(url)) return route.continue();
    dropped.push(url);
    return route.abort('internetdisconnected');
  });
  await page.goto(await visit.address());
  await page.getByRole('button', { name: 'shown' }).click();
  await page.getByRole('button', { name: 'terminal and journal' }).click();
  await page.getByRole('tab', { name: 'Overlay', exact: true }).click();
  await page.locator('#picture section[aria-label=Overlay]').waitFor();
  await page.locator('.xterm-screen').waitFor();
  assert.is(dropped.length, 2);
});

/** Opens the page in a tab of its own; each request of a file that matches is aborted in the first `times` loads. */
async function openWithout(
  pattern: RegExp,
  times: number,
): Promise<{ page: Page; loads: () => number; shown: () => number }> {
  const page = await visit.context.newPage();
  let loads = 0;
  let shown = 0;
  page.on('websocket', () => shown++);
  page.on('request', (request) => request.isNavigationRequest() && loads++);
  await page.route(pattern, (route) => (loads <= times ? route.abort('internetdisconnected') : route.continue()));
  await page.goto(await visit.address());
  return { page, loads: () => loads, shown: () => shown };
}
const STYLE = /\/assets\/[^/]*\.css$/;
const IMPORTED = /\/assets\/App-[^/]*\.js$/;
const FILES: [string, RegExp][] = [
  ['the style sheet', STYLE],
  ['the first module', /\/assets\/index-[^/]*\.js$/],
  ['a module that the first one imports', IMPORTED],
];
for (const [name, pattern] of FILES)
  test(`a page is whole though ${name} is aborted twice`, async () => {
    const { page, loads, shown } = await openWithout(pattern, 2);
    await until('the third load', () => loads() === 3);
    await page.getByRole('button', { name: 'shown' }).waitFor();
    assert.is(await page.evaluate('document.styleSheets[0].cssRules.length > 100'), true);
    assert.not.match(page.url(), /token/);
    assert.is(loads(), 3);
    assert.is(shown(), 1, 'the first two loads have shown nothing');
    await page.close();
  });

for (const pattern of [STYLE, IMPORTED])
  test(`a page that can never load ${pattern} says so, and does not load for ever`, async () => {
    const { page, loads } = await openWithout(pattern, Infinity);
    await page.getByText(/could not load .*\/assets\/.*, a file of this page/).waitFor();
    assert.is(loads(), 6);
    await page.close();
  });
test.run();
