import * as assert from 'uvu/assert';
import { readFileSync, existsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { Screen } from '../cli/screen.ts';
import { sh } from '../harness.ts';
import { alive, Daemon } from './daemon.ts';
import { run } from './ran.ts';
import { site } from './site.ts';
import { until } from '../until.ts';

const s = await site('the daemon and its end', { also: ['tmux'] });
const d = () => s.daemon;
interface State {
  Status: string;
  Running: boolean;
  Pid: number;
  ExitCode: number;
  OOMKilled: boolean;
  FinishedAt: string;
}
const state = async (name: string) => (await d().json<{ State: State }>(`/containers/${name}/json`)).State;

s.test(
  'containers outlive a daemon that is killed: one on a terminal, one writing fast, one that ends meanwhile',
  async () => {
    const screen = new Screen(d().env, 90, 30);
    try {
      screen.command(`clear; ${d().commandLine('drydock')} run -it --name term ubuntu /bin/bash; echo code $?`);
      await screen.see(/# *$/);
      screen.command('X=kept; echo the pid is $$');
      await screen.see(/the pid is 1/);
      await d().ok(
        'run',
        '-d',
        '--name',
        'writer',
        'ubuntu',
        'bash',
        '-c',
        'for ((i = 1; i <= 400000; i++)); do echo line $i; done; while read -t 1 -r x </dev/zero; do :; done; sleep 1000',
      );
      await d().ok(
        'run',
        '-d',
        '--name',
        'ender',
        'ubuntu',
        'bash',
        '-c',
        'trap "exit 23" TERM; while :; do sleep 0.05; done',
      );
      await d().ok('run', '-d', '--name', 'looping', 'ubuntu', 'bash', '-c', 'while :; do echo tick; sleep 0.05; done');
      const pids = Object.fromEntries(
        await Promise.all(
          ['term', 'writer', 'ender', 'looping'].map(async (name) => [name, (await state(name)).Pid] as const),
        ),
      );
      await d().kill9();
      await screen.see(/code \d+/);
      for (const pid of Object.values(pids)) assert.ok(alive(pid));
      process.kill(pids['ender']!, 'SIGTERM');
      await until('it has ended while nobody was there', () => !alive(pids['ender']!));
      await d().start();

      assert.equal(await Promise.all(['term', 'writer', 'looping'].map(async (name) => (await state(name)).Pid)), [
        pids['term'],
        pids['writer'],
        pids['looping'],
      ]);
      const ended = await until('its end is known', async () =>
        [await state('ender')].find(({ Status }) => Status === 'exited'),
      );
      assert.equal([ended.Status, ended.ExitCode, ended.OOMKilled], ['exited', 23, false]);

      screen.command(`clear; ${d().commandLine('docker')} attach term; echo code $?`);
      await sleep(0);
      await until('the shell answers again', async () => {
        screen.key('Enter');
        return /# *$/.test(screen.text());
      });
      screen.command('echo X is $X; exit 5');
      assert.match(await screen.see(/code 5/), /X is kept/);
      await until('its code is known', async () => (await state('term')).ExitCode === 5);

      await until(
        'all lines are in the log',
        async () => (await d().docker('logs', '--tail', '1', 'writer')).out === 'line 400000\n',
      );
      const { out } = await d().docker('logs', 'writer');
      assert.is(
        out,
        Array.from({ length: 400_000 }, (_, i) => `line ${i + 1}\n`).join(''),
        'not a line is missing or doubled',
      );
    } finally {
      screen.close();
    }
  },
);

s.test('exec, logs -f, stop and wait work on what was adopted', async () => {
  assert.equal(await d().docker('exec', 'looping', 'sh', '-c', 'cat /proc/1/comm; exit 4'), {
    code: 4,
    signal: null,
    out: 'bash\n',
    err: '',
  });
  const live = await d().ok('inspect', '--live', 'looping');
  assert.match(
    live,
    /^  \d+ drydock-shim\n    \d+ bash \(inside: 1\)$/m,
    'the shim of an earlier daemon is listed above its child',
  );
  assert.match(
    await d().ok('inspect', '--live', '--step', 'create.shim', 'looping'),
    /^processes\n  \d+ drydock-shim\n    \d+ bash /,
  );
  const following = d().begin('drydock', 'logs', '-f', '--tail', '0', 'looping');
  await until('new lines come', () => following.ran.out.includes('tick\n'));
  const waiting = d().begin('docker', 'wait', 'looping');
  assert.is((await d().docker('stop', '-t', '0', 'looping')).code, 0);
  assert.is((await waiting.done).out, '137\n');
  assert.is((await following.done).code, 0);
  await d().ok('start', 'looping');
  assert.ok((await state('looping')).Running, 'and it starts again');
  await d().ok('rm', '-f', 'looping', 'writer', 'ender', 'term');
});

s.test('a paused container is paused for the next daemon too', async () => {
  await d().ok('run', '-d', '--name', 'frozen', 'ubuntu', 'sleep', '1000');
  await d().ok('pause', 'frozen');
  await d().kill9();
  await d().start();
  assert.is((await state('frozen')).Status, 'paused');
  await d().ok('unpause', 'frozen');
  assert.is((await d().docker('exec', 'frozen', 'echo', 'thawed')).out, 'thawed\n');
  await d().ok('rm', '-f', 'frozen');
});

s.test('with --rm what ended while no daemon was there is removed by the next', async () => {
  await d().ok('run', '-d', '--rm', '--name', 'shortly', 'ubuntu', 'sleep', '1000');
  const { Pid } = await state('shortly');
  const { Id } = await d().json<{ Id: string }>('/containers/shortly/json');
  assert.ok(existsSync(`${d().root}/containers/${Id}`));
  await d().kill9();
  process.kill(Pid, 'SIGKILL');
  await until('it has ended', () => !alive(Pid));
  await d().start();
  await until('it is removed', async () => (await d().api('GET', '/containers/shortly/json')).status === 404);
  assert.not.match(await d().ok('ps', '-a'), /shortly/);
  assert.not.ok(existsSync(`${d().root}/containers/${Id}`));
});

s.test("restart policies hold over a daemon's death", async () => {
  for (const [name, policy] of [
    ['again', 'always'],
    ['unless', 'unless-stopped'],
    ['never', 'no'],
  ] as const)
    await d().ok('run', '-d', '--restart', policy, '--name', name, 'ubuntu', 'sleep', '1000');
  const pids = await Promise.all(['again', 'unless', 'never'].map(async (name) => (await state(name)).Pid));
  await d().kill9();
  for (const pid of pids) process.kill(pid, 'SIGKILL');
  await until('they have ended', () => !pids.some(alive));
  await d().start();
  for (const name of ['again', 'unless']) await until(`${name} runs again`, async () => (await state(name)).Running);
  await until('never is over', async () => (await state('never')).Status === 'exited');
  assert.is((await state('never')).ExitCode, 137);
  await d().ok('rm', '-f', 'again', 'unless', 'never');
});

s.test("a second daemon on the same root refuses, with the first one's pid", async () => {
  const { code, err } = await d().cli('daemon', '--host', `unix://${d().execRoot}/other.sock`);
  assert.is.not(code, 0);
  assert.match(err, `a daemon with pid ${d().pid} already serves the data root ${d().root}`);
  assert.is((await d().api('GET', '/_ping')).body, 'OK');
});

s.test('a container whose shim was killed is over, and can be started again', async () => {
  await d().ok('run', '-d', '--name', 'orphan', 'ubuntu', 'sleep', '1000');
  const { Pid } = await state('orphan');
  const shim = Number(/^PPid:\s+(\d+)/m.exec(readFileSync(`/proc/${Pid}/status`, 'utf8'))![1]);
  assert.match(readFileSync(`/proc/${shim}/cmdline`, 'utf8'), /^drydock-shim/);
  process.kill(shim, 'SIGKILL');
  await until('it is noticed', async () => (await state('orphan')).Status === 'exited');
  assert.is((await state('orphan')).ExitCode, 137);
  assert.not(alive(Pid));
  await d().ok('start', 'orphan');
  await d().ok('rm', '-f', 'orphan');
});

s.test('the first command starts a daemon, which ends by itself and takes everything with it', async () => {
  const auto = new Daemon();
  const env = { ...auto.env, DRYDOCK_IDLE: '1', DRYDOCK_REGISTRY_MIRROR: `http://${s.registry.host}` };
  assert.is(
    (await auto.client('drydock', ['run', '--rm', 'tiny', 'echo', 'hi'], { env })).out,
    '',
    'tiny has no echo but a shell',
  );
  assert.is((await auto.client('drydock', ['run', '--rm', 'tiny', 'sh', '-c', 'echo hi'], { env })).out, 'hi\n');
  const { pid } = await auto.json<{ pid: number }>('/drydock/info');
  assert.ok(alive(pid));
  await until('it ends by itself', () => !alive(pid));
  assert.not(existsSync(auto.socket));
  assert.not.match(sh('ip', '-o', 'link'), auto.bridge);
  assert.not.match(sh('nft', 'list', 'ruleset'), auto.bridge);
  assert.is(sh('find', '/sys/fs/cgroup', '-name', auto.name), '');
  assert.not.match(readFileSync('/proc/self/mountinfo', 'utf8'), auto.name);
  await auto.close();
});

s.test('shutdown leaves running containers, and nothing else', async () => {
  await d().ok('run', '-d', '--name', 'stays', 'ubuntu', 'sleep', '1000');
  const { Pid } = await state('stays');
  assert.is((await d().cli('shutdown')).code, 0);
  await until('it has ended', () => !existsSync(d().socket));
  assert.ok(alive(Pid));
  const refused = await run('docker', ['ps'], { env: d().env });
  assert.match(refused.err, /Cannot connect to the Docker daemon/);
  await d().stop();
  await d().start();
  assert.is((await state('stays')).Pid, Pid);
  await d().ok('rm', '-f', 'stays');
  await d().stop();
  assert.is(sh('nft', 'list', 'ruleset'), '');
  assert.is(sh('find', '/sys/fs/cgroup', '-name', d().name), '');
  assert.not.match(sh('ip', '-o', 'link'), d().bridge);
});

s.test.run();
