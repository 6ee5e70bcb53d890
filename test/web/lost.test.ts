import * as assert from 'uvu/assert';
import { suite } from '../harness.ts';
import { needs, Visit } from './browser.ts';
import { line, type Line } from './cut.ts';
import { until } from '../until.ts';

const test = suite('a connection that is lost in the middle of a run', ...needs);
let visit: Visit;
let between: Line;
test.before(async () => {
  between = await line();
  visit = await Visit.open({ proxy: { server: between.server, bypass: '<-loopback>' } });
});
test.after(async () => {
  await visit.close();
  await between.close();
});

interface Event {
  seq: number;
  type: string;
  at?: string;
  step?: string;
}
const journal = async (): Promise<Event[]> =>
  (await visit.daemon.ok('trace', '--json', 'held')).split('\n').map((text) => JSON.parse(text) as Event);
/** The page's number of events, from the text 'EVENT / OF'. */
const known = async () => Number((await visit.page.locator('.where').innerText()).split(' / ')[1]);

test('a run is held in the middle', async () => {
  const { page } = visit;
  await page.goto(await visit.address());
  await page.getByText('connected', { exact: true }).waitFor();
  await page.getByLabel('drydock').fill('run --name held ubuntu sleep 1000');
  await visit.pressTo('Enter', /^pull\.resolve-reference$/);
  await visit.pressTo(']', /^create\.merge-config$/);
  assert.match(await visit.daemon.ok('ps', '-a'), /held/);
  assert.is(await visit.daemon.ok('ps', '-q'), '', 'and nothing runs yet');
});

test('when the connection is cut the page says so, and the run does not mind', async () => {
  const { page, daemon } = visit;
  between.cut();
  await page.getByText('connection lost').waitFor();
  const before = await known();
  // Another client continues the run meanwhile.
  await daemon.ok('gate', 'held', 'break', 'init');
  await daemon.ok('gate', 'held', 'continue');
  await until('it stands before init', async () => (await journal()).at(-1)?.step?.startsWith('init.'));
  assert.is(await page.getByText('connected', { exact: true }).count(), 0);
  assert.is(await known(), before, 'nothing comes through');
  assert.is(await visit.step(), 'create.merge-config');
});

test('it comes back by itself, and of what was missed nothing is missing', async () => {
  const { page } = visit;
  between.mend();
  await page.getByText('connected', { exact: true }).waitFor();
  const events = await journal();
  await until('the page has them all', async () => (await known()) === events.length);
  assert.equal(
    events.map(({ seq }) => seq),
    events.map((_, j) => j),
  );
  // After it come facts that the page's own view of the upper directory has added.
  assert.is(await visit.step(), events.filter(({ step }) => step !== undefined).at(-1)!.step);
});

test('stepping goes on after the loss, up to the running process', async () => {
  const at = await visit.step();
  await visit.pressTo('ArrowRight', new RegExp(`^init\\.(?!${at.slice(5)}$)`));
  const events = await journal();
  await until('the page has them all', async () => (await known()) === events.length);
  await visit.page.keyboard.press('Space');
  await until('the process runs', async () => (await visit.daemon.ok('ps', '-q')).length > 0);
  assert.is((await journal()).filter(({ type, at, step }) => type === 'step' && at === 'failed' && step).length, 0);
  await visit.daemon.ok('rm', '-f', 'held');
});

test('the page has complained of nothing but the loss', () => {
  assert.equal(
    visit.complaints.filter((text) => !/WebSocket connection to|ERR_/.test(text)),
    [],
  );
});

test.run();
