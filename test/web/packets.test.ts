import { existsSync, readFileSync } from 'node:fs';
import * as assert from 'uvu/assert';
import { sh, suite } from '../harness.ts';
import { needs, Visit } from './browser.ts';
import { until } from '../until.ts';

const test = suite('packets in a browser', ...needs, 'ip');
let visit: Visit;
let gateway = '';
const panel = () => visit.page.locator('[aria-label="Network"]');
const packets = () => visit.page.getByRole('region', { name: 'Packets' });
const inside = (script: string) => visit.daemon.ok('exec', 'sender', 'bash', '-c', script);
const link = () =>
  (
    JSON.parse(sh('ip', '-j', '-s', 'link', 'show', 'master', visit.daemon.bridge)) as {
      ifindex: number;
      stats64: { rx: { packets: number; bytes: number } };
    }[]
  )[0]!;
const listening = () =>
  readFileSync('/proc/net/packet', 'utf8')
    .split('\n')
    .filter((line) => Number(line.trim().split(/\s+/)[4]) === link().ifindex).length;

test.before(async () => {
  visit = await Visit.open();
  const id = await visit.daemon.ok('run', '-d', '--name', 'sender', 'ubuntu', 'sleep', '1000');
  gateway = (await visit.daemon.json<{ NetworkSettings: { Gateway: string } }>('/containers/sender/json'))
    .NetworkSettings.Gateway;
  const address = await visit.address();
  await visit.page.goto(address);
  // not by way of the map, where the cutaway shows this picture too
  await visit.page.goto(new URL(`/#run/${id}`, address).href);
  await visit.page.getByRole('tab', { name: 'Network' }).waitFor();
});
test.after(() => visit.close());

test('the packet socket is opened only with the picture', async () => {
  assert.is(listening(), 0);
  await visit.page.getByRole('tab', { name: 'Network' }).click();
  await until('a packet socket is open', () => listening() === 1);
});

test('packets appear in words, and where nothing is to move nothing moves', async () => {
  await inside(`echo hello > /dev/udp/${gateway}/4999`);
  await packets()
    .getByText(new RegExp(`UDP [\\d.:]+ → ${gateway.replaceAll('.', '\\.')}:4999, 6 bytes`))
    .waitFor();
  await packets().getByText('ICMP').first().waitFor();
  assert.is(await panel().locator('[data-key^="dot:"]').count(), 0);
});

test('where the kernel has no table of connections, the page says why no rewriting is shown', async () => {
  assert.is(
    await panel().getByRole('note').filter({ hasText: 'nf_conntrack' }).count(),
    existsSync('/proc/net/nf_conntrack') ? 0 : 1,
  );
});

test('the counters are those of ip -s link', async () => {
  const shown = async () => (await panel().locator('[data-key^="part:host/veth"]').getAttribute('aria-label')) ?? '';
  await until('they agree', async () => (await shown()).includes(`rx ${link().stats64.rx.packets} · `));
  assert.ok(Number(/rx (\d+) · /.exec(await shown())?.[1]) > 0, 'something was counted');
});

test('the file that is downloaded is what was seen', async () => {
  const [download] = await Promise.all([
    visit.page.waitForEvent('download'),
    packets()
      .getByRole('button', { name: /^download \d+ as pcap$/ })
      .click(),
  ]);
  assert.is(download.suggestedFilename(), 'sender.pcap');
  const file = readFileSync(await download.path());
  assert.equal([file.readUInt32LE(0).toString(16), file.readUInt32LE(20)], ['a1b2c3d4', 1]);
  assert.ok(file.includes('hello\n'));
});

test('in the past nothing is counted, and no packet shown', async () => {
  await visit.page.keyboard.press('ArrowLeft');
  await visit.page.getByText('packets are seen, and counters known, live only').waitFor();
  assert.not.match(
    (await panel()
      .locator('[data-key^="part:host/veth"]')
      .getAttribute('aria-label')
      .catch(() => '')) ?? '',
    /rx \d/,
  );
  await visit.page.keyboard.press('Escape');
  await packets().getByText('UDP').first().waitFor();
});

test('from one picture to the next the measuring goes on, and the listening ends', async () => {
  await visit.page.getByRole('tab', { name: 'Cgroups' }).click();
  await until('no packet socket is open', () => listening() === 0);
  const memory = panel().page().locator('[data-key^="limit:"][aria-label^="memory:"]');
  await memory.waitFor();
  await visit.page.getByRole('tab', { name: 'Network' }).click();
  await until('counted again', async () =>
    /rx \d/.test((await panel().locator('[data-key^="part:host/veth"]').getAttribute('aria-label')) ?? ''),
  );
  await visit.page.getByRole('tab', { name: 'Security' }).click();
  await until('no packet socket is open', () => listening() === 0);
  assert.is(await memory.count(), 0, 'what is drawn is the other picture');
});

test('where movement is wanted, packets are dots on their way', async () => {
  const context = await visit.browser.newContext({
    viewport: { width: 1500, height: 900 },
    reducedMotion: 'no-preference',
  });
  const page = await context.newPage();
  visit.listen(page);
  await page.goto(await visit.address());
  await page.getByRole('button', { name: 'sender' }).click();
  await page.getByRole('button', { name: 'terminal and journal' }).click();
  await page.getByRole('tab', { name: 'Network' }).click();
  await until('a packet socket is open', () => listening() === 1);
  // A dot has no accessible name; it is the only triangle above the parts.
  const dots = page.locator('[aria-label="Network"] g.place[aria-hidden] > path.tone-write');
  const sending = visit.daemon.cli(
    'exec',
    'sender',
    'timeout',
    '10',
    'bash',
    '-c',
    `while :; do echo x > /dev/udp/${gateway}/4999; sleep 0.2; done`,
  );
  await dots.first().waitFor({ state: 'attached' });
  assert.is(await panel().locator('g.place[aria-hidden] > path.tone-write').count(), 0, 'and here nothing moves');
  await context.close();
  await until('with the page the listening ends', () => listening() === 0);
  await visit.daemon.cli('kill', 'sender');
  await sending;
});

test('the page has complained of nothing', () => {
  assert.equal(visit.complaints, []);
});

test.run();
