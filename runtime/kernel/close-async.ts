import { close } from 'node:fs';
import { promisify } from 'node:util';

/**
 * close(2) in a thread of libuv's pool. For descriptors whose release waits until no processor uses them any more:
 * closing the watches of an inotify(7) (fsnotify_wait_marks_destroyed) or a packet(7) socket (synchronize_net) takes
 * ten to twenty milliseconds, and the event loop would stand still meanwhile.
 */
export const closeAsync: (fd: number) => Promise<void> = promisify(close);
