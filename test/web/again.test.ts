import * as assert from 'uvu/assert';
import { suite } from '../harness.ts';
import { needs, Visit } from './browser.ts';
import { until } from '../until.ts';

const test = suite('running again from a step in a browser', ...needs);
let visit: Visit;
test.before(async () => {
  visit = await Visit.open();
});
test.after(() => visit.close());

test('from a step in the past a new run begins, and stands before that step', async () => {
  const { page, daemon } = visit;
  await daemon.ok('run', '-d', '--name', 'earlier', '-e', 'A=b', 'ubuntu', 'sh', '-c', 'echo $A; sleep 1000');
  await page.goto(await visit.address());
  await page.getByText('connected', { exact: true }).waitFor();
  await page.getByRole('button', { name: 'earlier' }).click();
  await page.getByRole('button', { name: 'terminal and journal' }).click();
  const events = (await daemon.api('GET', '/drydock/containers/earlier/journal')).body
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { type: string; at?: string; step?: string; seq: number });
  const { seq } = events.find(({ type, at, step }) => type === 'step' && at === 'done' && step === 'init.pivot-root')!;
  await page.goto(`${page.url().replace(/\?.*/, '')}?k=${seq}`);
  await page.getByRole('button', { name: 'run again from here' }).click();
  await until(
    'the new run stands before the step',
    async () => (await visit.heading()).startsWith('Stands before') && (await visit.step()) === 'init.pivot-root',
  );
  assert.is((await daemon.ok('ps', '-q')).split('\n').length, 1, 'only the earlier one runs');
});

test('both are in the list, and the new one says where it comes from', async () => {
  const { page, daemon } = visit;
  await page
    .getByRole('navigation')
    .getByText(/again from earlier at init\.pivot-root/)
    .waitFor();
  const all = JSON.parse((await daemon.api('GET', '/containers/json?all=1')).body) as {
    Labels: Record<string, string>;
    Command: string;
  }[];
  assert.is(all.length, 2);
  assert.is(all[0]!.Command, all[1]!.Command);
  assert.is(all.filter(({ Labels }) => Labels['drydock.again-at'] === 'init.pivot-root').length, 1);
});

test('it goes on to the same program', async () => {
  const { page, daemon } = visit;
  await page.locator('h1').click();
  await page.keyboard.press('Space');
  await until('both run', async () => (await daemon.ok('ps', '-q')).split('\n').length === 2);
  const ids = (await daemon.ok('ps', '-q')).split('\n');
  for (const id of ids) assert.is(await until('it has written', () => daemon.ok('logs', id)), 'b');
  for (const id of ids) await daemon.ok('rm', '-f', id);
});

test('the page has complained of nothing', () => assert.equal(visit.complaints, []));

test.run();
