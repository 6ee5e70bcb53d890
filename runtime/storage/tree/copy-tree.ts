/** Copies layers into one tree: the root of a vfs container, or the content of a volume. */
import { closeSync } from 'node:fs';
import { AT_FDCWD, O, RESOLVE } from '../../syscalls/constants.ts';
import { openHow } from '../../kernel/mount/place.ts';
import { call } from '../../kernel/native-call.ts';
import { fileStat, type FileStat, isDirectory } from '../../kernel/tree/file-stat.ts';
import type { Whiteouts } from '../../image/layer/layer-writer.ts';
import { copyAttributes, copyEntry, setTimes } from './copy-entry.ts';
import { Merged } from './merged.ts';

export interface CopyInput {
  /** the layers' trees, the highest first */
  layers: readonly string[];
  whiteouts: Whiteouts;
  /** made by the job; it must not exist */
  target: string;
  /** shared with the calling thread: [entries copied so far, 1 to request a stop] */
  control?: SharedArrayBuffer;
}
export interface CopyResult {
  entries: number;
}

const DIRECTORY = O.O_DIRECTORY | O.O_NOFOLLOW | O.O_CLOEXEC;
const BENEATH = RESOLVE.RESOLVE_BENEATH | RESOLVE.RESOLVE_NO_SYMLINKS;
/**
 * More levels than a layer's path can have, which is at most 1024 components. Each level holds a descriptor for each
 * layer that has it.
 */
const DEPTH_MOST = 1100;
/** After this many entries other jobs of the thread run. */
const TURN = 256;
const SLASH = Buffer.from('/');

class Copying {
  entries = 0;
  readonly #shared: BigInt64Array;
  /** a file of a layer with several names → the path of its copy, and how many names are still to come */
  readonly #links = new Map<string, { path: Buffer; left: number }>();

  constructor(
    private readonly root: number,
    control: SharedArrayBuffer = new SharedArrayBuffer(16),
  ) {
    this.#shared = new BigInt64Array(control);
  }

  async directory(from: Merged, to: number, way: Buffer, depth = 0): Promise<void> {
    if (depth > DEPTH_MOST) throw new Error(`directories nested deeper than ${DEPTH_MOST} levels cannot be copied`);
    for (const { name, at, stat } of from.entries()) {
      await this.#turn();
      const path = way.length ? Buffer.concat([way, SLASH, name]) : name;
      if (isDirectory(stat)) await this.#nested(from.enter(name, at), to, name, path, depth);
      else this.#entry(from.fds[at]!, to, name, path, stat);
    }
    const top = from.fds[0];
    const stat = top === undefined ? undefined : fileStat(top, '');
    if (top === undefined || !stat) return;
    copyAttributes(top, to, stat);
    setTimes(to, stat);
  }

  async #nested(from: Merged, to: number, name: Buffer, path: Buffer, depth: number): Promise<void> {
    try {
      call('mkdirat', to, name, 0o700);
      const inside = call('openat', to, name, DIRECTORY, 0);
      try {
        await this.directory(from, inside, path, depth + 1);
      } finally {
        closeSync(inside);
      }
    } finally {
      from.close();
    }
  }

  #entry(from: number, to: number, name: Buffer, path: Buffer, stat: FileStat): void {
    if (stat.nlink < 2) return copyEntry(from, to, name, stat);
    const key = `${stat.dev}:${stat.ino}`;
    const first = this.#links.get(key);
    if (!first) {
      this.#links.set(key, { path, left: stat.nlink - 1 });
      return copyEntry(from, to, name, stat);
    }
    this.#link(first.path, to, name);
    if (!--first.left) this.#links.delete(key);
  }

  /** Links to a copy in the new tree. No process changes this tree yet, but links are not followed anyway. */
  #link(path: Buffer, to: number, name: Buffer): void {
    const at = path.lastIndexOf(SLASH);
    const parent = at < 0 ? Buffer.from('.') : path.subarray(0, at);
    const fd = call('openat2', this.root, parent, openHow(DIRECTORY, 0, BENEATH));
    try {
      call('linkat', fd, path.subarray(at + 1), to, name, 0);
    } finally {
      closeSync(fd);
    }
  }

  async #turn(): Promise<void> {
    Atomics.add(this.#shared, 0, 1n);
    if (++this.entries % TURN) return;
    if (Atomics.load(this.#shared, 1)) throw Object.assign(new Error('copying was cancelled'), { code: 'ABORT_ERR' });
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** Throws SyscallError when the kernel refuses a call, and ABORT_ERR. The caller must remove what was copied. */
export async function copyTree({ layers, whiteouts, target, control }: CopyInput): Promise<CopyResult> {
  call('mkdirat', AT_FDCWD, target, 0o755);
  const root = call('openat', AT_FDCWD, target, DIRECTORY, 0);
  const merged = Merged.roots(layers, whiteouts);
  try {
    const copying = new Copying(root, control);
    await copying.directory(merged, root, Buffer.alloc(0));
    return { entries: copying.entries };
  } finally {
    merged.close();
    closeSync(root);
  }
}
