/** The page shows containers that other clients started: drydock in a terminal, and docker. */
import * as assert from 'uvu/assert';
import { suite } from '../harness.ts';
import { needs, Visit } from './browser.ts';
import { until } from '../until.ts';

const test = suite('containers from outside, in a browser', ...needs, 'docker');
let visit: Visit;
test.before(async () => {
  visit = await Visit.open();
  await visit.daemon.ok('pull', 'ubuntu');
});
test.after(() => visit.close());

test("`run --web` prints an address, which shows its container; the output stays the container's alone", async () => {
  const { page, daemon } = visit;
  const running = daemon.begin(
    'drydock',
    'run',
    '--rm',
    '--name',
    'beside',
    '--web',
    'ubuntu',
    'sh',
    '-c',
    'echo only this; sleep 1000',
  );
  const url = await until('the address is printed', async () => /^http:\S+$/m.exec(running.ran.err)?.[0]);
  // Wait until the container runs, because its link is then up: Chromium aborts loads when an address of the machine
  // changes, and reports an error for each before it loads again.
  const id = await until('it runs', async () => (await daemon.ok('ps', '-q', '--no-trunc')) || undefined);
  await page.goto(url);
  await page.getByText('connected', { exact: true }).waitFor();
  assert.match(page.url(), `#run/${id}`);
  await until('the terminal shows what it prints', async () => (await visit.terminal()).includes('only this'));
  await daemon.ok('rm', '-f', 'beside');
  const { out } = await running.done;
  assert.is(out, 'only this\n');
});

test('a container of the docker client appears by itself, with its journal, and leaves when it is removed', async () => {
  const { page, daemon } = visit;
  const started = await daemon.docker('run', '-d', '--name', 'whale', '--memory', '64m', 'ubuntu', 'sleep', '1000');
  assert.is(started.code, 0, started.err);
  const row = page.getByRole('button', { name: /whale/ });
  await row.waitFor();
  await row.click();
  await page.getByRole('tab', { name: 'Journal' }).click();
  await until(
    'its execve is there',
    async () => /execve\(/.test(await page.locator('#picture').innerText()) || undefined,
  );
  assert.match(page.url(), `#run/${started.out.trim()}`);
  assert.is((await daemon.docker('rm', '-f', 'whale')).code, 0);
  await row.waitFor({ state: 'detached' });
});

test('the page has complained of nothing', () => assert.equal(visit.complaints, []));

test.run();
