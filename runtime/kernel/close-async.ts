import { close } from 'node:fs';
import { promisify } from 'node:util';

/**
 * close(2) on a thread beside the daemon's, for what the kernel lets go of only when no processor uses it any more: the
 * watches of an inotify(7)
 * (fsnotify_wait_marks_destroyed) and a packet(7) socket (synchronize_net) take ten to twenty milliseconds, in which
 * nothing else would be done.
 */
export const closeAside: (fd: number) => Promise<void> = promisify(close);
