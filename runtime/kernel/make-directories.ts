/** Makes directories with their parents: mkdir(2). */
import { existsSync, mkdirSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { hasCode } from './errors.ts';

/** Makes one directory. Returns false when its parent is missing. Throws Error with mkdir(2)'s errno. */
function makeOne(path: string, mode: number): boolean {
  try {
    mkdirSync(path, { mode });
  } catch (error) {
    if (hasCode(error, 'EEXIST') && statSync(path, { throwIfNoEntry: false })?.isDirectory()) return true;
    if (!hasCode(error, 'ENOENT') || existsSync(dirname(path))) throw error;
    return false;
  }
  return true;
}

/**
 * Makes a directory and those above it that are missing. Throws Error with mkdir(2)'s errno.
 *
 * It is used for each path that a person names, because Node's `recursive` never ends where the kernel refuses a new
 * entry of an existing directory with ENOENT, as in /proc.
 */
export function makeDirectories(path: string, mode: number): void {
  const missing = [resolve(path)];
  while (!makeOne(missing.at(-1)!, mode)) missing.push(dirname(missing.at(-1)!));
  for (const one of missing.reverse().slice(1)) makeOne(one, mode);
}
