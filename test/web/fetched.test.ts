/**
 * Parts of the page load even if the browser aborts a load: each container changes the machine's network, which aborts
 * loads in progress.
 */
import * as assert from 'uvu/assert';
import { suite } from '../harness.ts';
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
  await page.getByRole('tab', { name: 'Overlay', exact: true }).click();
  await page.locator('#picture section[aria-label=Overlay]').waitFor();
  await page.locator('.xterm-screen').waitFor();
  assert.is(dropped.length, 2);
});
test.run();
