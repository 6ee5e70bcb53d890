import * as assert from 'uvu/assert';
import type { Container } from '../../runtime/container/container.ts';
import type { Call } from '../../runtime/syscalls/calls.ts';
import { suite } from '../harness.ts';
import { idOf, standIn, type Standing } from './stand-in.ts';
import { failure, initSteps } from './init-steps.ts';

const test = suite('init phase on the recording kernel');
/** The result of the first matching call. */
const numberOf = ({ k }: Standing, is: (call: Call) => boolean) => k.rets[k.raw.findIndex(is)];
const flat = (made: Record<string, string[]>) => Object.values(made).flat();

test('what a program expects is mounted, then the root is exchanged, then rights are given up, then it runs', async () => {
  assert.equal(Object.keys(await initSteps()), [
    'init.mount-proc',
    'init.mount-dev',
    'init.mount-devpts',
    'init.mount-shm',
    'init.mount-mqueue',
    'init.mount-sysfs',
    'init.mount-cgroup',
    'init.mount-etc-files',
    'init.make-device-nodes',
    'init.pivot-root',
    'init.unmount-old-root',
    'init.hostname',
    'init.session-keyring',
    'init.sysctls',
    'init.mask-paths',
    'init.readonly-paths',
    'init.new-session',
    'init.drop-bounding',
    'init.look-up-user',
    'init.set-user',
    'init.working-directory',
    'init.find-program',
    'init.seccomp',
    'init.capabilities',
    'init.execve',
  ]);
});

