import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import * as assert from 'uvu/assert';
import { suite } from '../harness.ts';
import { needs, Visit } from './browser.ts';
import { until } from '../until.ts';

const test = suite('playground in a browser', ...needs);
let visit: Visit;
let url: string;
test.before(async () => {
  visit = await Visit.open();
});
test.after(() => visit.close());

test('the printed address opens the page, once', async () => {
  url = await visit.address();
  await visit.page.goto(url);
  await visit.page.getByText('connected', { exact: true }).waitFor();
  assert.not.match(visit.page.url(), /token/);
  const stranger = await visit.browser.newContext();
  const other = await stranger.newPage();
  assert.is((await other.goto(url))?.status(), 401);
  assert.is((await other.goto(new URL('/', url).href))?.status(), 401);
  await stranger.close();
});

test('an address that is followed from another site opens the page too, and no token stays behind in the way back', async () => {
  const address = await visit.address();
  const site = createServer((_req, res) =>
    res.setHeader('Content-Type', 'text/html').end(`<a href="${address}">the playground</a>`),
  );
  await new Promise<void>((resolve) => site.listen(0, '127.0.0.1', resolve));
  const stranger = await visit.browser.newContext();
  const page = await stranger.newPage();
  // For cookies, localhost is another site than 127.0.0.1.
  const from = `http://localhost:${(site.address() as AddressInfo).port}/`;
  await page.goto(from);
  await page.getByRole('link').click();
  await page.getByText('connected', { exact: true }).waitFor();
  assert.is(page.url(), new URL('/', address).href);
  await page.reload();
  await page.getByText('connected', { exact: true }).waitFor();
  await page.goBack();
  assert.is(page.url(), from);
  await stranger.close();
  await new Promise((resolve) => site.close(resolve));
});

test('a learner runs ubuntu and goes through every phase with the keyboard', async () => {
  const { page } = visit;
  await page.getByLabel('drydock').fill('run --name learner -it ubuntu /bin/bash');
  await visit.pressTo('Enter', /^pull\.resolve-reference$/);
  await visit.pressTo('ArrowRight', /^pull\.look-in-store$/);
  await visit.pressTo(']', /^create\.merge-config$/);
  await visit.pressTo('ArrowRight', /^create\.cgroup$|^create\.(?!merge-config)/);
  await visit.pressTo(']', /^rw-layer\./);
  await visit.pressTo('ArrowRight', /^rw-layer\./);
  // Into the step: the next call is shown, decoded.
  await page.keyboard.press('Shift+ArrowRight');
  assert.match(await page.locator('.call').innerText(), /^(stage|shim|daemon)\s+\w+\(/);
  await visit.pressTo(']', /^network\./);
  await visit.pressTo(']', /^init\./);
});

test('while it stands, the kernel says the same as the page', async () => {
  const { page, daemon } = visit;
  await page.getByRole('tab', { name: 'Kernel' }).click();
  const evidence = JSON.parse((await daemon.api('GET', '/drydock/containers/learner/inspect')).body) as {
    title: string;
    lines: string[];
  }[];
  const inode = evidence
    .flatMap(({ lines }) => lines)
    .map((line) => /uts:\[\d+\]/.exec(line)?.[0])
    .find(Boolean);
  assert.ok(inode);
  await until('the page shows it', async () => (await page.locator('#picture').innerText()).includes(inode));
});

test('the process runs, and the terminal is its own', async () => {
  const { page, daemon } = visit;
  await page.keyboard.press(']');
  await until('the process runs', async () => (await daemon.ok('ps', '-q')).length > 0);
  await page.locator('.xterm-screen').click();
  await page.keyboard.type('echo $((6 * 7)) > /answer; echo "it is $(cat /answer)"\n');
  await until('the answer is shown', async () => (await visit.terminal()).includes('it is 42'));
  assert.match((await daemon.api('GET', '/containers/learner/changes')).body, /"\/answer"/);
});

test('the past is looked at and nothing in it changes; a fresh tab shows the same', async () => {
  const { page } = visit;
  await page.keyboard.press('Control+]');
  await page.keyboard.press('ArrowLeft');
  await page.keyboard.press('Shift+ArrowLeft');
  await until('the past', async () => (await visit.heading()).startsWith('Past'));
  const past = await page.locator('[aria-live=polite]').innerText();
  assert.match(page.url(), /#run\/[0-9a-f]{64}\?k=\d+$/);
  assert.is(await page.getByRole('button', { name: 'abort' }).count(), 0);
  const before = await visit.terminal();
  await page.locator('.xterm-screen').click();
  await page.keyboard.type('echo changed\n');
  await page.keyboard.press('Control+]');
  const fresh = await visit.context.newPage();
  visit.listen(fresh);
  await fresh.goto(page.url());
  await fresh.getByText('back to LIVE').waitFor();
  await until(
    'a fresh tab shows the same',
    async () => (await fresh.locator('[aria-live=polite]').innerText()) === past,
  );
  await fresh.close();
  assert.is(await visit.terminal(), before);
});

test('back in the present, the end is stepped through as well', async () => {
  const { page, daemon } = visit;
  await page.keyboard.press('Escape');
  await until('the present', async () => !(await visit.heading()).startsWith('Past'));
  assert.match(page.url(), /#run\/[0-9a-f]{64}$/);
  await page.locator('.xterm-screen').click();
  await page.keyboard.type('exit 3\n');
  await until('it stands at the exit', async () => (await visit.step()).startsWith('exit.'));
  await page.keyboard.press('Control+]');
  await page.locator('h1').click();
  await page.keyboard.press('Space');
  await until('the exit code is shown', async () =>
    (await page.getByRole('navigation').innerText()).includes('exited 3'),
  );
  assert.match(await daemon.ok('ps', '-a'), /Exited \(3\)/);
});

test('a container that the command line started appears, and can be opened', async () => {
  const { page, daemon } = visit;
  await daemon.ok('run', '-d', '--name', 'theirs', 'ubuntu', 'sh', '-c', 'echo from elsewhere; sleep 1000');
  await page.getByRole('button', { name: 'theirs' }).click();
  await until('its output is shown', async () => (await visit.terminal()).includes('from elsewhere'));
  const { Id } = await daemon.json<{ Id: string }>('/containers/theirs/json');
  assert.ok(page.url().endsWith(`#run/${Id}`), page.url());
  await daemon.ok('rm', '-f', 'theirs');
});

test('after the daemon has gone and come back, a new address opens the page again', async () => {
  const { page, daemon } = visit;
  await daemon.stop();
  await page.getByText('connection lost').waitFor();
  await daemon.start();
  await page.goto(await visit.address());
  await page.getByText('connected', { exact: true }).waitFor();
  await page.getByRole('button', { name: 'learner' }).click();
  await page.getByRole('button', { name: 'terminal and journal' }).click();
  await until('its journal is there', async () => /[1-9]\d+ \/ \d+/.test(await page.locator('.where').innerText()));
  assert.match(await page.getByRole('navigation').innerText(), /exited 3/);
});

test('the page has complained of nothing', () => {
  const expected = /WebSocket connection to|ERR_CONNECTION_REFUSED/;
  assert.equal(
    visit.complaints.filter((text) => !expected.test(text)),
    [],
  );
});

test.run();
