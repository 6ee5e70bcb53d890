/** Commands typed in the page's terminal change the shelves, and these show the real content of the upper directory. */
import { lstatSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { suite } from '../harness.ts';
import { needs, Visit } from './browser.ts';
import { until } from '../until.ts';

const test = suite('the overlay picture in a browser', ...needs);
/** Milliseconds from the key press to the card, measured in frames of the browser. */
const SOON_MS = 500;
let visit: Visit;
let upper: string;
test.before(async () => {
  visit = await Visit.open();
});
test.after(() => visit.close());

const card = (path: string) => `g[data-key="upper:${path}"]`;
const label = async (path: string) => (await visit.page.locator(card(path)).getAttribute('aria-label')) ?? '';

/** Types a line; returns the time from Enter until the card has appeared or disappeared. */
async function typed(line: string, path: string, state: 'attached' | 'detached' = 'attached'): Promise<number> {
  const { page } = visit;
  await page.locator('.xterm-screen').click();
  await page.keyboard.type(line);
  const begun = performance.now();
  await page.keyboard.press('Enter');
  await page.locator(card(path)).waitFor({ state });
  return performance.now() - begun;
}
/** On a busy machine: tries several times and stops at the first time below the limit. */
async function soon(tries: [line: string, path: string][]): Promise<void> {
  const all: number[] = [];
  for (const [line, path] of tries) {
    all.push(await typed(line, path));
    if (all.at(-1)! < SOON_MS) return;
  }
  assert.unreachable(`${all.map(Math.round).join(', ')} ms`);
}

test('a container runs, and its overlay is looked at', async () => {
  const { page, daemon } = visit;
  await page.goto(await visit.address());
  await page.getByText('connected', { exact: true }).waitFor();
  await page.getByText('run', { exact: true }).click();
  await page.getByLabel('drydock').fill('run --name writer -it ubuntu /bin/bash');
  await page.keyboard.press('Enter');
  await until('the process runs', async () => (await daemon.ok('ps', '-q')).length > 0);
  await page.getByRole('tab', { name: 'Overlay' }).click();
  await until('bash asks', async () => /root@\w+:\/#/.test(await visit.terminal()));
  const id = JSON.parse((await daemon.api('GET', '/containers/writer/json')).body).Id as string;
  upper = join(daemon.root, 'containers', id, 'upper');
  assert.ok(lstatSync(upper).isDirectory());
  assert.is(await page.getByRole('tab', { name: 'Overlay' }).getAttribute('aria-selected'), 'true');
});

test('appending to a file of the image lifts its card within half a second, and upper holds the whole file', async () => {
  await soon([
    ["echo '# me' >> /etc/passwd", '/etc/passwd'],
    ['echo >> /etc/bash.bashrc', '/etc/bash.bashrc'],
    ['echo >> /etc/shells', '/etc/shells'],
  ]);
  assert.match(await label('/etc/passwd'), /^\/etc\/passwd in upper: copied up, file, /);
  const { size } = lstatSync(join(upper, 'etc/passwd'));
  assert.match(readFileSync(join(upper, 'etc/passwd'), 'utf8'), /^root:[^]*# me\n$/);
  await until('it says how large it is', async () => (await label('/etc/passwd')).endsWith(`${size} B`));
});

test('deleting a file of the image drops a whiteout, a character device 0:0', async () => {
  await typed('rm /etc/issue', '/etc/issue');
  assert.match(await label('/etc/issue'), /deleted, a character device 0:0/);
  const entry = lstatSync(join(upper, 'etc/issue'));
  assert.ok(entry.isCharacterDevice() && entry.rdev === 0);
});

test('a new file appears, and goes again without a trace', async () => {
  await typed('echo new > /fresh', '/fresh');
  assert.ok(lstatSync(join(upper, 'fresh')).isFile());
  await typed('rm /fresh', '/fresh', 'detached');
  assert.not.ok(lstatSync(join(upper, 'fresh'), { throwIfNoEntry: false }));
});

test('a selected file shows its lineage through all layers, and what was changed in it', async () => {
  const { page } = visit;
  await page.locator(card('/etc/passwd')).click();
  assert.match(decodeURIComponent(page.url()), /sel=upper:\/etc\/passwd/);
  const lineage = page.getByRole('region', { name: 'lineage of /etc/passwd' });
  await lineage.waitFor();
  const rows = await lineage.locator('tbody tr').allInnerTexts();
  assert.match(rows[0]!, /^upper\s+● the lookup stops here\s+file/);
  assert.is(rows.filter((row) => row.includes('hidden from above')).length, 1);
  assert.ok(rows.some((row) => row.includes('has nothing')));
  const change = page.getByRole('region', { name: /what upper changed/ });
  await change.waitFor();
  assert.match(await change.innerText(), /^\+# me$/m);
  // After a change of the file its content is requested again.
  await page.locator('.xterm-screen').click();
  await page.keyboard.type('echo again >> /etc/passwd\n');
  await until('the change grows', async () => /^\+again$/m.test(await change.innerText()));
});

test('a file is picked from the merged tree, and its lookup stops in the layer that has it', async () => {
  const { page } = visit;
  await page.getByText('Look a file up in the merged tree').click();
  await page.getByRole('button', { name: /^etc\// }).click();
  await page.getByRole('button', { name: /^issue/ }).waitFor();
  assert.match(await page.getByRole('button', { name: /^issue/ }).innerText(), /deleted/);
  await page.getByRole('button', { name: /^group / }).click();
  const lineage = page.getByRole('region', { name: 'lineage of /etc/group' });
  await lineage.waitFor();
  assert.match((await lineage.locator('tbody tr').allInnerTexts())[0]!, /^upper\s+○ has nothing/);
  assert.is(await lineage.getByText('the lookup stops here').count(), 1);
});

test('in the past before it the card is gone, the layers are not asked, and in the present it is back', async () => {
  const { page } = visit;
  const [here = ''] = page.url().split('?');
  const id = here.slice(-64);
  const events = (await visit.daemon.api('GET', `/drydock/containers/${id}/journal`)).body
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { seq: number; facts?: { kind: string; key: string }[] });
  const k = events.find(({ facts }) => facts?.some(({ kind, key }) => kind === 'upper' && key === '/etc/passwd'))!.seq;
  await page.goto(`${here}?k=${k - 1}&sel=upper:/etc/passwd`);
  await until('the card is gone', async () => (await page.locator(card('/etc/passwd')).count()) === 0);
  await page.getByText('the layers cannot be asked; go back to LIVE').waitFor();
  assert.is(await page.getByRole('region', { name: /^lineage/ }).count(), 0);
  await page.goto(`${here}?k=${k}`);
  await until('the card is there', async () => (await page.locator(card('/etc/passwd')).count()) === 1);
  assert.is(await page.locator(card('/etc/issue')).count(), 0);
  await page.getByRole('button', { name: /back to LIVE/ }).click();
  await until('both are', async () => (await page.locator(card('/etc/issue')).count()) === 1);
});

test('the table says the same', async () => {
  const { page } = visit;
  const panel = page.getByRole('region', { name: 'Overlay', exact: true }).first();
  await panel.getByRole('button', { name: 'as table' }).click();
  const row = panel.locator('tbody tr', { hasText: '/etc/issue' });
  assert.match(
    await row.innerText(),
    /in upper\s+\/etc\/issue\s+deleted\s+character device, 0000 0:0, from [0-9a-f]{12}/,
  );
});

test('the page has complained of nothing', () => assert.equal(visit.complaints, []));

test.run();
