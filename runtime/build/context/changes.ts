/** Which files of a context have changed since it was received the last time. */
import { posix } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import type { FileList, ListedFile } from './file-list.ts';

/** An entry as the client lists it. */
export interface Listed extends ListedFile {
  path: string;
  directory: boolean;
  /** of a hard link: the path of the first name */
  first?: string;
  /** of a kind that no context has, as a socket */
  absent?: boolean;
}
export interface Changes {
  now: Map<string, ListedFile>;
  /** by number: what is to be sent again */
  wanted: Set<number>;
  /** what the client no longer has; nothing below a path that is removed itself */
  gone: string[];
}

/** So many are compared before other work of the daemon has its turn. */
const PIECE = 2000;

/**
 * The same order and rules as fsutil's receiver has: each path once, and after the directory that it is in. Throws
 * Error for a list that breaks them, because the files of such a one could not be told from those that are kept.
 */
export async function changesOf(before: FileList, entries: readonly Listed[]): Promise<Changes> {
  const now = new Map<string, ListedFile>();
  const numbers = new Map<string, number>();
  const wanted = new Set<number>();
  for (const [number, { path, tag, size, directory, first, absent }] of entries.entries()) {
    if (number % PIECE === PIECE - 1) await setImmediate();
    checkPath(path, directory, now, (parent) => entries[numbers.get(parent) ?? -1]?.directory === true);
    if (absent) continue;
    now.set(path, { tag, size });
    numbers.set(path, number);
    const isSame = before.get(path)?.tag === tag;
    if (!isSame || (first !== undefined && wanted.has(numbers.get(first) ?? -1))) wanted.add(number);
  }
  const vanished = [...before.keys()].filter((path) => !now.has(path));
  // what is made or removed in a directory changes that one's time
  for (const path of [...vanished, ...[...wanted].map((number) => entries[number]!.path)]) {
    const parent = numbers.get(posix.dirname(path));
    if (parent !== undefined) wanted.add(parent);
  }
  await setImmediate();
  const gone = vanished.filter((path) => !before.has(posix.dirname(path)) || now.has(posix.dirname(path)));
  return { now, wanted, gone };
}

function checkPath(
  path: string,
  directory: boolean,
  now: ReadonlyMap<string, unknown>,
  isDirectory: (path: string) => boolean,
): void {
  const shown = JSON.stringify(path.slice(0, 200));
  const clean = path && posix.normalize(path) === path && !path.startsWith('/') && !/^\.\.(\/|$)/.test(path);
  if (!clean || path.endsWith('/')) throw new Error(`${shown} is no path below the context`);
  if (now.has(path)) throw new Error(`${shown} comes twice`);
  const parent = posix.dirname(path);
  if (path === '.' ? !directory : parent !== '.' && !isDirectory(parent))
    throw new Error(`${shown} comes before the directory that it is in`);
}
