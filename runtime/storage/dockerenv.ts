/**
 * /.dockerenv: an empty file, 0755 and root's, by which programs know that they run in one of Docker's containers:
 * systemd(1) does not boot as it should without, see ConditionVirtualization= and systemd-detect-virt(1).
 *
 * dockerd has it in a layer between the image and the container's own. Here it lies in the container's own, where it
 * costs one call of a message that is sent anyway, makes no layer that the image does not have, and needs no other
 * place with another storage driver. It is no change of the container's, as long as it is what was made.
 */
import { S_IFMT, S_IFREG } from '../syscalls/constants.ts';

export const DOCKERENV = '/.dockerenv';
export const DOCKERENV_MODE = S_IFREG | 0o755;

/** Whether this entry of upper is the file that the start made, as it made it. */
export const isDockerenv = (path: string, { mode, size }: { mode: number; size: number }): boolean =>
  path === DOCKERENV && (mode & S_IFMT) === S_IFREG && size === 0;
