/** Files that a build makes in its own directory, to be copied into an image. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Source } from '../context/sources.ts';

/** The body of a heredoc as a file of this name. */
export function bodyFile(dir: string, name: string, text: string): Source {
  mkdirSync(dir, { recursive: true });
  writeFileSync(join(dir, name), text, { mode: 0o644 });
  return { dir, pattern: name };
}

/** A directory with one empty directory in it. */
export function emptyDirectory(dir: string, name: string): string {
  mkdirSync(join(dir, name), { recursive: true, mode: 0o755 });
  return dir;
}

export const removeAll = (dir: string): Promise<void> => rm(dir, { recursive: true, force: true });
