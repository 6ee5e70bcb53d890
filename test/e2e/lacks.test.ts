/**
 * Features that a machine may lack: the message names the feature and the remedy. Kernels here have them all, so the
 * gate injects the errno.
 */
import * as assert from 'uvu/assert';
import { sh } from '../harness.ts';
import { clients } from './daemon.ts';
import { atRest, sameAs } from './leftovers.ts';
import { site } from './site.ts';
import { Follower } from './sweep/journal.ts';

const s = await site('a machine that lacks something', { images: ['tiny'] });
const d = () => s.daemon;

/** Starts a container, lets the call at the breakpoint fail with `errno`, and returns the message for the client. */
async function startFailing(at: string, errno: string): Promise<string> {
  const { body } = await d().api('POST', '/containers/create', { Image: 'tiny', Cmd: ['true'] });
  const { Id } = JSON.parse(body) as { Id: string };
  const follower = new Follower(d(), Id);
  await follower.begun;
  const started = d().api('POST', `/drydock/containers/${Id}/start?break=${encodeURIComponent(at)}`);
  await follower.until((e) => e.type === 'gate' && e.at === 'paused');
  follower.close();
  assert.is((await d().api('POST', `/drydock/containers/${Id}/gate`, { command: 'fail', errno })).status, 204);
  const answer = await started;
  assert.is((await d().api('DELETE', `/containers/${Id}`)).status, 204);
  assert.is(answer.status, 500, answer.body);
  return (JSON.parse(answer.body) as { message: string }).message;
}

const rows: [what: string, at: string, errno: string, message: RegExp][] = [
  [
    'overlay',
    'rw-layer.mount-overlay#1',
    'ENODEV',
    /rw-layer\.mount-overlay: .*no such device.*no overlay file system; load it with modprobe overlay/,
  ],
  [
    'nf_tables',
    'network.masquerade#1',
    'EPROTONOSUPPORT',
    /network\.masquerade: .*this kernel has no nf_tables; load it with modprobe nf_tables, or run with --network none or host/,
  ],
  ['veth pairs', 'network.create-veth#2', 'EOPNOTSUPP', /network\.create-veth: .*no veth pairs/],
];
for (const [what, at, errno, message] of rows) {
  s.test(`no ${what}: the message says so, and nothing is left`, async () => {
    await d().ok('run', '--rm', 'tiny', 'true');
    const before = await atRest(d());
    assert.match((await startFailing(at, errno)).replace(/\n/g, ' '), message);
    await sameAs(before, d());
  });
}

s.test('a subnet that the host uses, by an address or by a route, is passed over', async () => {
  await d().stop();
  sh('ip', 'addr', 'add', '172.30.7.7/24', 'dev', 'lo');
  sh('ip', 'route', 'add', '172.31.128.0/17', 'dev', 'lo');
  try {
    await d().start();
    await d().ok('run', '-d', '--name', 'elsewhere', 'tiny', 'sleep', '1000');
    const { NetworkSettings } = await d().json<{
      NetworkSettings: { Networks: { bridge: { IPAddress: string; Gateway: string } } };
    }>('/containers/elsewhere/json');
    assert.match(NetworkSettings.Networks.bridge.IPAddress, /^10\.88\./);
    await d().ok('rm', '-f', 'elsewhere');
  } finally {
    await d().stop();
    sh('ip', 'addr', 'del', '172.30.7.7/24', 'dev', 'lo');
    sh('ip', 'route', 'del', '172.31.128.0/17', 'dev', 'lo');
    await d().start();
  }
});

s.test(['cgroup1'], 'without a controller the container runs, and who asked for its limit is warned', async () => {
  await d().stop();
  sh('umount', '/sys/fs/cgroup/pids');
  await d().start();
  for (const client of clients) {
    const { code, err } = await d().client(client, ['run', '--rm', '--pids-limit', '10', 'tiny', 'sh', '-c', 'exit 3']);
    assert.is(code, 3, err);
  }
  const { body } = await d().api('POST', '/containers/create', {
    Image: 'tiny',
    Cmd: ['true'],
    HostConfig: { PidsLimit: 10 },
  });
  const { Id, Warnings } = JSON.parse(body) as { Id: string; Warnings: string[] };
  assert.is((await d().api('POST', `/containers/${Id}/start`)).status, 204);
  const journal = (await d().api('GET', `/drydock/containers/${Id}/journal`)).body;
  assert.match(`${Warnings.join()} ${journal}`, /pids/i);
  assert.match(journal, /"text":"warning: [^"]*pids/i);
  assert.is((await d().api('DELETE', `/containers/${Id}?force=1`)).status, 204);
});

s.test.run();
