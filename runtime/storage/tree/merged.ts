/**
 * Reads one directory of several trees as one: OCI image spec, "Image Layer Filesystem Changeset"; overlayfs.rst,
 * "whiteouts and opaque directories". Nothing is mounted, and no link is followed.
 */
import { O, S_IFCHR, S_IFMT } from '../../syscalls/constants.ts';
import { descriptorPath } from '../../kernel/mount/in-root.ts';
import { askCall, tryCall } from '../../kernel/native-call.ts';
import { fileStat, type FileStat, isDirectory, namesOf, openDirectory } from '../../kernel/tree/file-stat.ts';
import type { Whiteouts } from '../../image/layer/layer-writer.ts';
import { OPAQUE_MARK, WHITEOUT } from '../../image/layer/whiteout-names.ts';
import { OPAQUE } from '../../image/layer/xattr.ts';

const FLAGS = O.O_DIRECTORY | O.O_NOFOLLOW | O.O_CLOEXEC;
const AT_FDCWD = -100;
const NAME_MAX = 255;
const prefix = Buffer.from(WHITEOUT);

/** How a tree marks that an entry of a tree below it is removed. */
interface Notation {
  /** true for an entry that is only a mark */
  isMark(name: Buffer): boolean;
  /** true when the entry at a name means that the name is removed */
  isWhiteout(stat: FileStat): boolean;
  /** for a name without an entry: whether it is removed */
  takesAway(fd: number, name: Buffer): boolean;
  isOpaque(fd: number): boolean;
}

/** overlayfs.rst: a character device 0:0. */
export const isWhiteoutDevice = ({ mode, rdev }: FileStat): boolean =>
  (mode & S_IFMT) === S_IFCHR && rdev.major === 0 && rdev.minor === 0;

function isOpaquePath(path: string | Buffer): boolean {
  const { ret, bytes } = askCall('lgetxattr', path, OPAQUE, 16);
  return ret === 1 && bytes[0] === 0x79;
}
/** Whether overlayfs shows nothing of the lower directories in this one. */
export const isOpaqueDirectory = (fd: number): boolean => isOpaquePath(`${descriptorPath(fd)}/.`);
export const isOpaqueAt = (fd: number, name: Buffer): boolean =>
  isOpaquePath(Buffer.concat([Buffer.from(`${descriptorPath(fd)}/`), name]));

const notations: Readonly<Record<Whiteouts, Notation>> = {
  overlayfs: {
    isMark: () => false,
    isWhiteout: isWhiteoutDevice,
    takesAway: () => false,
    isOpaque: isOpaqueDirectory,
  },
  files: {
    isMark: (name) => name.subarray(0, prefix.length).equals(prefix),
    isWhiteout: () => false,
    takesAway: (fd, name) =>
      name.length + prefix.length <= NAME_MAX && fileStat(fd, Buffer.concat([prefix, name])) !== undefined,
    isOpaque: (fd) => fileStat(fd, OPAQUE_MARK) !== undefined,
  },
};

export interface Visible {
  /** index of the tree that has the entry; 0 is the highest */
  at: number;
  stat: FileStat;
}

export class Merged {
  private constructor(
    /** the highest first */
    readonly fds: readonly number[],
    private readonly notation: Notation,
  ) {}

  /** `paths` are the trees, the highest first. Trees that do not exist are left out. */
  static roots(paths: readonly string[], whiteouts: Whiteouts): Merged {
    return Merged.#open(paths, notations[whiteouts], (path) => openDirectory(AT_FDCWD, path, FLAGS));
  }

  static #open<T>(from: readonly T[], notation: Notation, open: (one: T) => number | undefined): Merged {
    const fds: number[] = [];
    for (const one of from) {
      const fd = open(one);
      if (fd === undefined) continue;
      fds.push(fd);
      if (notation.isOpaque(fd)) break;
    }
    return new Merged(fds, notation);
  }

  close(): void {
    for (const fd of this.fds) tryCall('close', fd);
  }

  /** The visible entry of this name. Undefined when no tree has it, or a tree removes it. */
  find(name: Buffer): Visible | undefined {
    for (const [at, fd] of this.fds.entries()) {
      const stat = fileStat(fd, name);
      if (stat) return this.notation.isWhiteout(stat) ? undefined : { at, stat };
      if (at < this.fds.length - 1 && this.notation.takesAway(fd, name)) return undefined;
    }
    return undefined;
  }

  /** Each visible entry once, with its name. */
  *entries(): Generator<{ name: Buffer } & Visible> {
    for (const [at, fd] of this.fds.entries()) {
      for (const { name } of namesOf(fd)) {
        if (this.notation.isMark(name)) continue;
        const found = this.find(name);
        if (found?.at === at) yield { name, ...found };
      }
    }
  }

  /** The directories of that name, from tree `from` down to the first tree that has another kind of entry there. */
  enter(name: Buffer, from = 0): Merged {
    const having: number[] = [];
    for (const fd of this.fds.slice(from)) {
      const stat = fileStat(fd, name);
      if (stat && !isDirectory(stat)) break;
      if (stat) having.push(fd);
      else if (this.notation.takesAway(fd, name)) break;
    }
    return Merged.#open(having, this.notation, (fd) => openDirectory(fd, name, FLAGS));
  }
}
