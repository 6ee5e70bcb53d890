/** A lesson about builds shows the picture of its newest build, not the container of a RUN. */
import * as assert from 'uvu/assert';
import { suite } from '../harness.ts';
import { needs, Visit } from './browser.ts';
import { until } from '../until.ts';

const test = suite('a lesson about builds', ...needs);
let visit: Visit;
test.before(async () => {
  visit = await Visit.open();
  await visit.page.goto(await visit.address());
  await visit.page.locator('.link.open').waitFor();
});
test.after(() => visit.close());

test('the build that the learner makes is shown as a build, and named as what the pictures belong to', async () => {
  const { page, daemon } = visit;
  await page.evaluate(`location.hash = '#lesson/build-cache'`);
  const dir = await until('the practice directory', async () =>
    /(\/\S+\/practice\/[a-z]+-[0-9a-f]{4})/.exec(await page.locator('.learning').innerText()),
  );
  const own = dir[1]!.split('/').at(-1)!;
  await daemon.ok('build', '-q', '-t', `${own}-app`, dir[1]!);
  await page.locator('[role=tab][aria-selected=true]', { hasText: 'Build' }).waitFor();
  await page.locator('#picture [data-key^="row:"]').first().waitFor();
  const shown = page.locator('.shown');
  await until('it is named', async () => (await shown.innerText()).includes(`${own}-app`));
  assert.is(await shown.locator('[role=status]').count(), 0);
  await visit.shot('build-lesson');
});

test('the page has complained of nothing', () => assert.equal(visit.complaints, []));

test.run();
