/**
 * Paths inside a root that an image filled or a container changes meanwhile. The kernel resolves each path once, with
 * openat2(2), so that neither `..` nor a symbolic link leads out of the root. All else is done on the descriptor.
 */
import { posix } from 'node:path';
import { AT_FDCWD, O } from '../../syscalls/constants.ts';
import { hasCode } from '../errors.ts';
import type { Kernel } from '../kernel.ts';
import type { Planned, BatchCalls } from '../batch.ts';
import { makeMissing } from './missing.ts';
import { IN_ROOT, openHow, planMake, type Kind, type Place } from './place.ts';

const relative = ({ from, path, resolve }: Place) =>
  from === AT_FDCWD && resolve === IN_ROOT ? path : path.replace(/^\/+/, '') || '.';
const opening = (place: Place, flags: number) =>
  [place.from, relative(place), openHow(flags | O.O_CLOEXEC, 0, place.resolve)] as const;
/** Opens an existing place. Throws SyscallError. */
export const openPath = (k: Kernel, place: Place, flags: number = O.O_PATH): Promise<number> =>
  k.stage.openat2(...opening(place, flags));
/** The same as a call of a batch. */
export const planOpen = (stage: BatchCalls, place: Place, flags: number = O.O_PATH): Planned =>
  stage.openat2(...opening(place, flags));

/**
 * Opens the place (O_PATH). If it does not exist, it is made, with the directories above it. After a failure the stage
 * exits, which closes all that it has open.
 */
export async function ensurePath(k: Kernel, place: Place, kind: Kind): Promise<number> {
  try {
    return await openPath(k, place);
  } catch (error) {
    if (!hasCode(error, ...ABSENT)) throw error;
  }
  return makePath(k, place, kind);
}

/**
 * EAGAIN: there was a rename somewhere on the machine while the kernel resolved `..`. makeMissing() then tries again.
 */
export const ABSENT = ['ENOENT', 'EAGAIN'] as const;

/** Makes a place that is known not to exist, and opens it (O_PATH). */
export async function makePath(k: Kernel, place: Place, kind: Kind): Promise<number> {
  const made = await k.batch((stage) => {
    const above = planOpen(stage, { ...place, path: posix.dirname(place.path) }).mayFail(...ABSENT);
    planMake(stage, above, posix.basename(place.path), kind);
    stage.close(above);
    return planOpen(stage, place).mayFail(...ABSENT);
  });
  return made.reply ? made.reply.ret : makeMissing(k, place, kind);
}

/** The path of an open descriptor, for calls that take only paths: proc(5), /proc/pid/fd. */
export const descriptorPath = (fd: number): string => `/proc/self/fd/${fd}`;
