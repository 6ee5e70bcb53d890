/**
 * Checks at the daemon's start whether the data root can hold its data. Without this the first container would fail.
 */
import { accessSync, constants, existsSync, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { hasCode } from '../runtime/kernel/errors.ts';

/** The directory itself, or its nearest ancestor that exists. */
function standing(path: string): string {
  return existsSync(path) || path === dirname(path) ? path : standing(dirname(path));
}

const readOnly = (root: string) =>
  new Error(`the data root ${root} is on a read-only file system; give a directory that can be written with --root`);

/** Makes the directory. Throws Error with one sentence that names --root. */
export function prepareDataRoot(root: string): void {
  try {
    // checked first, because Node's recursive mkdir reports ENOENT where mkdir(2) reports EROFS
    accessSync(standing(root), constants.W_OK);
    mkdirSync(root, { recursive: true, mode: 0o711 });
  } catch (error) {
    if (hasCode(error, 'EROFS')) throw readOnly(root);
    if (hasCode(error, 'EEXIST', 'ENOTDIR'))
      throw new Error(`the data root ${root} is no directory; give one with --root`, { cause: error });
    throw error;
  }
}
