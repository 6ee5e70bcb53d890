/**
 * The address bar belongs to whoever uses it: what the page writes there does not undo where somebody has just gone.
 */
import * as assert from 'uvu/assert';
import { suite } from '../harness.ts';
import { needs, Visit } from './browser.ts';

const test = suite('the address of the page', ...needs);
let visit: Visit;
test.before(async () => {
  visit = await Visit.open();
  await visit.daemon.ok('run', '--name', 'shown', 'ubuntu', 'true');
  await visit.page.goto(await visit.address());
  await visit.page.getByRole('button', { name: 'shown' }).click();
  await visit.page.locator('#picture .summary').waitFor();
});
test.after(() => visit.close());

test('a step in the moment in which another address is chosen does not lead back', async () => {
  const { page } = visit;
  // in one task: the browser tells of the new address only after it
  await page.evaluate(`{
    const slider = document.querySelector('input[type=range]');
    slider.value = '10';
    location.hash = '#lessons';
    slider.dispatchEvent(new Event('input', { bubbles: true }));
  }`);
  await page.locator('.list li').first().waitFor();
  assert.match(page.url(), /#lessons$/);
});
test.run();
