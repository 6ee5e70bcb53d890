/** The page's own writes to the address bar must not overwrite an address that the user has just entered. */
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
  await visit.page.locator('.large .summary').waitFor();
});
test.after(() => visit.close());

test('a step in the moment in which another address is chosen does not lead back', async () => {
  const { page } = visit;
  // In one task, because the browser reports the new address only after it.
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
