/**
 * Compares a container's tree with the layers that it was copied from. A copy keeps owner, mode and time of its
 * original, so an entry with the same values has not been changed. dockerd compares the same values
 * (archive.ChangesDirs).
 */
import { walkTree, type Directory, type Found } from '../../kernel/tree/walk.ts';
import { fileStat, type FileStat, isDirectory } from '../../kernel/tree/file-stat.ts';
import { Merged } from '../tree/merged.ts';
import { Report, type Changed, type Visitor } from '../tree/report.ts';

export interface CompareInput {
  /** the container's own tree */
  tree: string;
  /** the layers' trees, the highest first */
  layers: readonly string[];
  mountPoints: readonly string[];
}

/** Size and time of a directory are not compared, because they change with its content, which is compared itself. */
function differs(one: FileStat, other: FileStat): boolean {
  if (one.mode !== other.mode || one.uid !== other.uid || one.gid !== other.gid) return true;
  if (one.rdev.major !== other.rdev.major || one.rdev.minor !== other.rdev.minor) return true;
  if (isDirectory(one)) return false;
  return one.size !== other.size || one.mtime.sec !== other.mtime.sec || one.mtime.nsec !== other.mtime.nsec;
}

class Comparison {
  readonly #layers = new Map<Directory, Merged>();
  readonly #report: Report;

  constructor(
    private readonly input: CompareInput,
    visitor: Visitor,
  ) {
    this.#report = new Report(input.mountPoints, visitor);
  }

  run(): Promise<void> {
    return walkTree(this.input.tree, {
      entry: (found) => this.#entry(found),
      skip: ({ path }) => this.#report.isMountPoint(path),
      enter: (directory, name) => this.#enter(directory, name),
      leave: (directory) => {
        this.#layers.get(directory)?.close();
        this.#layers.delete(directory);
        this.#report.left(directory);
      },
    });
  }

  #entry(found: Found): void | Promise<void> {
    const { path, name, in: directory } = found;
    if (this.#report.isOurs(found)) return undefined;
    const now = fileStat(directory.fd, name);
    if (!now) return undefined; // it was removed in the meantime
    const before = this.#layers.get(directory)!.find(name)?.stat;
    const changed: Changed = { kind: before ? 0 : 1, name, in: directory, path };
    if (before && !differs(now, before)) return isDirectory(now) ? this.#report.hold(changed) : undefined;
    if (!before && isDirectory(now) && this.#report.isOnTheWay(path)) return this.#report.hold(changed);
    return this.#report.tell(changed);
  }

  async #enter(directory: Directory, name: Buffer): Promise<void> {
    const above = directory.parent && this.#layers.get(directory.parent);
    const layers = above ? above.enter(name) : Merged.roots(this.input.layers, 'files');
    this.#layers.set(directory, layers);
    for (const { name: lost } of layers.entries()) {
      const path = `${directory.path}/${lost.toString('utf8')}`;
      if (this.#report.isMountPoint(path) || fileStat(directory.fd, lost)) continue;
      await this.#report.tell({ kind: 2, name: lost, in: directory, path });
    }
  }
}

/** Calls `visitor` for each change, while the change's directory is open. */
export const visitChanges = (input: CompareInput, visitor: Visitor): Promise<void> =>
  new Comparison(input, visitor).run();
