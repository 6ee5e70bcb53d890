/** Archives a file or a directory of a container, for `docker cp` from it. */
import { closeSync } from 'node:fs';
import { posix } from 'node:path';
import { O } from '../../syscalls/constants.ts';
import { askCall } from '../../kernel/native-call.ts';
import { fileStat, isDirectory, namesOf, openDirectory } from '../../kernel/tree/file-stat.ts';
import type { Emit } from '../../image/layer/tar-writer.ts';
import { TarEntries } from '../tree/tar-entries.ts';
import { openIn } from './container-root.ts';
import type { PathInput } from './path-stat.ts';

export interface ReadInput extends Pick<PathInput, 'root' | 'path'> {
  /** the name that the last part of the path gets in the archive */
  as?: string;
}

/** More levels than a path can have. Each level holds a descriptor. */
const DEPTH_MOST = 1100;
const TURN = 256;
const SLASH = Buffer.from('/');
const NEXT = O.O_DIRECTORY | O.O_NOFOLLOW | O.O_CLOEXEC;
const STATFS_SIZE = 120;
/** proc, sysfs, devpts, mqueue, cgroup, cgroup2, debugfs, tracefs, securityfs, bpf: statfs(2), f_type. */
const KERNEL_OWN = new Set([
  0x9fa0, 0x62656572, 0x1cd1, 0x19800202, 0x27e0eb, 0x63677270, 0x64626720, 0x74726163, 0x73636673, 0xcafe4a11,
]);
/** Files of these are made by the kernel while they are read, and /proc/kcore has 128 TiB. */
const isKernelOwn = (fd: number): boolean => {
  const { ret, bytes } = askCall('fstatfs', fd, STATFS_SIZE);
  return ret >= 0 && KERNEL_OWN.has(bytes.readUInt32LE(0));
};

class Reading {
  #seen = 0;
  constructor(private readonly tar: TarEntries) {}

  async inside(fd: number, way: Buffer, dev: number, depth: number): Promise<void> {
    if (depth > DEPTH_MOST) throw new Error(`directories nested deeper than ${DEPTH_MOST} levels cannot be archived`);
    for (const { name } of namesOf(fd)) {
      const path = way.length ? Buffer.concat([way, SLASH, name]) : name;
      const stat = await this.tar.add(fd, name, path);
      if (++this.#seen % TURN === 0) await new Promise((resolve) => setImmediate(resolve));
      if (stat && isDirectory(stat)) await this.#enter(fd, name, path, dev, depth);
    }
  }

  async #enter(parent: number, name: Buffer, path: Buffer, dev: number, depth: number): Promise<void> {
    const fd = openDirectory(parent, name, NEXT);
    if (fd === undefined) return;
    try {
      const stat = fileStat(fd, '');
      if (!stat || (stat.dev !== dev && isKernelOwn(fd))) return;
      await this.inside(fd, path, stat.dev, depth + 1);
    } finally {
      closeSync(fd);
    }
  }
}

/**
 * The entries begin with `as`, or else with the last part of the path: `/a/d` gives `d/…`, `/a/d/.` gives `./…`. The
 * last part itself is not followed when it is a link. Throws SyscallError when there is no such file.
 */
export async function readArchive({ root, path, as }: ReadInput, emit: Emit): Promise<void> {
  const tar = new TarEntries(emit);
  const clean = path.replace(/(.)\/+$/, '$1');
  const base = as ?? (clean === '/' ? '' : posix.basename(clean));
  const fd = openIn(root, path, O.O_PATH | O.O_NOFOLLOW);
  try {
    const stat = fileStat(fd, '');
    if (stat && isDirectory(stat)) await readDirectory(root, path, base, tar);
    else await readFile(root, clean, base, tar);
  } finally {
    closeSync(fd);
  }
  await tar.end();
}

async function readDirectory(root: number, path: string, base: string, tar: TarEntries): Promise<void> {
  const fd = openIn(root, path, O.O_DIRECTORY);
  try {
    await tar.add(fd, Buffer.from('.'), Buffer.from(base || '.'));
    const dev = fileStat(fd, '')?.dev ?? 0;
    await new Reading(tar).inside(fd, Buffer.from(base), dev, 0);
  } finally {
    closeSync(fd);
  }
}

async function readFile(root: number, path: string, base: string, tar: TarEntries): Promise<void> {
  const parent = openIn(root, posix.dirname(path), O.O_PATH | O.O_DIRECTORY);
  try {
    await tar.add(parent, Buffer.from(posix.basename(path)), Buffer.from(base));
  } finally {
    closeSync(parent);
  }
}
