/** A part that was left out (`--leave-out`) is really missing, and still nothing stays behind. */
import * as assert from 'uvu/assert';
import { readFileSync, readlinkSync } from 'node:fs';
import { alive, Daemon } from './daemon.ts';
import { atRest, sameAs } from './leftovers.ts';
import { site } from './site.ts';
import { until } from '../until.ts';

const s = await site('leaving out');
const d = () => s.daemon;
const broken = (what: string, ...command: string[]) =>
  d().ok('run', '--rm', '--leave-out', what, '--unsafe', 'ubuntu', ...command);
const whole = (...command: string[]) => d().ok('run', '--rm', 'ubuntu', ...command);
const pidOf = async (name: string) =>
  (await d().json<{ State: { Pid: number } }>(`/containers/${name}/json`)).State.Pid;
/**
 * Escapes by a second chroot(2) whose working directory stays outside, then goes up by chdir(".."); prints "out" if it
 * finds the daemon's socket.
 */
const escape = () => [
  'perl',
  '-e',
  `mkdir "/j"; chroot "/j" or die; chdir ".." for 1..64; chroot "."; print -e "${d().socket}" ? "out" : "in"`,
];

let before: Record<string, string[]>;
s.test('a container leaves these behind while the daemon runs', async () => {
  await whole('true');
  before = await atRest(d());
});

s.test("without a pid namespace the host's processes are seen, and those left over are ended with it", async () => {
  assert.is(await whole('sh', '-c', `test -d /proc/${d().pid} && echo seen; echo $$`), '1');
  const [seen, shell] = (
    await broken('pid-namespace', 'sh', '-c', `tr "\\0" " " </proc/${d().pid}/cmdline; echo; echo $$; sleep 1000 & `)
  ).split('\n');
  assert.match(seen!, /drydock\.js daemon/);
  assert.ok(Number(shell) > 1);
  await sameAs(before, d());
});

s.test('chroot instead of pivot_root lets root out, and pivot_root does not', async () => {
  assert.is(await whole(...escape()), 'in');
  assert.is(await broken('pivot-root', ...escape()), 'out');
  await sameAs(before, d());
});

s.test('an exec in a container with chroot stands in its root all the same', async () => {
  await d().ok('run', '-d', '--name', 'rooted', '--leave-out', 'pivot-root', '--unsafe', 'ubuntu', 'sleep', '1000');
  assert.is(await d().ok('exec', 'rooted', 'sh', '-c', 'cat /etc/layered; pwd'), 'third\n/');
  await d().ok('rm', '-f', 'rooted');
  await sameAs(before, d());
});

s.test("without masked paths the host's are there", async () => {
  const covered = (text: string) => text.split('\n').filter((path) => path !== '');
  const show = [
    'sh',
    '-c',
    'for f in /proc/kcore /proc/keys /proc/timer_list /proc/interrupts; do test -f $f && echo $f; done; true',
  ];
  assert.equal(covered(await whole(...show)), []);
  assert.ok(covered(await broken('masked-paths', ...show)).length > 0);
});

s.test('without filter, capabilities, uts, ipc and cgroup namespace it has what the host has', async () => {
  const out = await broken(
    'seccomp,capabilities',
    'sh',
    '-c',
    'grep Seccomp: /proc/self/status | tr -dc 0-9; mount -t tmpfs none /mnt && echo mounted',
  );
  assert.is(out, '0mounted');
  const spaces = await broken(
    'uts-namespace,ipc-namespace,cgroup-namespace',
    'sh',
    '-c',
    'for n in uts ipc cgroup; do readlink /proc/self/ns/$n; done; hostname',
  );
  assert.equal(spaces.split('\n'), [
    ...['uts', 'ipc', 'cgroup'].map((name) => readlinkSync(`/proc/self/ns/${name}`)),
    readFileSync('/proc/sys/kernel/hostname', 'utf8').trim(),
  ]);
  await sameAs(before, d());
});

