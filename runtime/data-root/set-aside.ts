/**
 * Whatever the data root contains, the daemon starts. What it cannot read is moved to <root>/unreadable, not deleted,
 * and reported:
 * a truncated or foreign record, a directory where a file belongs, a file where a directory belongs.
 */
import { lstatSync, mkdirSync, renameSync, statSync, type Stats } from 'node:fs';
import { basename, join } from 'node:path';

const STAT = { throwIfNoEntry: false } as const;

export class Aside {
  /** what was moved, or could not be: a line each */
  readonly reports: string[] = [];

  constructor(
    readonly root: string,
    private readonly report: (text: string) => void = (text) => console.error(`drydock: ${text}`),
  ) {}

  say(text: string): void {
    this.reports.push(text);
    this.report(text);
  }

  /** False when it cannot be moved: then the caller goes on without it where it is. */
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

  /** Its own name may be taken by something else. */
  #directory(): string {
    for (let n = 0; ; n++) {
      const path = join(this.root, n ? `unreadable-${n}` : 'unreadable');
      if (!lstatSync(path, STAT)) mkdirSync(path, { mode: 0o700 });
      if (lstatSync(path).isDirectory()) return path;
    }
  }

  /** Absent or a regular file, not a link: a fifo or a device would hold up or fill whoever reads it. */
  file(path: string, most = Infinity): void {
    const stat = lstatSync(path, STAT);
    if (!stat) return;
    if (!stat.isFile()) this.move(path, `${kindOf(stat)} where a file belongs`);
    else if (stat.size > most) this.move(path, `${stat.size} bytes, more than can be read`);
  }

  /** Absent or a directory; with `linked` also a link to one, as for a part of the data root on another disk. */
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
    return false; // it dangles, or leads in a circle
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
