/** rm -r. A small tree is removed in this thread, because a round trip to a worker takes longer than the calls. */
import { lstatSync, opendirSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { AT, AT_FDCWD } from '../../syscalls/constants.ts';
import { errnoName } from '../errors.ts';
import { runJob } from '../jobs.ts';
import { tryCall } from '../native-call.ts';
import './jobs.ts';

/** The most entries that are removed while the event loop is blocked: some tenths of a millisecond. */
const AT_ONCE = 64;
/** A file larger than this is left to the worker, because freeing its blocks takes long. */
const SMALL = 1 << 20;

/**
 * Removes links without following them. A missing path is no error. A mount point is one, and what is mounted there
 * stays. A large tree is removed by a worker.
 */
export async function removeTree(path: string): Promise<void> {
  const there = lstatSync(path, { throwIfNoEntry: false });
  if (there && !(there.isDirectory() && removed(path))) await runJob('remove', path);
}

function removed(directory: string): boolean {
  try {
    return removeSome(directory, AT_ONCE) >= 0;
  } catch {
    return false; // a name that is not UTF-8, or an error that the worker's job reports better
  }
}

/**
 * rmdir(2) of a mount point is EBUSY, also when it is not empty: nothing below it may be removed. A call by the addon,
 * because most directories are not empty at first, and an exception for each would take longer than the calls.
 */
function isEmptied(directory: string): boolean {
  const errno = -tryCall('unlinkat', AT_FDCWD, directory, AT.AT_REMOVEDIR);
  if (errno <= 0) return true;
  const code = errnoName(errno);
  if (code === 'ENOTEMPTY' || code === 'EEXIST') return false;
  throw new Error(`rmdir("${directory}"): ${code}`);
}

/** Removes up to `most` entries. Returns how many more it might have removed; less than 0 when some are left. */
function removeSome(path: string, most: number): number {
  let left = most;
  if (isEmptied(path)) return left;
  const directory = opendirSync(path);
  try {
    for (let entry = directory.readSync(); entry && --left >= 0; entry = directory.readSync()) {
      const inside = join(path, entry.name);
      if (entry.isDirectory()) left = removeSome(inside, left);
      else if (lstatSync(inside).size > SMALL) return -1;
      else unlinkSync(inside);
    }
  } finally {
    directory.closeSync();
  }
  return left >= 0 && !isEmptied(path) ? -1 : left;
}
