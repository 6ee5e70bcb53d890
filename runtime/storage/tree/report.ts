/**
 * Reports the changes of a container's tree one by one, while their directories are open. As in dockerd, a directory
 * that is only on the way to a change is reported before the first change in it, and not at all when there is none.
 */
import { fileStat } from '../../kernel/tree/file-stat.ts';
import type { Directory, Found } from '../../kernel/tree/walk.ts';
import { DOCKERENV, isDockerenv } from '../dockerenv.ts';
import type { ChangeKind } from '../driver.ts';

export interface Changed {
  kind: ChangeKind;
  name: Buffer;
  /** the open directory that contains it */
  in: Directory;
  /** the path in the container, from '/' */
  path: string;
  /** set for a directory that hides all entries of the image's directory of that name */
  opaque?: boolean;
  /** set for a deleted entry of an opaque directory, where the directory already means this */
  implied?: boolean;
}
export type Visitor = (changed: Changed) => void | Promise<void>;

/** 'a', 'a/b' of 'a/b/c'. */
const waysTo = (path: string): string[] =>
  path
    .split('/')
    .slice(1, -1)
    .map((_, n, parts) => `/${parts.slice(0, n + 1).join('/')}`);

export class Report {
  readonly #mountPoints: ReadonlySet<string>;
  readonly #onTheWay: ReadonlySet<string>;
  readonly #held: Changed[] = [];

  constructor(
    mountPoints: readonly string[],
    private readonly visitor: Visitor,
  ) {
    this.#mountPoints = new Set(mountPoints);
    this.#onTheWay = new Set(mountPoints.flatMap(waysTo));
  }

  isMountPoint = (path: string): boolean => this.#mountPoints.has(path);
  /** Whether a start made the entry for itself: a mount point, or /.dockerenv. */
  isOurs({ path, name, in: directory }: Found): boolean {
    if (this.isMountPoint(path)) return true;
    const stat = path === DOCKERENV ? fileStat(directory.fd, name) : undefined;
    return stat !== undefined && isDockerenv(path, stat);
  }

  /** Whether the directory may have been made only for a mount below it. */
  isOnTheWay = (path: string): boolean => this.#onTheWay.has(path);

  /** Holds a directory back until a change in it is reported. */
  hold(directory: Changed): void {
    this.#held.push(directory);
  }

  async tell(changed: Changed): Promise<void> {
    for (const directory of this.#held.splice(0)) await this.visitor(directory);
    await this.visitor(changed);
  }

  left(directory: Directory): void {
    if (this.#held.at(-1)?.path === directory.path) this.#held.pop();
  }
}
