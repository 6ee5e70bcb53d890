/**
 * /.dockerenv: an empty file with mode 0755, owned by root, by which programs recognise a container of Docker. Without
 * it systemd(1) does not boot as it should: see ConditionVirtualization= and systemd-detect-virt(1).
 *
 * dockerd has the file in a layer between the image and the container's own. Here it is in the container's own layer:
 * there it costs one call in a message that is sent anyway, adds no layer to the image's, and is in the same place with
 * every storage driver. Unchanged, it does not count as a change of the container.
 */
import { S_IFMT, S_IFREG } from '../syscalls/constants.ts';

export const DOCKERENV = '/.dockerenv';
export const DOCKERENV_MODE = S_IFREG | 0o755;

/** Whether this entry of upper is the file that the start made, unchanged. */
export const isDockerenv = (path: string, { mode, size }: { mode: number; size: number }): boolean =>
  path === DOCKERENV && (mode & S_IFMT) === S_IFREG && size === 0;
