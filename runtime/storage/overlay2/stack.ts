/**
 * The directories that an overlay is made of, and the kernel's own way of looking a path up in them (overlayfs.rst,
 * "Upper and lower",
 * "whiteouts and opaque directories"). The lowers do not change while a container stands on them, so what was found in
 * them is kept.
 */
import { AT_FDCWD, O, S_IFDIR, S_IFMT } from '../../syscalls/constants.ts';
import { isWhiteout, statOf, withEntry, xattrOf, type Stat } from '../../kernel/mount/beneath.ts';
import type { Kernel } from '../../kernel/kernel.ts';

/** `digest`: the layer's diffID. */
export interface Lower {
  dir: string;
  digest: string;
}
export interface Tree {
  fd: number;
  digest: string;
}
/** What one directory of the stack has at a path. `opaque`: nothing below shows through. */
export interface Found {
  stat: Stat;
  opaque: boolean;
}

/** Only trusted.*: the overlay is not mounted with `userxattr`, and a user.overlay.opaque is any program's to set. */
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

  /** `lowers` highest first. Without upper when the container has none yet, or no more. */
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

  /** Which lowers' directories at `path` are merged into one, upper left aside. */
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
   * Where the lookup would stop if upper had nothing there: undefined where no lower has it, or the first to speak has
   * a whiteout.
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

  /** What the container sees at `path`: upper's, or the first lower's. */
  async visible(path: Buffer): Promise<(Found & { tree: Tree }) | undefined> {
    const above = this.upper && (await this.at(this.upper, path));
    if (this.upper && above) return isWhiteout(above.stat) ? undefined : { ...above, tree: this.upper };
    return this.below(path);
  }

  /**
   * Whether upper lets nothing below show through at `path`: a directory on the way is opaque, or is no directory
   * there.
   */
  async isCut(path: Buffer): Promise<boolean> {
    for (const way of waysTo(path)) {
      const here = this.upper && (await this.at(this.upper, way));
      if (here && (here.opaque || !isDirectory(here.stat))) return true;
    }
    return false;
  }
}
