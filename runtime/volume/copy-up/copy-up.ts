/**
 * Fills an empty volume with a directory of the image, so that it is either still empty or has all of it, whenever the
 * daemon is killed:
 *
 *   copy     the directory                → <volume>/.partial     a rest of it is deleted
 *   sync     the disk has all of it
 *   rename   <volume>/.partial            → <volume>/.copied      from here on it goes forward only
 *   move     each name of <volume>/.copied → <volume>/_data
 *
 * A name that the volume already has stays as it is.
 */
import { closeSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { syncFilesystem } from '../../image/layer/sync.ts';
import { AT_FDCWD, O } from '../../syscalls/constants.ts';
import { errnoName } from '../../kernel/errors.ts';
import { call, tryCall } from '../../kernel/native-call.ts';
import { fileStat, namesOf, openDirectory } from '../../kernel/tree/file-stat.ts';
import { removeAll } from '../../kernel/tree/remove-all.ts';
import { copyAttributes, setTimes } from '../../storage/tree/copy-entry.ts';
import { copyTree } from '../../storage/tree/copy-tree.ts';

export interface CopyUpInput {
  /** a descriptor of the image's directory, as the container sees it */
  from: number;
  /** the volume's directory, which contains _data */
  dir: string;
  /** shared with the calling thread: [entries copied so far, 1 to request a stop] */
  control?: SharedArrayBuffer;
}
export interface CopyUpResult {
  /** undefined: the volume was not empty, so nothing was copied */
  entries?: number;
}

const DIRECTORY = O.O_DIRECTORY | O.O_NOFOLLOW | O.O_CLOEXEC;
const RENAME_NOREPLACE = 1;
const partialOf = (dir: string) => join(dir, '.partial');
const copiedOf = (dir: string) => join(dir, '.copied');
const open = (path: string): number => call('openat', AT_FDCWD, path, DIRECTORY, 0);

function isEmpty(path: string): boolean {
  const fd = open(path);
  try {
    return namesOf(fd).next().done === true;
  } finally {
    closeSync(fd);
  }
}

/** Throws SyscallError when the kernel refuses a call, and ABORT_ERR. The volume is then still empty. */
export async function copyUp({ from, dir, control }: CopyUpInput): Promise<CopyUpResult> {
  if (!isEmpty(join(dir, '_data'))) return {};
  const target = partialOf(dir);
  await removeAll(target);
  try {
    const source = `/proc/self/fd/${from}/.`;
    const { entries } = await copyTree({
      layers: [source],
      whiteouts: 'overlayfs',
      target,
      ...(control && { control }),
    });
    // without it a power cut could leave complete names over files that have no content: rename(2), syncfs(2)
    await syncFilesystem({ dir });
    renameSync(target, copiedOf(dir));
    await finishCopy(dir);
    return { entries };
  } catch (error) {
    await removeAll(target);
    throw error;
  }
}

/** Ends a copy that was cut short: what was copied in part is deleted, and what is complete is moved to its place. */
export async function finishCopy(dir: string): Promise<void> {
  await removeAll(partialOf(dir));
  const from = openDirectory(AT_FDCWD, copiedOf(dir), DIRECTORY);
  if (from === undefined) return;
  const to = open(join(dir, '_data'));
  try {
    // before the moves, which change the directory's time
    const stat = fileStat(from, '');
    // all names first, because the directory changes while they are moved
    for (const { name } of [...namesOf(from)]) {
      const moved = tryCall('renameat2', from, name, to, name, RENAME_NOREPLACE);
      if (moved < 0 && errnoName(-moved) !== 'EEXIST') call('renameat2', from, name, to, name, RENAME_NOREPLACE);
    }
    if (stat) {
      copyAttributes(from, to, stat);
      setTimes(to, stat);
    }
  } finally {
    closeSync(from);
    closeSync(to);
  }
  await removeAll(copiedOf(dir));
}
