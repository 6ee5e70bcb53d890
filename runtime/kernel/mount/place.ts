/** Where a path begins, how openat2(2) may walk it, and what may be made at its end. */
import { O, RESOLVE } from '../../syscalls/constants.ts';
import type { Planned, Together } from '../batch.ts';

/** A link is followed as if the root were /; links of procfs into another tree are not. */
export const IN_ROOT = RESOLVE.RESOLVE_IN_ROOT | RESOLVE.RESOLVE_NO_MAGICLINKS;
/** A link is followed as long as it stays beneath the directory where the path begins. */
export const BENEATH = RESOLVE.RESOLVE_BENEATH | RESOLVE.RESOLVE_NO_MAGICLINKS;
/** No link at all. */
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
 * Where the root is: a descriptor of the stage's before pivot_root, AT_FDCWD after it (the root is then the process's
 * own).
 */
export type Root = number;

/** A path, the directory in which it begins, and how it may be walked. */
export interface Place {
  readonly from: Root;
  readonly path: string;
  readonly resolve: number;
}
export const inRoot = (from: Root, path: string): Place => ({ from, path, resolve: IN_ROOT });

export type Kind = 'directory' | 'file';

/** Makes `name` in the open directory, with the modes that runc gives a mount point. */
export function planMake(stage: Together, parent: number | Planned, name: string, kind: Kind): void {
  if (kind === 'directory') return void stage.mkdirat(parent, name, 0o755).mayFail('EEXIST');
  const flags = O.O_CREAT | O.O_EXCL | O.O_WRONLY | O.O_CLOEXEC | O.O_NOFOLLOW;
  const made = stage.openat(parent, name, flags, 0o755).mayFail('EEXIST');
  stage.close(made);
}
