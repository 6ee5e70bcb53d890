/**
 * A standalone pull on the page: listed, held, broken and aborted there, with its pictures. The registry is Debian's
 * docker-registry.
 */
import * as assert from 'uvu/assert';
import { cachedRegistry } from '../e2e/registry.ts';
import { preparedImages } from '../e2e/image.ts';
import { ownRoom } from '../e2e/room.ts';
import type { DebianRegistry } from '../image/debian-registry.ts';
import { suite } from '../harness.ts';
import { needs, Visit } from './browser.ts';
import { until } from '../until.ts';

await ownRoom(preparedImages);
const test = suite('a pull on the page', ...needs, 'docker-registry');
let visit: Visit;
let registry: DebianRegistry;
const image = () => `${registry.host}/library/tiny`;
interface Shown {
  id: string;
  state: string;
  error: string;
}
const operation = async () => (await visit.daemon.json<Shown[]>('/drydock/operations'))[0]!;

test.before(async () => {
  registry = await cachedRegistry();
  visit = await Visit.open();
});
test.after(async () => {
  await visit.close();
  await registry.close();
});

test('is in the list while it stands, and the page moves it on step by step', async () => {
  const { page, daemon } = visit;
  const pulling = daemon.begin('drydock', 'pull', '--break', 'pull.fetch-index', image());
  await page.goto(await visit.address());
  await page.getByText('connected', { exact: true }).waitFor();
  await page.getByRole('button', { name: /^Operation pull .*library\/tiny.*: pulling/ }).click();
  await page.getByRole('button', { name: 'terminal and journal' }).click();
  await until('it is listed', async () =>
    /library\/tiny[^]*pulling[^]*pull/.test(await page.getByRole('navigation').innerText()),
  );
  await until('it stands', async () => (await visit.step()) === 'pull.fetch-index');
  assert.is(await visit.heading(), 'Stands before');
  await page.locator('h1').click();
  const next = await visit.pressTo('ArrowRight', /^pull\.(?!fetch-index)/);
  assert.ok(['pull.choose-platform', 'pull.fetch-manifest'].includes(next), next);
  await page.getByRole('group', { name: 'Gate' }).getByRole('button', { name: 'continue' }).click();
  assert.is((await pulling.done).code, 0);
  await until('it is done', async () => /library\/tiny[^]*done/.test(await page.getByRole('navigation').innerText()));
});

test('has the pictures and the steps of a pull, and no terminal and no life of a container', async () => {
  const { page } = visit;
  const tabs = await page.getByRole('tablist', { name: 'Pictures' }).getByRole('tab').allInnerTexts();
  assert.equal(tabs, ['Timeline', 'Journal', 'Kernel']);
  assert.equal((await page.getByRole('navigation').locator('summary').allInnerTexts()).length, 1);
  assert.is(await page.locator('[data-step="pull.commit"]').count(), 1);
  assert.is(await page.getByRole('tab', { name: /attach|first/ }).count(), 0);
  for (const name of ['start', 'remove', 'stop'])
    assert.is(await page.getByRole('button', { name, exact: true }).count(), 0, name);
  await page.getByRole('tab', { name: 'Journal' }).click();
  await until('the journal shows the requests', async () =>
    /GET http[^]*\/v2\//.test(await page.getByRole('tabpanel').first().innerText()),
  );
});

test("the cursor goes back in its journal, and each frame is the daemon's own", async () => {
  const { page, daemon } = visit;
  await page.locator('h1').click();
  await page.keyboard.press('ArrowLeft');
  await until('it is the past', async () => /past|event/i.test(await visit.heading()));
  const k = Number(await page.locator('#picture').getAttribute('data-k'));
  const { id } = await operation();
  const frame = await daemon.json<{ state: string; k: number }>(`/drydock/operations/${id}/frame/${k}`);
  assert.equal([frame.k, ['pulling', 'done'].includes(frame.state)], [k, true]);
  assert.match(page.url(), new RegExp(`#run/${id}\\?k=${k}`));
});

test('is aborted from the page, and what failed is said there', async () => {
  const { page, daemon } = visit;
  await daemon.api('DELETE', `/images/${image()}:latest?force=1`);
  const pulling = daemon.begin('docker', 'pull', image());
  assert.is((await pulling.done).code, 0, "docker's own client");
  await daemon.api('DELETE', `/images/${image()}:latest?force=1`);
  const held = daemon.begin('drydock', 'pull', '--break', 'pull.commit', image());
  await until('it is under way', async () => ((await operation()) as Shown | undefined)?.state === 'pulling');
  const { id } = await operation();
  await page.goto(`${new URL(page.url()).origin}/#run/${id}`);
  await until(
    'it stands',
    async () => (await visit.step()) === 'pull.commit' && (await visit.heading()) === 'Stands before',
  );
  await page.getByRole('group', { name: 'Gate' }).getByRole('button', { name: 'abort' }).click();
  const { code, err } = await held.done;
  assert.equal([code, /aborted before pull\.commit; everything was undone/.test(err)], [1, true], err);
  await until('the list says so', async () =>
    /library\/tiny[^]*failed/.test(await page.getByRole('navigation').innerText()),
  );
  assert.is((await operation()).state, 'failed');
});

test('pull in the run box begins one there, held before its first step, and the page shows it', async () => {
  const { page, daemon } = visit;
  await daemon.api('DELETE', `/images/${image()}:latest?force=1`);
  await page.locator('#line').fill(`drydock pull ${image()}`);
  await page.getByRole('radio', { name: 'step', exact: true }).check();
  await page.getByRole('button', { name: 'Run', exact: true }).click();
  await until('it stands', async () => (await visit.heading()) === 'Stands before');
  const { id, state } = await operation();
  assert.is(state, 'pulling');
  await until('the address names it', () => page.url().includes(`#run/${id}`));
  assert.match(await visit.step(), /^pull\./);
  await page.getByRole('group', { name: 'Gate' }).getByRole('button', { name: 'abort' }).click();
  await until('it is given up', async () => (await operation()).state === 'failed');
});

test('the page has complained of nothing', () => assert.equal(visit.complaints, []));

test.run();
