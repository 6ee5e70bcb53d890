import * as assert from 'uvu/assert';
import { rwLayerOf } from '../../runtime/steps/container/3-rw-layer.ts';
import { execPaths } from '../../runtime/container/paths.ts';
import type { Process } from '../../runtime/oci/spec.ts';
import type { Exec } from '../../runtime/container/container.ts';
import { overlay2 } from '../../runtime/storage/overlay2/driver.ts';
import { suite } from '../harness.ts';
import { idOf, runSteps, settings, standIn, undoSteps, type StandIn, type Standing } from './stand-in.ts';
import { create, init, exec } from './stage-phases.ts';

const test = suite('exec into a running container, on the recording kernel');
const rwLayer = rwLayerOf(overlay2);

interface Joining extends Standing {
  j: Exec;
  before: { open: string[]; files: string[] };
}
/** A running container, and an exec that has not begun. */
async function joining(
  wanted: StandIn = {},
  process: Partial<Process> = {},
  more: Partial<Exec> = {},
): Promise<Joining> {
  const { fail, ...target } = wanted;
  const one = standIn(target);
  one.machine.answers['stage.ioctl'] = ({ args }) => (args[1] === 0x5441 ? 50 : 0);
  await runSteps(one.k, one.c, create, rwLayer, init);
  const own = one.c.spec.process;
  const j: Exec = {
    id: idOf(9),
    target: one.c,
    paths: execPaths(one.c.paths, settings, idOf(9)),
    process: { ...own, env: [...own.env], args: ['/bin/sh', '-i'], ...process },
    stdin: false,
    live: {},
    ...more,
  };
  return {
    ...one,
    k: one.again(fail),
    j,
    before: { open: [...one.machine.open.values()], files: [...one.machine.files.keys()] },
  };
}

test('a shim, a process, the group, the namespaces, the rights, a second birth, the program', async () => {
  const { k, j } = await joining();
  const made = await runSteps(k, j, exec);
  assert.equal(Object.keys(made), [
    'exec.shim',
    'exec.clone3',
    'exec.cgroup',
    'exec.setns',
    'exec.rights',
    'exec.enter-pid-namespace',
    'exec.execve',
  ]);
  assert.is(made['exec.clone3']![0], 'shim.clone3(0, 1, -1)');
  assert.equal(
    made['exec.setns']!.map((call) => call.replace(/(\D)\d{3,}(?=[,)])/, '$1n')),
    [
      'stage.pidfd_open(n, 0)',
      'stage.setns(n, CLONE_NEWNS|CLONE_NEWCGROUP|CLONE_NEWUTS|CLONE_NEWIPC|CLONE_NEWPID|CLONE_NEWNET)',
      'stage.openat2(AT_FDCWD, "dev/null", {24 bytes})',
      'stage.statx(n, "", AT_EMPTY_PATH, 259, 256 bytes)',
      'stage.dup3(n, 0, 0)',
      'stage.close(n)',
      'stage.close(n)',
    ],
  );
  assert.equal(made['exec.enter-pid-namespace']!.slice(0, 2), ['stage.clone()', `shim.watch_child(${j.live.pid})`]);
});

test('it is in the group of the container before it can do anything inside', async () => {
  const { k, j, c } = await joining();
  const made = await runSteps(k, j, exec);
  assert.ok(made['exec.cgroup']!.every((call) => call.startsWith('stage.write("/cg/') && call.includes(c.cgroup.path)));
  assert.ok(Object.keys(made).indexOf('exec.cgroup') < Object.keys(made).indexOf('exec.setns'));
});

