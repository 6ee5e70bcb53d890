import { readFileSync } from 'node:fs';
import * as assert from 'uvu/assert';
import { hierarchies } from '../../runtime/kernel/cgroup/hierarchies.ts';
import { suite } from '../harness.ts';
import { needs, Visit } from './browser.ts';
import { until } from '../until.ts';

const test = suite('usage and limits in a browser', ...needs, 'cgroup1');
let visit: Visit;
let id = '';
const file = (controller: string, name: string) =>
  readFileSync(
    `${hierarchies().v1.find((one) => one.controllers.includes(controller))!.mount}${visit.daemon.cgroupParent}/${id}/${name}`,
    'utf8',
  ).trim();
const gauge = (name: string) =>
  visit.page.locator(`[aria-label="Cgroups"] [data-key^="limit:"][aria-label^="${name}:"]`);
const words = async (name: string) =>
  (await gauge(name)
    .getAttribute('aria-label', { timeout: 1000 })
    .catch(() => '')) ?? '';

test.before(async () => {
  visit = await Visit.open();
  id = await visit.daemon.ok(
    'run',
    '-d',
    '--name',
    'used',
    '--memory',
    '96m',
    '--memory-swap',
    '96m',
    '--pids-limit',
    '64',
    'ubuntu',
    'sleep',
    '1000',
  );
  await visit.page.goto(await visit.address());
  await visit.page.getByRole('button', { name: 'used' }).click();
  await visit.page.getByRole('button', { name: 'terminal and journal' }).click();
  await visit.page.getByRole('tab', { name: 'Cgroups' }).click();
});
test.after(() => visit.close());

test('the gauges follow what is used, as the cgroup files say', async () => {
  await until('memory is measured', async () =>
    /^memory: [\d.]+ [KM]iB of 96 MiB, at most so far/.test(await words('memory')),
  );
  await visit.daemon.ok('exec', 'used', 'bash', '-c', 'head -c 40M /dev/zero > /dev/shm/held');
  await until('the bar has grown', async () => Number(/^memory: ([\d.]+) MiB/.exec(await words('memory'))?.[1]) > 40);
  const shown = Number(/^memory: ([\d.]+) MiB/.exec(await words('memory'))?.[1]);
  assert.ok(Math.abs(shown - Number(file('memory', 'memory.usage_in_bytes')) / 2 ** 20) < 1, `${shown} MiB`);
  assert.match(await words('processes'), /^processes: 1 of 64/);
});

test('the same is in the table', async () => {
  const { page } = visit;
  const toggle = page.locator('[aria-label="Cgroups"]').getByRole('button', { name: 'as table' });
  await toggle.click();
  assert.match(await page.getByRole('row', { name: /^memory memory now/ }).innerText(), /MiB of 96 MiB/);
  assert.match(await page.getByRole('row', { name: /pressure/ }).innerText(), /pressure/);
  await toggle.click();
});

test("a limit is changed, and the kernel's files say so", async () => {
  const { page } = visit;
  const form = page.getByRole('form', { name: 'Limits' });
  await form.getByLabel('memory', { exact: true }).fill('80');
  await form.getByLabel('CPUs').fill('0.2');
  await form.getByRole('button', { name: 'apply' }).click();
  await page.getByText('The kernel took it').waitFor();
  assert.is(file('memory', 'memory.limit_in_bytes'), String(80 << 20));
  assert.is(file('cpu', 'cpu.cfs_quota_us'), '20000');
  assert.match(await page.locator('.answer').innerText(), new RegExp(`memory\\.limit_in_bytes ${80 << 20}`));
  await until(
    'the wall has moved',
    async () =>
      (await words('memory')).includes('of 80 MiB') && (await words('processor time')).includes('of 0.2 CPUs'),
  );
});

test('who wants more time than there is, is made to wait', async () => {
  await visit.daemon.ok('exec', '-d', 'used', 'timeout', '30', 'sh', '-c', 'while :; do :; done');
  await until('throttling is shown', async () =>
    /made to wait in \d+ % of the periods/.test(await words('processor time')),
  );
  const [, throttled] = /^nr_throttled (\d+)$/m.exec(file('cpu', 'cpu.stat')) ?? [];
  assert.ok(Number(throttled) > 0, 'the kernel counts it');
});

test("a limit below what is held is refused, and the refusal is shown with the kernel's word", async () => {
  const { page } = visit;
  const form = page.getByRole('form', { name: 'Limits' });
  await form.getByLabel('memory', { exact: true }).fill('16');
  await form.getByLabel('CPUs').fill('');
  await form.getByRole('button', { name: 'apply' }).click();
  await page.getByText('The kernel refused: EBUSY').waitFor();
  assert.is(file('memory', 'memory.limit_in_bytes'), String(80 << 20));
});

test('memory that runs out is the bar at the wall, and a line that leads to its event', async () => {
  await visit.daemon.cli('exec', 'used', 'tail', '/dev/zero');
  const line = visit.page.getByRole('button', { name: /^✗ memory ran out .* the OOM killer has come once/ });
  await line.waitFor();
  await line.click();
  await until('the past is shown', async () => (await visit.heading()).startsWith('Past'));
  assert.match(await visit.page.locator('[aria-label="Cgroups"]').innerText(), /How much is used is known live only/);
});

test('in the past nothing can be changed', async () => {
  const { page } = visit;
  assert.ok(await page.getByRole('form', { name: 'Limits' }).getByRole('button', { name: 'apply' }).isDisabled());
  await page.getByText('the kernel cannot go back, so nothing can be changed here').waitFor();
  await page.keyboard.press('Escape');
  await until('it is measured again', async () => (await words('memory')).includes('of 80 MiB'));
});

test('frozen is shown as frozen', async () => {
  await visit.daemon.ok('pause', 'used');
  await visit.page.locator('[aria-label="Cgroups"]').getByText('Frozen: nothing in it runs').waitFor();
  assert.is(file('freezer', 'freezer.state'), 'FROZEN');
  await visit.daemon.ok('unpause', 'used');
});

test('the page has complained of nothing', () => {
  assert.equal(visit.complaints, []);
});

test.run();
