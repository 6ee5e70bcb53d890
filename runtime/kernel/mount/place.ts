/** Where a path begins, how openat2(2) may resolve it, and what may be made at its end. */
import { O, RESOLVE } from '../../syscalls/constants.ts';
import type { Planned, BatchCalls } from '../batch.ts';

/** Symbolic links are resolved as if the root were /. Magic links of procfs are not followed. */
export const IN_ROOT = RESOLVE.RESOLVE_IN_ROOT | RESOLVE.RESOLVE_NO_MAGICLINKS;
/** Symbolic links are followed while they stay beneath the directory in which the path begins. */
export const BENEATH = RESOLVE.RESOLVE_BENEATH | RESOLVE.RESOLVE_NO_MAGICLINKS;
/** No symbolic link is followed. */
export const NO_LINKS = BENEATH | RESOLVE.RESOLVE_NO_SYMLINKS;

/** struct open_how: u64 flags, u64 mode, u64 resolve. */
export function openHow(flags: number, mode = 0, resolve: number = IN_ROOT): Buffer {
  const how = Buffer.alloc(24);
  how.writeBigUInt64LE(BigInt(flags), 0);
  how.writeBigUInt64LE(BigInt(mode), 8);
  how.writeBigUInt64LE(BigInt(resolve), 16);
  return how;
}

/**
 * The root: a descriptor of the stage before pivot_root(2), AT_FDCWD after it, because then the root is the process's
 * own.
 */
export type Root = number;

/** A path, the directory in which it begins, and how openat2(2) may resolve it. */
export interface Place {
  readonly from: Root;
  readonly path: string;
  readonly resolve: number;
}
export const inRoot = (from: Root, path: string): Place => ({ from, path, resolve: IN_ROOT });

export type Kind = 'directory' | 'file';

/** Makes `name` in the open directory, with the modes that runc gives a mount point. An existing one is no error. */
export function planMake(stage: BatchCalls, parent: number | Planned, name: string, kind: Kind): void {
  if (kind === 'directory') return void stage.mkdirat(parent, name, 0o755).mayFail('EEXIST');
  const flags = O.O_CREAT | O.O_EXCL | O.O_WRONLY | O.O_CLOEXEC | O.O_NOFOLLOW;
  const made = stage.openat(parent, name, flags, 0o755).mayFail('EEXIST');
  stage.close(made);
}
