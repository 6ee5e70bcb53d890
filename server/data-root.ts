/**
 * Makes the daemon's directories at its start, and checks whether the data root can hold its data. Without this the
 * first container would fail.
 */
import { accessSync, constants, existsSync, realpathSync } from 'node:fs';
import { dirname } from 'node:path';
import { makeDirectories } from '../runtime/kernel/make-directories.ts';
import { hasCode } from '../runtime/kernel/errors.ts';

/** The directory itself, or its nearest ancestor that exists. */
function standing(path: string): string {
  return existsSync(path) || path === dirname(path) ? path : standing(dirname(path));
}

const readOnly = (root: string) =>
  new Error(`the data root ${root} is on a read-only file system; give a directory that can be written with --root`);

/**
 * Makes the directory and returns its path without symbolic links, because the kernel lists mounts below it by that
 * path. Throws Error with one sentence that names --root.
 */
export function prepareDataRoot(root: string): string {
  try {
    // a directory that exists may be on a read-only file system
    accessSync(standing(root), constants.W_OK);
    makeDirectories(root, 0o711);
    return realpathSync(root);
  } catch (error) {
    if (hasCode(error, 'EROFS')) throw readOnly(root);
    if (hasCode(error, 'EEXIST', 'ENOTDIR'))
      throw new Error(`the data root ${root} is no directory; give one with --root`, { cause: error });
    if (hasCode(error, 'ENOENT', 'EACCES', 'EPERM'))
      throw new Error(`the data root ${root} cannot be made: ${(error as Error).message}; give another with --root`, {
        cause: error,
      });
    throw error;
  }
}

/** The same for the directory of the sockets. */
export function prepareExecRoot(execRoot: string): string {
  makeDirectories(execRoot, 0o711);
  return realpathSync(execRoot);
}
