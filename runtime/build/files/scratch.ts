/** A file that a build makes in its own directory, to be copied into an image. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Source } from '../context/sources.ts';

/** The body of a heredoc as a file of this name. */
export function bodyFile(dir: string, name: string, text: string): Source {
  mkdirSync(dir, { recursive: true });
  writeFileSync(join(dir, name), text, { mode: 0o644 });
  return { dir, pattern: name };
}
