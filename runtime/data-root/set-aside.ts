/**
 * The daemon starts whatever the data root contains. It does not delete what it cannot read, but moves it to
 * <root>/unreadable and reports it: a truncated or foreign record, a directory in place of a file, or a file in place
 * of a directory.
 */
import { lstatSync, mkdirSync, renameSync, statSync, type Stats } from 'node:fs';
import { basename, join } from 'node:path';

const STAT = { throwIfNoEntry: false } as const;

export class Aside {
  /** a line for each thing that was moved, or that could not be moved */
  readonly reports: string[] = [];

  constructor(
    readonly root: string,
    private readonly report: (text: string) => void = (text) => console.error(`drydock: ${text}`),
  ) {}

  say(text: string): void {
    this.reports.push(text);
    this.report(text);
  }

  /** Moves `path` aside. Returns false when that fails; the caller then continues without it. */
  move(path: string, why: string): boolean {
    try {
      const to = join(
        this.#directory(),
        `${new Date().toISOString().replace(/[:.]/g, '-')}-${this.reports.length}-${basename(path)}`,
      );
      renameSync(path, to);
      this.say(`${path}: ${why}; moved to ${to}`);
      return true;
    } catch (error) {
      this.say(
        `${path}: ${why}; it stays, because moving it failed: ${error instanceof Error ? error.message : String(error)}`,
      );
      return false;
    }
  }

  /** The directory for what is moved. Its name may be taken by something else; then it gets a number. */
  #directory(): string {
    for (let n = 0; ; n++) {
      const path = join(this.root, n ? `unreadable-${n}` : 'unreadable');
      if (!lstatSync(path, STAT)) mkdirSync(path, { mode: 0o700 });
      if (lstatSync(path).isDirectory()) return path;
    }
  }

  /**
   * Moves `path` aside unless it is absent or a regular file of at most `most` bytes. A link is moved too, because
   * reading a fifo or a device could block or never end.
   */
  file(path: string, most = Infinity): void {
    const stat = lstatSync(path, STAT);
    if (!stat) return;
    if (!stat.isFile()) this.move(path, `${kindOf(stat)} where a file belongs`);
    else if (stat.size > most) this.move(path, `${stat.size} bytes, more than can be read`);
  }

  /** Moves `path` aside unless it is absent or a directory. `linked` allows a link to one, for data on another disk. */
  directory(path: string, linked = false): void {
    const stat = lstatSync(path, STAT);
    if (!stat || stat.isDirectory() || (linked && leadsToDirectory(path))) return;
    this.move(path, `${kindOf(stat)} where a directory belongs`);
  }
}

function leadsToDirectory(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false; // a dangling link, or a loop of links
  }
}

function kindOf(stat: Stats): string {
  const kinds: [is: boolean, name: string][] = [
    [stat.isFile(), 'a file'],
    [stat.isDirectory(), 'a directory'],
    [stat.isSymbolicLink(), 'a symbolic link'],
    [stat.isFIFO(), 'a fifo'],
    [stat.isSocket(), 'a socket'],
  ];
  return kinds.find(([is]) => is)?.[1] ?? 'a device';
}
