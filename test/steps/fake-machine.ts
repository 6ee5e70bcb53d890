/**
 * A machine in memory for the recording kernel: descriptors, directories, shims. It fails calls that a real kernel
 * would fail; its final content shows what a run left behind.
 */
import { constants } from 'node:os';
import { AT, O } from '../../runtime/syscalls/constants.ts';
import { SyscallError } from '../../runtime/kernel/errors.ts';
import type { Call } from '../../runtime/syscalls/calls.ts';
import type { RecordingKernel, RecordingOptions } from '../../runtime/kernel/recording.ts';

export interface FakeShim {
  pid: number;
  control: number;
  alive: boolean;
  released: boolean;
  reaped: boolean;
}
export interface FakeMachine {
  /** the daemon's open descriptors and what they refer to; the stage's end together with the stage */
  open: Map<number, string>;
  /** descriptors that were closed although they were not open: another open file could have had the number */
  closedTwice: string[];
  files: Map<string, 'directory' | 'file'>;
  shims: FakeShim[];
  /** contents of files in the image, paths that are files, and paths that do not exist */
  image: { contents: Record<string, string>; plain: Set<string>; absent: Set<string> };
  answers: NonNullable<RecordingOptions['answers']>;
}

/** struct statx: u16 stx_mode is at offset 28, u64 stx_ino at 32, the device numbers at 128 and 132. */
function statxOf(mode: number, ino = 7, [major, minor]: readonly [number, number] = [0, 0]): Buffer {
  const stat = Buffer.alloc(256);
  stat.writeUInt16LE(mode, 28);
  stat.writeBigUInt64LE(BigInt(ino), 32);
  stat.writeUInt32LE(major, 128);
  stat.writeUInt32LE(minor, 132);
  return stat;
}
/** The contents of the kernel's own files, by their paths in the container. */
const special: Record<string, Buffer> = {
  '/proc': statxOf(0o040555, 1),
  '/dev/null': statxOf(0o020666, 7, [1, 3]),
  '/dev/pts/ptmx': statxOf(0o020666, 2, [5, 2]),
};
const magics: Record<string, number> = { '/proc': 0x9fa0, '/sys': 0x62656572, '/dev/pts/ptmx': 0x1cd1 };
function statfsOf(path: string): Buffer {
  const statfs = Buffer.alloc(120);
  statfs.writeUInt32LE(magics[path] ?? 0x01021994, 0);
  return statfs;
}
const fail = (call: Call, code: 'ENOENT' | 'EEXIST' | 'EBADF' | 'ENOTEMPTY'): never => {
  throw new SyscallError(call.name, constants.errno[code], call.name, call.actor);
};
const parentOf = (path: string) => path.slice(0, path.lastIndexOf('/'));