test("a working directory is made in the root's descriptor before the root is exchanged, and gone to by what was opened", async () => {
  const one = standIn({ config: { WorkingDir: '/w' } });
  const made = await initSteps({}, one);
  const ids = Object.keys(made);
  assert.ok(ids.indexOf('init.make-working-directory') < ids.indexOf('init.pivot-root'));
  assert.match(made['init.make-working-directory']![0]!, 'stage.openat2(102, "w"');
  assert.equal(
    made['init.working-directory']!.map((call) => call.replace(/\(.*/, '')),
    ['stage.openat2', 'stage.fchdir', 'stage.close', 'stage.getcwd'],
  );
  assert.not.ok('init.make-working-directory' in (await initSteps()), 'the root itself is there');
});

test('a working directory that getcwd(2) calls unreachable is refused', async () => {
  const one = standIn({ config: { WorkingDir: '/w' } });
  one.machine.answers['stage.getcwd'] = Buffer.from('(unreachable)/\0');
  assert.match(
    (await failure(initSteps({}, one))).message,
    'chdir to cwd ("/w") set in config.json failed: it is outside of the container\'s root',
  );
});

for (const terminal of [false, true]) {
  test(`a joined pid namespace is entered last, by a child that begins a session${terminal ? ' and takes the terminal' : ''}; its /proc is a powerless child's`, async () => {
    const other = { ...standIn().c, id: idOf(2), live: { pid: 77 } } as Container;
    const made = await initSteps({
      config: { Tty: terminal },
      host: { PidMode: `container:${other.id}` },
      other: () => other,
    });
    const ids = Object.keys(made);
    assert.equal(ids.slice(-2), ['init.enter-pid-namespace', 'init.execve']);
    for (const id of ['init.mount-proc', 'init.new-session', 'init.controlling-terminal'])
      assert.not.ok(id in made, id);
    assert.ok(
      ids.indexOf('init.mount-joined-proc') > ids.indexOf('init.unmount-old-root') &&
        ids.indexOf('init.mount-joined-proc') < ids.indexOf('init.mask-paths'),
    );
    assert.equal(made['init.mount-joined-proc']!.filter((call) => /fsopen|children_procfs/.test(call)).length, 1);
    const born = made['init.enter-pid-namespace']!.map((call) => call.replace(/\(.*/, ''));
    assert.equal(born.slice(0, 2), ['stage.clone', 'shim.watch_child']);
    assert.equal([born.includes('stage.setsid'), born.includes('shim.take_master')], [true, terminal]);
  });
}

test('every option adds its step, and a terminal takes the place of the session', async () => {
  const plain = Object.keys(await initSteps());
  const host = {
    ReadonlyRootfs: true,
    SecurityOpt: ['no-new-privileges'],
    Ulimits: [{ Name: 'nofile', Soft: 1, Hard: 2 }],
    UsernsMode: 'private',
    Init: true,
  };
  const full = Object.keys(await initSteps({ host, config: { Tty: true } }));
  assert.equal(
    full.filter((id) => !plain.includes(id)),
    [
      'init.mount-late',
      'init.readonly-root',
      'init.open-terminal',
      'init.controlling-terminal',
      'init.rlimits',
      'init.unshare-user',
      'init.no-new-privs',
    ],
  );
  assert.equal(
    plain.filter((id) => !full.includes(id)),
    ['init.new-session'],
  );
});

test("until pivot_root every path of the image is looked up below the root's descriptor, or below one that was opened below it", async () => {
  const made = await initSteps();
  const ids = Object.keys(made);
  const before = ids.slice(0, ids.indexOf('init.pivot-root')).flatMap((id) => made[id]!);
  const opens = before.filter((call) => /openat/.test(call));
  const from = opens.map((call) => Number(/^stage\.openat2\((\d+), "/.exec(call)?.[1]));
  // The fake machine numbers descriptors of openat2(2) from 301.
  assert.ok(opens.length > 10 && from.every((fd) => fd === 102 || fd > 300), opens.join('\n'));
  assert.ok(
    before.filter((call) => call.startsWith('stage.mount(')).every((call) => /"\/proc\/self\/fd\/\d+"/.test(call)),
  );
});

test('the old root is gone before anything of the image is executed', async () => {
  const made = await initSteps();
  assert.equal(
    [made['init.pivot-root'], made['init.unmount-old-root']],
    [
      ['stage.fchdir(102)', 'stage.pivot_root(".", ".")'],
      ['stage.umount2(".", MNT_DETACH)', 'stage.chdir("/")', 'stage.close(102)'],
    ],
  );
});

test('masked paths are covered: files with null, directories with an empty file system, absent ones not', async () => {
  const one = standIn();
  one.machine.image.absent.add('/proc/acpi');
  const { 'init.mask-paths': made } = await initSteps({}, one);
  const fdOf = (name: string) =>
    numberOf(one, (call) => call.name === 'openat2' && call.args[1] === name && call.args[0] !== 102);
  const moved = one.k.raw.filter(({ name, note }) => name === 'move_mount' && /^\/(proc|sys)\//.test(note ?? ''));
  const sources = new Map(moved.map(({ args, note }) => [note, [args[0], args[2]]]));
  const trees = new Map(
    one.k.raw.flatMap((call, at) => (call.name === 'open_tree' ? [[one.k.rets[at], call.args[0]]] : [])),
  );
  assert.is(sources.get('/proc/kcore')?.[1], fdOf('kcore'), 'the mount is put over what was opened');
  assert.is(trees.get(Number(sources.get('/proc/kcore')?.[0])), fdOf('null'));
  assert.is(sources.get('/proc/scsi')?.[1], fdOf('scsi'));
  const empty = numberOf(one, ({ name, args }) => name === 'fsmount' && args[2] !== 0);
  assert.ok(
    [sources.get('/proc/scsi')?.[0], trees.get(Number(sources.get('/proc/scsi')?.[0]))].includes(empty),
    'the empty file system, or a copy of its mount',
  );
  assert.is(made!.filter((call) => call.includes('"acpi"')).length, 1);
  assert.not.ok(sources.has('/proc/acpi'));
});

test("groups, gid and uid are given up in this order, and by the image's own files", async () => {
  const made = await initSteps({ config: { User: 'www' } });
  assert.equal(made['init.look-up-user'], [
    'stage.read("/etc/passwd", 131072 bytes)',
    'stage.read("/etc/group", 131072 bytes)',
  ]);
  assert.equal(made['init.set-user'], [
    'stage.prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0)',
    'stage.setgroups(2, {8 bytes})',
    'stage.setresgid(33, 33, 33)',
    'stage.setresuid(33, 33, 33)',
    'stage.capset({8 bytes}, {24 bytes})',
  ]);
  assert.match(made['init.execve']!.join(), '"HOME=/var/www"');
  assert.match(
    String(await failure(initSteps({ config: { User: 'nobody' } }))),
    'unable to find user nobody: no matching entries in passwd file',
  );
});

test('an image without passwd and group still runs as root', async () => {
  const one = standIn();
  one.machine.image.contents = {};
  assert.match((await initSteps({}, one))['init.execve']!.join(), '"HOME=/"');
});

test('a terminal: opened inside, its master handed to the shim, its slave as 0, 1 and 2', async () => {
  const made = await initSteps({ config: { Tty: true }, host: { ConsoleSize: [33, 99] } });
  const open = made['init.open-terminal']!;
  const master = /ioctl\((\d+), TIOCSPTLCK/.exec(open[3]!)?.[1];
  assert.match(open[0]!, '"pts/ptmx"');
  assert.equal(
    open.slice(1, 3).map((call) => call.replace(/\(.*/, '')),
    ['stage.statx', 'stage.fstatfs'],
    'what it is, is asked before it is used',
  );
  assert.equal(open.slice(4, 7), [
    `stage.ioctl(${master}, TIOCGPTPEER, ${0o2000402})`,
    `stage.ioctl(${master}, TIOCSWINSZ, {8 bytes})`,
    'stage.fchownat(50, "", 0, -1, AT_EMPTY_PATH)',
  ]);
  assert.equal(
    made['init.controlling-terminal']!.map((call) => call.replace(/take_master\(\d+/, 'take_master(pid')),
    [
      `shim.take_master(pid, ${master})`,
      `stage.close(${master})`,
      'stage.setsid()',
      'stage.ioctl(50, TIOCSCTTY, 0)',
      'stage.dup3(50, 0, 0)',
      'stage.dup3(50, 1, 0)',
      'stage.dup3(50, 2, 0)',
      'stage.close(50)',
    ],
  );
});

test('--read-only remounts the root after all mounts are made', async () => {
  const made = await initSteps({ host: { ReadonlyRootfs: true } });
  assert.equal(made['init.readonly-root'], ['stage.mount(NULL, "/", NULL, MS_RDONLY|MS_REMOUNT|MS_BIND, NULL)']);
  const ids = Object.keys(made);
  assert.ok(ids.indexOf('init.readonly-root') > ids.indexOf('init.readonly-paths'));
});

test("--privileged masks nothing, filters nothing and narrows no bounding set beyond the daemon's own", async () => {
  const made = await initSteps({ host: { Privileged: true } });
  for (const id of ['init.mask-paths', 'init.readonly-paths', 'init.seccomp']) assert.is(made[id], undefined, id);
  assert.not.ok(flat(made).some((call) => /"sysfs", MS_RDONLY/.test(call)));
});

test('no-new-privileges is set before the filter, the filter before the last capabilities go', async () => {
  const ids = Object.keys(await initSteps({ host: { SecurityOpt: ['no-new-privileges'] } }));
  assert.equal(ids.slice(-4), ['init.no-new-privs', 'init.seccomp', 'init.capabilities', 'init.execve']);
});

test("--init executes the little init, which is given the program's full path", async () => {
  const made = await initSteps({ host: { Init: true }, config: { Cmd: ['sh', '-c', 'true'] } });
  assert.ok(made['init.mount-late']!.some((call) => /open_tree\(AT_FDCWD, ".*\/init"/.test(call)));
  assert.ok(
    made['init.execve']!.some((call) =>
      call.startsWith('stage.execve("/sbin/docker-init", ["/sbin/docker-init", "--", "/usr/bin/sh", "-c", "true"]'),
    ),
    made['init.execve']!.join('\n'),
  );
});

test("a bare name is looked for along the container's own PATH", async () => {
  const one = standIn({ config: { Cmd: ['tool'], Env: ['PATH=/a:/b:/c'] } });
  one.machine.image.plain.add('/b/tool');
  one.machine.image.absent.add('/a/tool');
  const made = await initSteps({}, one);
  assert.equal(made['init.find-program'], [
    'stage.statx(AT_FDCWD, "/a/tool", 0, 2, 256 bytes)',
    'stage.statx(AT_FDCWD, "/b/tool", 0, 2, 256 bytes)',
    'stage.faccessat2(AT_FDCWD, "/b/tool", 1, 0)',
  ]);
  assert.ok(made['init.execve']!.some((call) => call.startsWith('stage.execve("/b/tool", ["tool"]')));
});

test('the last call releases the shim, after nothing but the three standard descriptors and the socket is open', async () => {
  const { 'init.execve': made } = await initSteps();
  assert.equal(
    made!.map((call) => call.replace(/execve\(.*/, 'execve')),
    [
      'stage.umask(022)',
      'stage.prctl(PR_SET_PDEATHSIG, 0, 0, 0, 0)',
      'stage.close_range(4, 4294967295, 0)',
      'stage.execve',
      'shim.release()',
    ],
  );
});

test.run();