test("its rights are the container's: bounding set, user, filter, capabilities", async () => {
  const { k, j } = await joining(
    { host: { SecurityOpt: ['no-new-privileges'] } },
    { user: { uid: 0, gid: 0, username: 'www' }, noNewPrivileges: true },
  );
  const { 'exec.rights': made } = await runSteps(k, j, exec);
  const names = made!.map((call) =>
    call.replace(/^stage\.(\w+)\(?([A-Z_]*).*/, (_, name: string, word: string) => (name === 'prctl' ? word : name)),
  );
  assert.equal(
    names.filter((name, n) => name !== names[n - 1]),
    [
      'keyctl',
      'PR_CAPBSET_DROP',
      'read',
      'PR_SET_KEEPCAPS',
      'setgroups',
      'setresgid',
      'setresuid',
      'capset',
      'chdir',
      'statx',
      'faccessat2',
      'PR_SET_NO_NEW_PRIVS',
      'seccomp',
      'capset',
    ],
  );
  assert.ok(made!.includes('stage.setresuid(33, 33, 33)'));
});

test('it is seen in the container only when it has no more rights than the container; a profile that refuses the birth gets it before its filter', async () => {
  const { k, j } = await joining();
  const ids = Object.keys(await runSteps(k, j, exec));
  assert.ok(ids.indexOf('exec.enter-pid-namespace') > ids.indexOf('exec.rights'));
  const refusing = JSON.stringify({
    defaultAction: 'SCMP_ACT_ALLOW',
    syscalls: [{ names: ['setsid'], action: 'SCMP_ACT_ERRNO' }],
  });
  const other = await joining({ host: { SecurityOpt: [`seccomp=${refusing}`] } });
  const made = await runSteps(other.k, other.j, exec);
  assert.not.ok('exec.enter-pid-namespace' in made);
  const at = (name: string) => made['exec.rights']!.findIndex((call) => call.startsWith(`stage.${name}(`));
  assert.ok(
    at('clone') > at('setresuid') && at('clone') < at('seccomp') && at('setsid') < at('seccomp'),
    made['exec.rights']!.join('\n'),
  );
});

test('a container with a user namespace is joined in it as well, last', async () => {
  const { k, j } = await joining({ host: { UsernsMode: 'private' } });
  const { 'exec.setns': made } = await runSteps(k, j, exec);
  assert.match(made!.at(-2)!, /setns\(\d+, CLONE_NEWUSER\)/);
});

for (const [name, process, more, stdio] of [
  ['output', {}, {}, 1],
  ['stdin', {}, { stdin: true }, 3],
  ['a terminal', { terminal: true }, { stdin: true }, 0],
] as const) {
  test(`with ${name} it gets the pipes that go with it`, async () => {
    const { k, j } = await joining({}, process, more);
    const made = await runSteps(k, j, exec);
    assert.is(made['exec.clone3']![0], `shim.clone3(0, ${stdio}, -1)`);
    assert.is(
      made['exec.enter-pid-namespace']!.some((call) => call.includes('take_master')),
      stdio === 0,
    );
    assert.is('exec.terminal' in made, stdio === 0);
  });
}

test('a program that is not there is exit code 127, and the container goes on', async () => {
  const one = await joining({}, { args: ['/nope'] });
  one.machine.image.absent.add('/nope');
  const error = await runSteps(one.k, one.j, exec).then(
    () => undefined,
    (e: unknown) => e as { exitCode?: number },
  );
  assert.is(error?.exitCode, 127);
  await undoSteps(one.k, one.j, exec);
  onlyTheContainer(one, 'exit code 127');
});

/** Asserts that nothing of the exec is left and nothing of the container is gone. */
function onlyTheContainer({ machine, before }: Joining, what: string): void {
  assert.equal([...machine.open.values()], before.open, `descriptors after ${what}`);
  assert.equal([...machine.files.keys()], before.files, `files after ${what}`);
  assert.equal(machine.closedTwice, [], `closed twice after ${what}`);
  assert.equal(
    machine.shims.map(({ alive, reaped }) => [alive, reaped]),
    [
      [true, false],
      [false, true],
    ].slice(0, machine.shims.length),
    `shims after ${what}`,
  );
}

for (const [name, wanted, process] of [
  ['pipes', {}, {}],
  [
    'a terminal and a user',
    { config: { User: 'www' } },
    { terminal: true, cwd: '/w', consoleSize: { height: 2, width: 3 } },
  ],
  ['cgroup v2', { cgroups: 'v2' }, {}],
] as [string, StandIn, Partial<Process>][]) {
  test(`whichever call fails with ${name}, undo leaves the container as it was`, async () => {
    const whole = await joining(wanted, process);
    await runSteps(whole.k, whole.j, exec);
    assert.ok(whole.k.raw.length > 50, `only ${whole.k.raw.length} calls`);
    for (let at = 0; at < whole.k.raw.length; at++) {
      const one = await joining({ ...wanted, fail: { at, errno: 'EIO' } }, process);
      const error = await runSteps(one.k, one.j, exec).then(
        () => undefined,
        (e: unknown) => e,
      );
      const what = `${one.k.calls[at]} failed (call ${at})`;
      assert.ok(error, `${what} and nobody noticed`);
      const failed = one.k.raw[at]!;
      if (failed.actor === 'daemon' && failed.name === 'close') one.machine.open.delete(Number(failed.args[0]));
      await undoSteps(one.k, one.j, exec);
      onlyTheContainer(one, what);
    }
  });
}

test.run();
