import * as assert from 'uvu/assert';
import { AT_FDCWD, MOUNT_ATTR, MS, O, RESOLVE } from '../../runtime/syscalls/constants.ts';
import { SyscallError } from '../../runtime/kernel/errors.ts';
import type { Call } from '../../runtime/syscalls/calls.ts';
import { makeReadonly } from '../../runtime/kernel/mount/cover.ts';
import { ensurePath, openPath } from '../../runtime/kernel/mount/in-root.ts';
import { mountBinds, mountNew } from '../../runtime/kernel/mount/mount.ts';
import { mountAttr, parseOptions } from '../../runtime/kernel/mount/options.ts';
import { BENEATH, inRoot, openHow } from '../../runtime/kernel/mount/place.ts';
import { mountOverlay } from '../../runtime/kernel/mount/overlay.ts';
import { recordingKernel, type RecordingOptions } from '../../runtime/kernel/recording.ts';
import { suite } from '../harness.ts';

const test = suite('mounting into a root that somebody else filled');
const ROOT = 9;
const stat = (mode: number) => {
  const bytes = Buffer.alloc(256);
  bytes.writeUInt16LE(mode, 28);
  return bytes;
};
const fail = (call: Call, errno: number): never => {
  throw new SyscallError(call.name, errno, call.name, call.actor);
};

/** A root in which only `there` exists; mkdirat and O_CREAT add to it. */
function rootWith(there: readonly string[] = [], mode = 0o041777, answers: RecordingOptions['answers'] = {}) {
  const paths = new Set(there);
  const open = new Map<number, string>();
  let fd = 20;
  const opened = (path: string) => (open.set(++fd, path), fd);
  const made: string[] = [];
  const below = (call: Call, position: number) =>
    `${open.get(Number(call.args[position])) ?? ''}/${String(call.args[position + 1])}`.replace(/^\/+/, '');
  const k = recordingKernel({
    answers: {
      openat2: (call) => {
        const path = call.args[1] === '.' ? (open.get(Number(call.args[0])) ?? '') : below(call, 0);
        return !path || paths.has(path) ? opened(path) : fail(call, 2);
      },
      mkdirat: (call) => (made.push(`directory ${below(call, 0)}`), paths.add(below(call, 0)), 0),
      openat: (call) => (made.push(`file ${below(call, 0)}`), paths.add(below(call, 0)), opened(below(call, 0))),
      statx: stat(mode),
      open_tree: () => opened('tree'),
      fsopen: () => opened('fs'),
      fsmount: () => opened('mount'),
      close: ({ args }) => (
        open.delete(Number(args[0])) ? 0 : assert.unreachable(`${String(args[0])} was not open`),
        0
      ),
      ...answers,
    },
  });
  return { k, open, made };
}

test('every path is resolved below the root, links and all', async () => {
  const { k } = rootWith(['etc/passwd']);
  await openPath(k, inRoot(ROOT, '/etc/passwd'));
  const { args } = k.raw[0]!;
  const how = args[2] as Buffer;
  assert.equal([args[0], args[1]], [ROOT, 'etc/passwd']);
  assert.equal(
    [Number(how.readBigUInt64LE(0)), Number(how.readBigUInt64LE(16))],
    [O.O_PATH | O.O_CLOEXEC, RESOLVE.RESOLVE_IN_ROOT | RESOLVE.RESOLVE_NO_MAGICLINKS],
  );
});

test('the root itself is a dot, and after pivot_root paths are absolute', async () => {
  const { k } = rootWith(['etc']);
  await openPath(k, inRoot(ROOT, '/'));
  await openPath(k, inRoot(AT_FDCWD, '/etc'));
  assert.equal(
    k.raw.map(({ args }) => args[1]),
    ['.', '/etc'],
  );
});

test('struct open_how is three 64-bit words', () => {
  const how = openHow(1, 2, 4);
  assert.equal([how.length, how.readBigUInt64LE(0), how.readBigUInt64LE(8), how.readBigUInt64LE(16)], [24, 1n, 2n, 4n]);
});

test('a mount point that is not there is made with all above it, and nothing else stays open', async () => {
  for (const [kind, want] of [
    ['directory', ['directory a', 'directory a/b', 'directory a/b/c']],
    ['file', ['directory a', 'directory a/b', 'file a/b/c']],
  ] as const) {
    const { k, open, made } = rootWith();
    const fd = await ensurePath(k, inRoot(ROOT, '/a/b/c'), kind);
    assert.equal([made, [...open]], [[...want], [[fd, 'a/b/c']]]);
  }
});

test('a file made as a mount point is made new: a link that an image left there is not followed', async () => {
  const { k } = rootWith();
  await ensurePath(k, inRoot(ROOT, '/f'), 'file');
  const flags = Number(k.raw.find(({ name }) => name === 'openat')!.args[2]);
  assert.is(flags & (O.O_CREAT | O.O_EXCL | O.O_NOFOLLOW), O.O_CREAT | O.O_EXCL | O.O_NOFOLLOW);
});

test('an error other than absence is thrown on, and nothing is made', async () => {
  const k = recordingKernel({ fail: { at: 0, errno: 'ELOOP' } });
  assert.match(String(await ensurePath(k, inRoot(ROOT, '/a'), 'directory').catch((error: unknown) => error)), 'ELOOP');
  assert.is(k.calls.length, 1);
});