/** `directories` and their parents exist at the start; all other paths belong to the host and exist. */
export function fakeMachine(directories: readonly string[]): FakeMachine {
  const open = new Map<number, string>();
  const closedTwice: string[] = [];
  const files = new Map<string, 'directory' | 'file'>();
  const shims: FakeShim[] = [];
  const image = { contents: {} as Record<string, string>, plain: new Set<string>(), absent: new Set<string>() };
  const pidOf = new Map<number, number>();
  const pairs: number[] = [];
  let descriptor = 20;
  let pid = 5_000_000; // above the highest real pid, so that /proc has no such process
  for (const path of directories) for (let at = path; at; at = parentOf(at)) files.set(at, 'directory');

  const managed = (path: string) => directories.some((dir) => path.startsWith(`${dir}/`));
  const exists = (path: string) => !managed(path) || files.has(path);
  const text = (call: Call, position: number) => String(call.args[position]);
  const opened = (what: string) => {
    open.set(++descriptor, what);
    return descriptor;
  };
  const below = (dir: string) => [...files.keys()].filter((path) => path.startsWith(`${dir}/`));
  const create = (call: Call, path: string, kind: 'directory' | 'file') => {
    if (!exists(parentOf(path))) return fail(call, 'ENOENT');
    if (managed(path)) files.set(path, kind);
    return 0;
  };
  const openFile = (call: Call) => {
    const path = text(call, 1);
    if (Number(call.args[2]) & O.O_CREAT) create(call, path, 'file');
    return exists(path) ? opened(path) : fail(call, 'ENOENT');
  };
  const close = (call: Call) => {
    const fd = Number(call.args[0]);
    if (!open.delete(fd)) {
      closedTwice.push(`${fd}`);
      return fail(call, 'EBADF');
    }
    // The shim reads the end of file: before its release it then ends itself and its child (native/shim.c).
    for (const shim of shims) if (shim.control === fd && !shim.released) shim.alive = false;
    return 0;
  };
  const wait = ({ args: [type, id] }: Call) => {
    const shim = shims.find((s) => s.pid === (type === 3 ? pidOf.get(Number(id)) : Number(id)));
    if (!shim) throw new Error(`waitid(${String(type)}, ${String(id)}) of nobody`);
    if (shim.alive) throw new Error('waitid(2) of a shim that lives: the daemon would stand still');
    shim.reaped = true;
    return Buffer.alloc(128);
  };
  const last = () => shims[shims.length - 1]!;
  /** the stage's descriptors from openat2(2), by their paths in the container; any other is its root */
  const inside = new Map<number, string>();
  let insideNext = 300;
  const pathOf = ({ args: [from, path] }: Call) =>
    `${inside.get(Number(from)) ?? ''}/${String(path)}`.replace(/\/+(\.?$)?/g, '/').replace(/(.)\/$/, '$1');
  const openInside = (call: Call) => {
    const path = pathOf(call);
    if (image.absent.has(path)) return fail(call, 'ENOENT');
    inside.set(++insideNext, path);
    return insideNext;
  };
  const statInside = (call: Call) => {
    const path = call.args[1] === '' ? (inside.get(Number(call.args[0])) ?? '') : text(call, 1);
    if (image.absent.has(path)) return fail(call, 'ENOENT');
    return special[path] ?? statxOf(image.plain.has(path) ? 0o100755 : 0o040755);
  };

  const answers: FakeMachine['answers'] = {
    'daemon.openat': openFile,
    'daemon.socket': () => opened('socket'),
    'daemon.socketpair': () => {
      const pair = Buffer.alloc(8);
      const ours = opened('our end');
      pair.writeInt32LE(ours, 0);
      pair.writeInt32LE(opened('their end'), 4);
      pairs.push(ours);
      return pair;
    },
    'daemon.pidfd_open': ({ args }) => {
      const fd = opened(`pidfd of ${String(args[0])}`);
      pidOf.set(fd, Number(args[0]));
      return fd;
    },
    'daemon.pidfd_getfd': () => opened('a file of the stage'),
    'daemon.close': close,
    'daemon.mkdirat': (call) =>
      managed(text(call, 1)) && files.has(text(call, 1))
        ? fail(call, 'EEXIST')
        : create(call, text(call, 1), 'directory'),
    'daemon.unlinkat': (call) => {
      const path = text(call, 1);
      if (!files.has(path)) return fail(call, 'ENOENT');
      if (Number(call.args[2]) & AT.AT_REMOVEDIR && below(path).length) return fail(call, 'ENOTEMPTY');
      files.delete(path);
      return 0;
    },
    'daemon.bind': (call) => create(call, (call.args[1] as Buffer).subarray(2, -1).toString(), 'file'),
    'daemon.kill': ({ args }) => {
      for (const shim of shims) if (shim.pid === args[0]) shim.alive = false;
      return 0;
    },
    'daemon.waitid': wait,
    'daemon.write_file': (call) =>
      Number(call.args[1]) & O.O_CREAT
        ? create(call, text(call, 0), 'file')
        : exists(parentOf(text(call, 0)))
          ? 0
          : fail(call, 'ENOENT'),
    'stage.write_file': (call) => (exists(parentOf(text(call, 0))) ? 0 : fail(call, 'ENOENT')),
    'daemon.read_file': (call) =>
      exists(parentOf(text(call, 0)))
        ? Buffer.from(/freezer\.state$/.test(text(call, 0)) ? 'THAWED' : '0')
        : fail(call, 'ENOENT'),
    'daemon.removeTree': (call) => {
      for (const path of [...below(text(call, 0)), text(call, 0)]) files.delete(path);
      return 0;
    },
    'daemon.spawnShim': () => {
      shims.push({ pid: ++pid, control: pairs.at(-2)!, alive: true, released: false, reaped: false });
      return pid;
    },
    'daemon.executable': () => 7,
    'shim.clone3_stage': () => ++pid,
    'stage.clone_sibling': () => ++pid,
    'shim.release': () => {
      last().released = true;
      return 0;
    },
    'stage.openat2': openInside,
    'stage.statx': statInside,
    'stage.fstatfs': ({ args }) => statfsOf(inside.get(Number(args[0])) ?? ''),
    'stage.getcwd': Buffer.from('/w\0'),
    'stage.read_file': (call) => Buffer.from(image.contents[text(call, 0)] ?? fail(call, 'ENOENT')),
  };
  return { open, closedTwice, files, shims, image, answers };
}

/** A close(2) that fails with EIO has freed the descriptor: close(2), "Dealing with error returns from close()". */
export function noteFailedClose(machine: FakeMachine, k: RecordingKernel, at: number): void {
  const call = k.raw[at];
  if (call?.actor !== 'daemon' || call.name !== 'close') return;
  machine.open.delete(Number(call.args[0]));
  for (const shim of machine.shims) if (shim.control === call.args[0] && !shim.released) shim.alive = false;
}