s.test("without a control group it is in the daemon's, cannot be paused, and ends with its namespace", async () => {
  const { code, err } = await d().cli(
    'run',
    '-d',
    '--name',
    'loose',
    '-m',
    '64m',
    '--leave-out',
    'cgroup',
    '--unsafe',
    'ubuntu',
    'sh',
    '-c',
    'sleep 1000 & sleep 1000',
  );
  assert.is(code, 0, err);
  const pid = await pidOf('loose');
  assert.is(readFileSync(`/proc/${pid}/cgroup`, 'utf8'), readFileSync(`/proc/${d().pid}/cgroup`, 'utf8'));
  assert.match(await d().ok('trace', 'loose'), 'the control group was left out: no limit holds');
  assert.match((await d().cli('pause', 'loose')).err, 'this container cannot be paused');
  assert.is(
    (await d().ok('top', 'loose')).split('\n').filter((line) => line.includes('sleep 1000')).length,
    3,
    'the shell and both of its children',
  );
  assert.is(await d().ok('exec', 'loose', 'cat', '/proc/1/comm'), 'sh');
  await d().ok('rm', '-f', 'loose');
  assert.not(alive(pid));
  await sameAs(before, d());
});

s.test('a daemon that comes up finds the process of a container without a control group again', async () => {
  await d().ok('run', '-d', '--name', 'orphan', '--leave-out', 'cgroup', '--unsafe', 'ubuntu', 'sleep', '1000');
  const pid = await pidOf('orphan');
  await d().kill9();
  await d().start();
  assert.is(await pidOf('orphan'), pid);
  await d().ok('stop', '-t', '0', 'orphan');
  assert.not(alive(pid));
  await d().ok('rm', 'orphan');
  const { descriptors: _, ...rest } = before;
  await sameAs(rest, d());
});

s.test('a container without a control group whose shim was killed is ended by the daemon', async () => {
  await d().ok('run', '-d', '--name', 'shimless', '--leave-out', 'cgroup', '--unsafe', 'ubuntu', 'sleep', '1000');
  const pid = await pidOf('shimless');
  process.kill(Number(/^PPid:\s*(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1]), 'SIGKILL');
  await until('it has ended', async () => (await d().ok('ps', '-a', '--filter', 'name=shimless')).includes('Exited'));
  assert.not(alive(pid));
  await d().ok('rm', 'shimless');
});

s.test('what could not be cleaned up is refused, and other images unless it is meant', async () => {
  const refused = async (wanted: RegExp, ...flags: string[]) => {
    const { code, err } = await d().cli('run', '--rm', ...flags, 'ubuntu', 'true');
    assert.is(code, 125);
    assert.match(err, wanted);
  };
  await refused(
    /pid-namespace together with cgroup/,
    '--unsafe',
    '--leave-out',
    'pid-namespace',
    '--leave-out',
    'cgroup',
  );
  await refused(/cgroup with PidMode host/, '--unsafe', '--leave-out', 'cgroup', '--pid', 'host');
  await refused(/cannot leave out "create"/, '--unsafe', '--leave-out', 'create');
  await refused(/not a practice image; --unsafe/, '--leave-out', 'seccomp');
  assert.match(
    (await d().docker('run', '--rm', '--annotation', 'drydock.leave-out=seccomp', 'ubuntu', 'true')).err,
    /not a practice image/,
  );
  assert.match(await d().ok('run', '--leave-out', 'list'), /^pid-namespace +no pid namespace$/m);
});

s.test('a practice image may be broken; list, inspect and trace say so', async () => {
  await d().stop();
  const alone = await new Daemon().start();
  try {
    const { code, err } = await alone.cli(
      'run',
      '-d',
      '--name',
      'marked',
      '--leave-out',
      'pid-namespace',
      'ubuntu',
      'sleep',
      '1000',
    );
    assert.is(code, 0, err);
    assert.match(err, 'WARNING: unsafe: left out pid-namespace');
    assert.match(await alone.ok('ps'), /Up .* \(unsafe: left out pid-namespace\)/);
    assert.match((await alone.docker('ps')).out, /unsafe: left out pid-namespace/);
    assert.match(await alone.ok('inspect', 'marked'), '"LeftOut"');
    const trace = await alone.ok('trace', 'marked');
    assert.match(trace, 'unsafe: left out pid-namespace');
    assert.match(trace, /left out/);
  } finally {
    await alone.close();
  }
});

s.test.run();
