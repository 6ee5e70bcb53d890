/**
 * Changes of a container's tree, told one by one while the directories that they are in are open. A directory that is
 * only on the way to a change is told before the first one in it, and not at all when there is none: as dockerd does.
 */
import { fileStat } from '../../kernel/tree/file-stat.ts';
import type { Directory, Found } from '../../kernel/tree/walk.ts';
import { DOCKERENV, isDockerenv } from '../dockerenv.ts';
import type { ChangeKind } from '../driver.ts';

export interface Changed {
  kind: ChangeKind;
  name: Buffer;
  /** the directory that it is in, open */
  in: Directory;
  /** in the container, from '/' */
  path: string;
  /** a directory in which nothing of the image's directory of that name is left */
  opaque?: boolean;
  /** of what is deleted: the opaque directory that it was in says so already */
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
  /** What a start has made for its own sake: a mount point, and /.dockerenv. */
  isOurs({ path, name, in: directory }: Found): boolean {
    if (this.isMountPoint(path)) return true;
    const stat = path === DOCKERENV ? fileStat(directory.fd, name) : undefined;
    return stat !== undefined && isDockerenv(path, stat);
  }

  /** A directory that may have been made only so that something can be mounted below it. */
  isOnTheWay = (path: string): boolean => this.#onTheWay.has(path);

  /** Told only together with something in it. */
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
