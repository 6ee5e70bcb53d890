/** Whether the data root can hold what a daemon puts there, said at its start instead of by the first container. */
import { accessSync, constants, existsSync, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { hasCode } from '../runtime/kernel/errors.ts';

/** The folder, or the next one above it that is there. */
function standing(path: string): string {
  return existsSync(path) || path === dirname(path) ? path : standing(dirname(path));
}

const readOnly = (root: string) =>
  new Error(`the data root ${root} is on a read-only file system; give a directory that can be written with --root`);

/** Makes the folder. Throws Error with one sentence that names --root. */
export function prepareDataRoot(root: string): void {
  try {
    // asked first: Node's recursive mkdir says ENOENT where mkdir(2) says EROFS
    accessSync(standing(root), constants.W_OK);
    mkdirSync(root, { recursive: true, mode: 0o711 });
  } catch (error) {
    if (hasCode(error, 'EROFS')) throw readOnly(root);
    if (hasCode(error, 'EEXIST', 'ENOTDIR'))
      throw new Error(`the data root ${root} is no directory; give one with --root`, { cause: error });
    throw error;
  }
}
