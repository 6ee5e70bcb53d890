/**
 * Paths inside a root that somebody else filled: every one is resolved by the kernel with RESOLVE_IN_ROOT|RESOLVE_NO_MAGICLINKS,
 * openat2(2), so that neither `..` nor a symbolic link leads out, whatever the image holds.
 */
import { AT_FDCWD, O, RESOLVE } from '../constants.ts';
import { hasCode } from '../errors.ts';
import type { Kernel } from '../kernel.ts';
import type { Planned, Together } from '../together.ts';

/** struct open_how: u64 flags, u64 mode, u64 resolve. */
export function openHow(flags: number, mode = 0, resolve: number = RESOLVE.RESOLVE_IN_ROOT | RESOLVE.RESOLVE_NO_MAGICLINKS): Buffer {
  const how = Buffer.alloc(24);
  how.writeBigUInt64LE(BigInt(flags), 0);
  how.writeBigUInt64LE(BigInt(mode), 8);
  how.writeBigUInt64LE(BigInt(resolve), 16);
  return how;
}

/** Where the root is: a descriptor of the stage's before pivot_root, AT_FDCWD after it (the root is then the process's own). */
export type Root = number;

const opening = (root: Root, path: string, flags: number = O.O_PATH) =>
  [root, root === AT_FDCWD ? path : path.replace(/^\/+/, '') || '.', openHow(flags | O.O_CLOEXEC)] as const;
export const openPath = (k: Kernel, root: Root, path: string, flags?: number): Promise<number> => k.stage.openat2(...opening(root, path, flags));
/** The same, together with what is done with the descriptor. */
export const planOpen = (stage: Together, root: Root, path: string): Planned => stage.openat2(...opening(root, path));

const parentOf = (path: string) => path.slice(0, path.lastIndexOf('/')) || '/';
const nameOf = (path: string) => path.slice(path.lastIndexOf('/') + 1);

/** Opens `path` (O_PATH), making it, and the directories above it, when absent. On a failure the stage is at its end, and what it has open goes with it. */
export async function ensurePath(k: Kernel, root: Root, path: string, kind: 'directory' | 'file'): Promise<number> {
  try {
    return await openPath(k, root, path);
  } catch (error) {
    if (!hasCode(error, 'ENOENT') || path === '/') throw error;
  }
  return makePath(k, root, path, kind);
}

/** Makes what is known to be absent, and opens it. */
export async function makePath(k: Kernel, root: Root, path: string, kind: 'directory' | 'file'): Promise<number> {
  const make = (stage: Together, parent: number | Planned) => {
    if (kind === 'directory') stage.mkdirat(parent, nameOf(path), 0o755);
    else {
      const made = stage.openat(parent, nameOf(path), O.O_CREAT | O.O_EXCL | O.O_WRONLY | O.O_CLOEXEC | O.O_NOFOLLOW, 0o755);
      stage.close(made);
    }
    stage.close(parent);
    return planOpen(stage, root, path);
  };
  const { parent, made } = await k.together((stage) => {
    const parent = planOpen(stage, root, parentOf(path)).mayFail('ENOENT');
    return { parent, made: make(stage, parent).mayFail('ENOENT') };
  });
  if (made.reply) return made.reply.ret;
  if (parent.reply || parentOf(path) === '/') throw new Error(`${path} was made and is not there`);
  const above = await makePath(k, root, parentOf(path), 'directory');
  return (await k.together((stage) => make(stage, above))).reply?.ret ?? -1;
}

/** Names an open descriptor to calls that only take a path: proc(5), /proc/pid/fd. */
export const descriptorPath = (fd: number): string => `/proc/self/fd/${fd}`;
