/**
 * The directories of an overlay, and the kernel's rules to look a path up in them (overlayfs.rst, "Upper and lower",
 * "whiteouts and opaque directories"). The lowers do not change while a container uses them, so results for them are
 * cached.
 */
import { AT_FDCWD, O, S_IFDIR, S_IFMT } from '../../syscalls/constants.ts';
import { isWhiteout, statOf, withEntry, xattrOf, type Stat } from '../../kernel/mount/beneath.ts';
import type { Kernel } from '../../kernel/kernel.ts';

/** `digest` is the layer's diffID. */
export interface Lower {
  dir: string;
  digest: string;
}
export interface Tree {
  fd: number;
  digest: string;
}
/** The entry of one directory of the stack at a path. `opaque`: nothing below it is visible. */
export interface Found {
  stat: Stat;
  opaque: boolean;
}

/**
 * Only trusted.*, because the overlay is not mounted with `userxattr`, and every program may set user.overlay.opaque.
 */
export const OPAQUE = 'trusted.overlay.opaque';
const KEPT = 4096;
export const isDirectory = ({ mode }: Stat): boolean => (mode & S_IFMT) === S_IFDIR;
/** 'a/b' of 'a/b/c', '' of 'a'. */
export const parentOf = (path: Buffer): Buffer => path.subarray(0, Math.max(0, path.lastIndexOf(0x2f)));
/** 'a', 'a/b' of 'a/b/c'. */
export const waysTo = (path: Buffer): Buffer[] =>
  [...path.entries()].filter(([, byte]) => byte === 0x2f).map(([at]) => path.subarray(0, at));

export class Stack {
  readonly #merged = new Map<string, Promise<readonly number[]>>();
  private constructor(
    readonly k: Kernel,
    readonly upper: Tree | undefined,
    readonly lowers: readonly Tree[],
  ) {}

  /** `lowers`: the highest first. There is no upper when the container has none yet, or no longer has one. */
  static async open(k: Kernel, upper: string, lowers: readonly Lower[]): Promise<Stack> {
    const tree = async (dir: string, digest: string): Promise<Tree> => ({
      fd: await k.daemon.openat(AT_FDCWD, dir, O.O_PATH | O.O_DIRECTORY | O.O_CLOEXEC, 0),
      digest,
    });
    const opened: Tree[] = [];
    try {
      for (const { dir, digest } of lowers) opened.push(await tree(dir, digest));
      return new Stack(k, await tree(upper, 'upper').catch(() => undefined), opened);
    } catch (error) {
      for (const { fd } of opened) await k.daemon.close(fd);
      throw error;
    }
  }

  async close(): Promise<void> {
    for (const { fd } of [...(this.upper ? [this.upper] : []), ...this.lowers]) await this.k.daemon.close(fd);
  }

  at(tree: Tree, path: Buffer): Promise<Found | undefined> {
    return withEntry(this.k, tree.fd, path, O.O_PATH, async (fd) => {
      const stat = await statOf(this.k, fd);
      return { stat, opaque: isDirectory(stat) && (await xattrOf(this.k, fd, OPAQUE))?.toString() === 'y' };
    });
  }

  /** The lowers whose directories at `path` are merged into one, without upper. */
  merged(path: Buffer): Promise<readonly number[]> {
    if (!path.length) return Promise.resolve(this.lowers.map((_, j) => j));
    const key = path.toString('latin1');
    const kept = this.#merged.get(key);
    if (kept) return kept;
    if (this.#merged.size >= KEPT) this.#merged.clear();
    const found = this.#merge(path);
    this.#merged.set(key, found);
    return found;
  }

  async #merge(path: Buffer): Promise<readonly number[]> {
    const found: number[] = [];
    for (const j of await this.merged(parentOf(path))) {
      const here = await this.at(this.lowers[j]!, path);
      if (!here) continue;
      if (!isDirectory(here.stat)) break;
      found.push(j);
      if (here.opaque) break;
    }
    return found;
  }

  /**
   * The entry that the lookup would find if upper had none. Undefined when no lower has the path, or the first lower
   * that has it has a whiteout.
   */
  async below(path: Buffer): Promise<(Found & { tree: Tree }) | undefined> {
    if (await this.isCut(path)) return undefined;
    for (const j of await this.merged(parentOf(path))) {
      const tree = this.lowers[j]!;
      const here = await this.at(tree, path);
      if (here) return isWhiteout(here.stat) ? undefined : { ...here, tree };
    }
    return undefined;
  }

  /** The entry that the container sees at `path`: upper's, or that of the first lower. */
  async visible(path: Buffer): Promise<(Found & { tree: Tree }) | undefined> {
    const above = this.upper && (await this.at(this.upper, path));
    if (this.upper && above) return isWhiteout(above.stat) ? undefined : { ...above, tree: this.upper };
    return this.below(path);
  }

  /**
   * True when upper hides all lowers at `path`: a directory on the way is opaque in upper, or is no directory there.
   */
  async isCut(path: Buffer): Promise<boolean> {
    for (const way of waysTo(path)) {
      const here = this.upper && (await this.at(this.upper, way));
      if (here && (here.opaque || !isDirectory(here.stat))) return true;
    }
    return false;
  }
}
