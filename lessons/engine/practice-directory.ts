/** The directory in which a learner works on a lesson's files: `EXEC-ROOT/practice/OWN`. Only root can enter it. */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { removeTree } from '../../runtime/kernel/tree/remove-tree.ts';
import type { Lesson } from '../format.ts';
import type { Values } from '../../runtime/template/fill-in.ts';

/** Writes the files once. What the learner has changed since stays. */
export function makePracticeDirectory({ files }: Lesson, values: Values | undefined): void {
  const dir = values?.['dir'];
  if (!files || dir === undefined || existsSync(dir)) return;
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(dir, name)), { recursive: true });
    writeFileSync(join(dir, name), text);
  }
}

export async function removePracticeDirectory(values: Values | undefined): Promise<void> {
  const dir = values?.['dir'];
  if (dir !== undefined) await removeTree(dir);
}