test('a new file system is mounted through its descriptor, never by a path of the image', async () => {
  const { k, open } = rootWith(['proc']);
  await mountNew(k, inRoot(ROOT, '/proc'), {
    destination: '/proc',
    type: 'proc',
    source: 'proc',
    options: ['nosuid', 'noexec', 'hidepid=2'],
  });
  const { args, note } = k.raw.find(({ name }) => name === 'mount')!;
  assert.equal([args, note], [['proc', '/proc/self/fd/21', 'proc', MS.MS_NOSUID | MS.MS_NOEXEC, 'hidepid=2'], '/proc']);
  assert.equal([...open], []);
});

test('a tmpfs without a mode takes that of the directory it hides, one with a mode keeps it', async () => {
  for (const [options, want] of [
    [['size=1m'], 'size=1m,mode=1777'],
    [[], 'mode=1777'],
    [['mode=700'], 'mode=700'],
  ] as const) {
    const { k } = rootWith(['t']);
    await mountNew(k, inRoot(ROOT, '/t'), { destination: '/t', type: 'tmpfs', source: 'tmpfs', options: [...options] });
    assert.is(k.raw.find(({ name }) => name === 'mount')!.args[4], want);
  }
});

test('a bind takes the tree, gives it its flags, and only then puts it in place', async () => {
  const { k, open } = rootWith(['data']);
  await mountBinds(k, [
    [
      { destination: '/data', type: 'bind', source: '/host', options: ['rbind', 'rprivate', 'rro'] },
      inRoot(ROOT, '/data'),
    ],
  ]);
  assert.equal(
    k.raw.map(({ actor, name }) => `${actor}.${name}`),
    [
      'stage.open_tree',
      'stage.statx',
      'stage.openat2',
      'stage.mount_setattr',
      'stage.move_mount',
      'stage.close',
      'stage.close',
    ],
  );
  const attr = k.raw[3]!.args[3] as Buffer;
  assert.equal(
    [attr.readBigUInt64LE(0), attr.readBigUInt64LE(8), attr.readBigUInt64LE(16)],
    [BigInt(MOUNT_ATTR.MOUNT_ATTR_RDONLY), 0n, BigInt(MS.MS_PRIVATE)],
  );
  assert.equal([...open], []);
});

test('a bind of a file is put on a file', async () => {
  const { k, made } = rootWith([], 0o100644);
  await mountBinds(k, [
    [{ destination: '/d/f', type: 'bind', source: '/host/f', options: ['bind'] }, inRoot(ROOT, '/d/f')],
  ]);
  assert.equal(made, ['directory d', 'file d/f']);
});

test('a path is covered by a tree with more flags', async () => {
  const { k } = rootWith(['sys']);
  await makeReadonly(k, [['/proc/sys', { from: ROOT, path: 'sys', resolve: BENEATH }]], 7);
  assert.is(
    (k.raw.find(({ name }) => name === 'mount_setattr')!.args[3] as Buffer).readBigUInt64LE(0),
    BigInt(MOUNT_ATTR.MOUNT_ATTR_RDONLY),
  );
  assert.is(k.raw.find(({ name }) => name === 'move_mount')!.note, '/proc/sys');
  assert.equal(k.raw.at(-1)!.args.slice(0, 2), [8, 0xffffffff], 'and what was opened for it is closed');
});

test('options are words: the last of a pair counts, propagation is apart, the rest is for the file system', () => {
  assert.equal(parseOptions(['ro', 'nosuid', 'rw', 'noexec', 'size=1m', 'rslave', 'defaults', 'mode=755']), {
    flags: MS.MS_NOSUID | MS.MS_NOEXEC,
    below: 0,
    propagation: MS.MS_SLAVE | MS.MS_REC,
    data: 'size=1m,mode=755',
  });
  assert.equal(parseOptions([]), { flags: 0, below: 0, propagation: 0, data: '' });
  assert.is(parseOptions(['rbind', 'z', 'Z', 'nocopy']).flags, MS.MS_BIND | MS.MS_REC);
});

test('of mount flags only those are attributes that a mount of its own can have', () => {
  const attr = mountAttr(MS.MS_RDONLY | MS.MS_NODEV | MS.MS_BIND | MS.MS_REC, MS.MS_SLAVE | MS.MS_REC);
  assert.equal(
    [attr.length, attr.readBigUInt64LE(0), attr.readBigUInt64LE(16)],
    [32, BigInt(MOUNT_ATTR.MOUNT_ATTR_RDONLY | MOUNT_ATTR.MOUNT_ATTR_NODEV), BigInt(MS.MS_SLAVE)],
  );
});

const overlay = {
  lowerdirs: ['/l/b', '/l/a'],
  upper: { upperdir: '/u', workdir: '/w' },
  target: '/m',
  shorts: ['/s/2', '/s/1'],
};

test('a failed overlay leaves no file system open', async () => {
  const { k, open } = rootWith([], 0o041777, { fsmount: (call) => fail(call, 12) });
  assert.match(String(await mountOverlay(k, overlay).catch((error: unknown) => error)), 'ENOMEM');
  assert.equal([...open], []);
});

for (const errno of ['EINVAL', 'ENOSYS', 'E2BIG']) {
  test(`a kernel that says ${errno} to a layer gets them all in one string`, async () => {
    const k = recordingKernel({ fail: { at: errno === 'ENOSYS' ? 'fsopen' : 'fsconfig', errno } });
    await mountOverlay(k, overlay);
    assert.ok(
      k.calls.includes('stage.mount("overlay", "/m", "overlay", 0, "lowerdir=2:1,upperdir=/u,workdir=/w")'),
      k.calls.join('\n'),
    );
  });
}

test.run();
