/**
 * Compares the upper directory with the layers. A character device 0:0 is a whiteout (overlayfs.rst); an entry that a
 * layer has is changed, others are added. For each directory of upper, those of the layers are open too, so that an
 * entry is looked up by its name alone.
 */
import { DT, walkTree, type Directory, type Found } from '../../kernel/tree/walk.ts';
import { fileStat, isDirectory, type FileStat } from '../../kernel/tree/file-stat.ts';
import { isOpaqueAt, isOpaqueDirectory, isWhiteoutDevice, Merged } from '../tree/merged.ts';
import { Report, type Changed, type Visitor } from '../tree/report.ts';

/**
 * `lowers`: the layers' directories, the highest first; `mountPoints`: entries that mounting made in upper, which are
 * left out
 */
export interface ChangesInput {
  upper: string;
  lowers: readonly string[];
  mountPoints: readonly string[];
}

/** The layers' side of a directory of upper. */
interface Below {
  lowers: Merged;
  /**
   * true when nothing of the lowers is visible: the directory, or one above it, is opaque or is no directory in the
   * lowers
   */
  cut: boolean;
}

function isWhiteoutAt(fd: number, name: Buffer): boolean {
  const stat = fileStat(fd, name);
  return stat !== undefined && isWhiteoutDevice(stat);
}

class Changes {
  readonly #below = new Map<Directory, Below>();
  readonly #report: Report;

  constructor(
    private readonly input: ChangesInput,
    visitor: Visitor,
  ) {
    this.#report = new Report(input.mountPoints, visitor);
  }

  run(): Promise<void> {
    return walkTree(this.input.upper, {
      entry: (found) => this.#entry(found),
      skip: ({ path }) => this.#report.isMountPoint(path),
      enter: (directory, name) => this.#enter(directory, name),
      leave: (directory) => {
        this.#below.get(directory)?.lowers.close();
        this.#below.delete(directory);
        this.#report.left(directory);
      },
    });
  }

  #entry(found: Found): void | Promise<void> {
    const { path, type, in: directory, name } = found;
    if (this.#report.isOurs(found)) return undefined;
    const changed: Changed = { kind: 1, name, in: directory, path };
    const { lowers, cut } = this.#below.get(directory)!;
    if (type === DT.character && isWhiteoutAt(directory.fd, name)) {
      changed.kind = 2;
      return this.#report.tell(changed);
    }
    const below = lowers.find(name);
    if (below) {
      changed.kind = 0;
      if (type === DT.directory && isDirectory(below.stat) && !cut) changed.opaque = isOpaqueAt(directory.fd, name);
    }
    if (
      type === DT.directory &&
      this.#report.isOnTheWay(path) &&
      !changed.opaque &&
      this.#isAsBelow(found, below?.stat)
    )
      return this.#report.hold(changed);
    return this.#report.tell(changed);
  }

  /** Whether making a mount point in the directory may be all that happened: its mode and its owner are the layer's. */
  #isAsBelow({ in: directory, name }: Found, below: FileStat | undefined): boolean {
    const own = below && fileStat(directory.fd, name);
    return !below || (own?.mode === below.mode && own.uid === below.uid && own.gid === below.gid);
  }

  /** In an opaque directory everything that the layers have there is deleted, except what upper has itself. */
  async #enter(directory: Directory, name: Buffer): Promise<void> {
    const above = directory.parent && this.#below.get(directory.parent);
    const lowers = above ? above.lowers.enter(name) : Merged.roots(this.input.lowers, 'overlayfs');
    const cut = (above?.cut ?? false) || (lowers.fds.length > 0 && isOpaqueDirectory(directory.fd));
    this.#below.set(directory, { lowers, cut });
    if (!cut) return;
    for (const { name: lost } of lowers.entries()) {
      const path = `${directory.path}/${lost.toString('utf8')}`;
      if (this.#report.isMountPoint(path) || fileStat(directory.fd, lost)) continue;
      await this.#report.tell({ kind: 2, name: lost, in: directory, path, implied: true });
    }
  }
}

/** Calls `visitor` for each change, while the change's directory is open. */
export const visitChanges = (input: ChangesInput, visitor: Visitor): Promise<void> => new Changes(input, visitor).run();
