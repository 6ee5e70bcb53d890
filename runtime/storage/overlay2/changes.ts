/**
 * The upper directory against the layers. A character device 0:0 is a whiteout (overlayfs.rst); what a layer has is
 * changed, the rest is added. Beside each directory of upper those of the layers are open, so that an entry is looked
 * up by its name alone.
 */
import { AT_FDCWD, S_IFCHR, S_IFDIR, S_IFMT, S_IFREG } from '../../syscalls/constants.ts';
import type { Tell } from '../../kernel/jobs.ts';
import { tryCall } from '../../kernel/native-call.ts';
import type { Change } from '../driver.ts';
import { directoryAt, DT, statAt, walkTree, type Directory, type Found } from '../../kernel/tree/walk.ts';
import { DOCKERENV, isDockerenv } from '../dockerenv.ts';

/**
 * `lowers`: the layers' directories, highest first; `mountPoints`: what mounting made in upper for its own sake, which
 * nobody asks about
 */
export interface ChangesInput {
  upper: string;
  lowers: readonly string[];
  mountPoints: readonly string[];
}

const PART = 200;

/** Directories of the layers that are merged at one place, highest first. */
const lowersIn = (lowers: readonly number[], name: Buffer): number[] => {
  const found: number[] = [];
  for (const fd of lowers) {
    const stat = statAt(fd, name);
    if (!stat) continue;
    // a file, or a whiteout, hides what is below it
    if ((stat.mode & S_IFMT) !== S_IFDIR) break;
    const below = directoryAt(fd, name);
    if (below !== undefined) found.push(below);
  }
  return found;
};

class Changes {
  #part: Change[] = [];
  readonly #lowers = new Map<Directory, readonly number[]>();
  /** directories on the way to a mount point, told once something else is found in them */
  readonly #held: Change[] = [];

  constructor(
    private readonly input: ChangesInput,
    private readonly tell: Tell,
  ) {}

  async run(): Promise<void> {
    const ours = new Set(this.input.mountPoints);
    const onTheWay = new Set(
      this.input.mountPoints.flatMap((point) =>
        point
          .split('/')
          .slice(1, -1)
          .map((_, n, parts) => `/${parts.slice(0, n + 1).join('/')}`),
      ),
    );
    await walkTree(this.input.upper, {
      enter: (directory, name) =>
        void this.#lowers.set(
          directory,
          directory.parent ? lowersIn(this.#lowers.get(directory.parent) ?? [], name) : this.#roots(),
        ),
      entry: (found) => {
        if (ours.has(found.path) || this.#isMark(found)) return undefined;
        const change: Change = [found.path, this.#kind(found)];
        if (found.type === DT.directory && onTheWay.has(found.path)) return void this.#held.push(change);
        this.#part.push(...this.#held.splice(0), change);
        return this.#part.length >= PART ? this.#send() : undefined;
      },
      leave: (directory) => {
        for (const fd of this.#lowers.get(directory) ?? []) tryCall('close', fd);
        this.#lowers.delete(directory);
        if (this.#held.at(-1)?.[0] === directory.path) this.#held.pop();
      },
    });
    await this.#send();
  }

  #roots(): number[] {
    return this.input.lowers.flatMap((path) => directoryAt(AT_FDCWD, path) ?? []);
  }

  #isMark({ path, name, in: directory }: Found): boolean {
    const stat = path === DOCKERENV ? statAt(directory.fd, name) : undefined;
    return stat !== undefined && isDockerenv(path, stat);
  }

  #kind({ name, type, in: directory }: Found): Change[1] {
    if (type === DT.character && statAt(directory.fd, name)?.device === 0) return 2;
    for (const fd of this.#lowers.get(directory) ?? []) {
      const stat = statAt(fd, name);
      if (stat) return (stat.mode & S_IFMT) === S_IFCHR && stat.device === 0 ? 1 : 0;
    }
    return 1;
  }

  async #send(): Promise<void> {
    if (this.#part.length) await this.tell(this.#part);
    this.#part = [];
  }
}

/** Tells parts: lists of changes. */
export const tellChanges = (input: ChangesInput, tell: Tell): Promise<void> => new Changes(input, tell).run();

/** Bytes of the regular files. */
export async function sizeOfFiles(path: string): Promise<number> {
  let sum = 0;
  await walkTree(path, {
    entry: ({ name, type, in: directory }) => {
      const stat = type === DT.file ? statAt(directory.fd, name) : undefined;
      if (stat && (stat.mode & S_IFMT) === S_IFREG) sum += stat.size;
    },
  });
  return sum;
}
