/** rm -r. What is small is gone at once: each trip to another thread and back takes longer than the calls. */
import { lstatSync, opendirSync, rmdirSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { runJob } from '../jobs.ts';
import './jobs.ts';

/** So many entries are removed while the event loop stands: some tenths of a millisecond. */
const AT_ONCE = 64;
/** The blocks of a larger file take their time. */
const SMALL = 1 << 20;

/** Links are removed, not followed. What is not there is no error. The rest is done beside the daemon's thread. */
export async function removeTree(path: string): Promise<void> {
  const there = lstatSync(path, { throwIfNoEntry: false });
  if (there && !(there.isDirectory() && removed(path))) await runJob('remove', path);
}

function removed(directory: string): boolean {
  try {
    return removeSome(directory, AT_ONCE) >= 0;
  } catch {
    return false; // a name that is no UTF-8, or something that the job says better
  }
}

/** How many entries more might have been removed; less than 0 when some are left. */
function removeSome(path: string, most: number): number {
  let left = most;
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
  if (left >= 0) rmdirSync(path);
  return left;
}
