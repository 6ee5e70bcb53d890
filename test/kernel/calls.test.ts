import * as assert from 'uvu/assert';
import { callsOf, showCall, type Call } from '../../runtime/syscalls/calls.ts';
import { CLONE, MS, O, TTY } from '../../runtime/syscalls/constants.ts';
import { flags, syscalls } from '../../runtime/syscalls/syscalls.ts';
import { suite } from '../harness.ts';

const test = suite('calls as strace shows them');

for (const [name, args, shown] of [
  [
    'mount',
    ['proc', '/proc', 'proc', MS.MS_NOSUID | MS.MS_NODEV, null],
    'mount("proc", "/proc", "proc", MS_NOSUID|MS_NODEV, NULL)',
  ],
  ['openat', [-100, '/etc/passwd', O.O_CLOEXEC, 0], 'openat(AT_FDCWD, "/etc/passwd", O_RDONLY|O_CLOEXEC, 00)'],
  ['openat', [5, 'x', O.O_WRONLY | O.O_CREAT, 0o644], 'openat(5, "x", O_WRONLY|O_CREAT, 0644)'],
  ['openat', [5, 'x', O.O_RDWR, 0], 'openat(5, "x", O_RDWR, 00)'],
  ['unshare', [CLONE.CLONE_NEWNS | CLONE.CLONE_NEWUTS], 'unshare(CLONE_NEWNS|CLONE_NEWUTS)'],
  ['unshare', [0], 'unshare(0)'],
  ['ioctl', [3, TTY.TIOCSCTTY, 0], 'ioctl(3, TIOCSCTTY, 0)'],
  ['ioctl', [3, 0x1234, 0], 'ioctl(3, 4660, 0)'],
  ['ioctl_in', [3, TTY.TIOCSWINSZ, Buffer.alloc(8)], 'ioctl(3, TIOCSWINSZ, {8 bytes})'],
  ['read_file', ['/etc/group', 100], 'read("/etc/group", 100 bytes)'],
  ['write_file', ['/x', 0, 0, 'data'], 'write("/x", 0, 00, "data")'],
  ['clone3_stage', [CLONE.CLONE_NEWPID, 1, -1], 'clone3(CLONE_NEWPID, 1, -1)'],
  ['execve', ['/bin/sh', ['sh', '-c', 'a "b"'], ['A=1']], 'execve("/bin/sh", ["sh", "-c", "a \\"b\\""], ["A=1"])'],
  ['sethostname', ['h\n'], 'sethostname("h\\n")'],
  ['symlinkat', ['t', -100, 'l'], 'symlinkat("t", AT_FDCWD, "l")'],
  ['fchownat', [3, '', 0, -1, 0x1000], 'fchownat(3, "", 0, -1, AT_EMPTY_PATH)'],
] as const) {
  test(`a call is shown as ${shown}`, () => assert.is(showCall(name, args), shown));
}

test('a note says what bytes or a descriptor mean', () => {
  assert.is(showCall('pivot_root', ['.', '.'], 'rootfs'), 'pivot_root(".", ".") /* rootfs */');
});

test('what a journal kept of bytes is shown like the bytes', () => {
  assert.is(showCall('seccomp', [1, 0, { hex: '00', length: 3592 }]), 'seccomp(1, 0, {3592 bytes})');
});

test('a long text is cut, and a name that is not known is shown as it is', () => {
  const shown = showCall('write_file', ['/x', 0, 0, 'y'.repeat(5000)]);
  assert.ok(shown.length < 400 && shown.endsWith('…")'), String(shown.length));
  assert.is(showCall('fetch', ['GET', 'https://x/']), 'fetch("GET", "https://x/")');
});

test('flags that have no name stay hexadecimal, also the highest bit', () => {
  const show = flags({ A: 1, B: 2 });
  assert.equal([0, 1, 3, 7, 4].map(show), ['0', 'A', 'A|B', 'A|B|0x4', '0x4']);
  assert.is(show(-2147483648 | 1), 'A|0x80000000');
});

test('every call is a method of its actor, answers with bytes where it gives bytes, and hands on what fails', async () => {
  const made: Call[] = [];
  const calls = callsOf('stage', async (call) => {
    made.push(call);
    if (call.name === 'umask') throw new Error('no');
    return { ret: 3, out: Buffer.from('abc') };
  });
  assert.equal(
    Object.keys(syscalls).filter((name) => typeof (calls as unknown as Record<string, unknown>)[name] !== 'function'),
    [],
  );
  assert.equal(
    [await calls.getpid(), await calls.read_file('/x', 10), await calls.close(4)],
    [3, Buffer.from('abc'), 3],
  );
  assert.equal(made[2], { actor: 'stage', name: 'close', args: [4], source: undefined });
  assert.match(String(await calls.umask(0).catch((error: unknown) => error)), 'no');
});

test('every operation names its manual page', () => {
  for (const [name, { man }] of Object.entries(syscalls)) assert.match(man, /^[a-z0-9_]+\([27]\)$/, name);
});

test.run();
