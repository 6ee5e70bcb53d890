/**
 * A machine that was switched off: the data root is unchanged, everything in the kernel and in /run is gone, and the
 * old pids belong to other processes.
 */
import * as assert from 'uvu/assert';
import { spawn } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { sh } from '../harness.ts';
import { alive } from './daemon.ts';
import { leftovers } from './leftovers.ts';
import { site } from './site.ts';
import { until } from '../until.ts';

const s = await site('a machine that was rebooted', { images: ['tiny'] });
const d = () => s.daemon;
interface State {
  Status: string;
  Running: boolean;
  Pid: number;
  ExitCode: number;
}
const state = async (name: string) => (await d().json<{ State: State }>(`/containers/${name}/json`)).State;

/** Ends the daemon, the containers and their shims at once, and removes their kernel objects. */
async function powerCut(): Promise<void> {
  const pids = leftovers(d())['processes']!.map((line) => Number(line.split(' ')[0]));
  await d().kill9();
  for (const pid of pids) if (alive(pid)) process.kill(pid, 'SIGKILL');
  for (const pid of pids) await until(`${pid} is gone`, () => !alive(pid));
  rmSync(d().execRoot, { recursive: true, force: true });
  sh(
    'sh',
    '-c',
    `find /sys/fs/cgroup -mindepth 2 -depth -path '*${d().cgroupParent}*' -type d -exec rmdir {} + 2>/dev/null || true`,
  );
  sh('ip', 'link', 'del', d().bridge);
  sh('nft', 'flush', 'ruleset');
}

s.test('restart policies are obeyed, no other process is signalled, and everything can be started again', async () => {
  const policies = {
    always: 'always',
    unless: 'unless-stopped',
    failing: 'on-failure',
    no: 'no',
    stopped: 'unless-stopped',
  };
  for (const [name, policy] of Object.entries(policies))
    await d().ok('run', '-d', '--restart', policy, '--name', name, 'tiny', 'sleep', '1000');
  await d().ok('run', '-d', '--rm', '--name', 'passing', 'tiny', 'sleep', '1000');
  await d().ok('stop', '-t', '0', 'stopped');
  await d().ok('run', '-d', '--name', 'written', 'tiny', 'sh', '-c', 'echo kept >/kept; sleep 1000');
  await until(
    'it has written',
    async () => (await d().docker('exec', 'written', 'sh', '-c', 'read x </kept; echo $x')).out === 'kept\n',
  );
  await powerCut();

  const bystander = spawn('sleep', ['1000'], { stdio: 'ignore' });
  try {
    // The recorded pids now belong to other processes.
    const ids = await Promise.all(
      ['no', 'written', 'always'].map(async (name) =>
        sh('sh', '-c', `grep -l '"name":"${name}"' ${d().root}/containers/*/container.json`).trim(),
      ),
    );
    for (const file of ids)
      writeFileSync(
        file,
        JSON.stringify({ ...(JSON.parse(readFileSync(file, 'utf8')) as object), pid: bystander.pid }),
      );
    await d().start();
    for (const name of ['always', 'unless', 'failing'])
      await until(`${name} runs again`, async () => (await state(name)).Running);
    for (const name of ['no', 'stopped', 'written'])
      await until(`${name} is over`, async () => (await state(name)).Status === 'exited');
    assert.is((await state('no')).ExitCode, 137);
    await until('with --rm it is gone', async () => (await d().api('GET', '/containers/passing/json')).status === 404);
    await d().ok('start', 'written');
    assert.is((await d().docker('exec', 'written', 'sh', '-c', 'read x </kept; echo $x')).out, 'kept\n');
    for (const name of [...Object.keys(policies), 'written']) await d().ok('rm', '-f', name);
    assert.ok(alive(bystander.pid!), 'the bystander lives');
    assert.equal(leftovers(d())['leases'], []);
    assert.equal(leftovers(d())['runs'], []);
  } finally {
    bystander.kill('SIGKILL');
  }
});

s.test('a cut in the middle of a start, a pause and a record leaves nothing half', async () => {
  const id = await d().ok('create', '--name', 'half', 'tiny', 'true');
  const held = d()
    .api('POST', `/drydock/containers/${id}/start?break=network.name-eth0`)
    .catch(() => undefined);
  await until('it stands', async () =>
    (await d().api('GET', `/drydock/containers/${id}/journal`)).body.includes('"at":"paused"'),
  );
  await d().ok('run', '-d', '--name', 'frozen', 'tiny', 'sleep', '1000');
  await d().ok('pause', 'frozen');
  await d().ok('create', '--name', 'torn', 'tiny', 'true');
  const torn = sh('sh', '-c', `grep -l '"name":"torn"' ${d().root}/containers/*/container.json`).trim();
  await d().ok('unpause', 'frozen'); // a frozen process on cgroup v1 cannot be killed
  await powerCut();
  await held;
  writeFileSync(torn, '{"id":');
  writeFileSync(join(torn, '../container.json.partial'), '{"id');
  await d().start();
  assert.is((await state('half')).Status, 'created');
  await until('frozen is over', async () => (await state('frozen')).Status === 'exited');
  assert.is((await d().api('GET', '/containers/torn/json')).status, 404);
  await d().ok('start', 'half');
  await until('it ends', async () => (await state('half')).Status === 'exited');
  await d().ok('rm', 'half', 'frozen');
  assert.equal(leftovers(d())['containers'], []);
});

s.test.run();
