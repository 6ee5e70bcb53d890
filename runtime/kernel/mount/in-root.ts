/**
 * Paths inside a root that was filled by an image or is changed by a container meanwhile: each is resolved by the
 * kernel, once, with openat2(2), so that neither `..` nor a symbolic link leads out; what follows is asked of the
 * descriptor.
 */
import { posix } from 'node:path';
import { AT_FDCWD, O } from '../../syscalls/constants.ts';
import { hasCode } from '../errors.ts';
import type { Kernel } from '../kernel.ts';
import type { Planned, Together } from '../batch.ts';
import { makeMissing } from './missing.ts';
import { IN_ROOT, openHow, planMake, type Kind, type Place } from './place.ts';

const relative = ({ from, path, resolve }: Place) =>
  from === AT_FDCWD && resolve === IN_ROOT ? path : path.replace(/^\/+/, '') || '.';
const opening = (place: Place, flags: number) =>
  [place.from, relative(place), openHow(flags | O.O_CLOEXEC, 0, place.resolve)] as const;
export const openPath = (k: Kernel, place: Place, flags: number = O.O_PATH): Promise<number> =>
  k.stage.openat2(...opening(place, flags));
/** The same, together with what is done with the descriptor. */
export const planOpen = (stage: Together, place: Place, flags: number = O.O_PATH): Planned =>
  stage.openat2(...opening(place, flags));

/**
 * Opens the place (O_PATH), making it, and the directories above it, when absent. On a failure the stage is at its end,
 * and what it has open goes with it.
 */
export async function ensurePath(k: Kernel, place: Place, kind: Kind): Promise<number> {
  try {
    return await openPath(k, place);
  } catch (error) {
    if (!hasCode(error, ...ABSENT)) throw error;
  }
  return makePath(k, place, kind);
}

/** EAGAIN: a rename somewhere on the machine while `..` was resolved; it is asked for again, one name at a time. */
export const ABSENT = ['ENOENT', 'EAGAIN'] as const;

/** Makes what is known to be absent, and opens it. */
export async function makePath(k: Kernel, place: Place, kind: Kind): Promise<number> {
  const made = await k.together((stage) => {
    const above = planOpen(stage, { ...place, path: posix.dirname(place.path) }).mayFail(...ABSENT);
    planMake(stage, above, posix.basename(place.path), kind);
    stage.close(above);
    return planOpen(stage, place).mayFail(...ABSENT);
  });
  return made.reply ? made.reply.ret : makeMissing(k, place, kind);
}

/** Names an open descriptor to calls that only take a path: proc(5), /proc/pid/fd. */
export const descriptorPath = (fd: number): string => `/proc/self/fd/${fd}`;
