/**
 * inotify(7) on directories of a tree: reports the directories and names that changed. fanotify(7) could watch a whole
 * file system with one mark, but the upper directory's file system also holds everything else of the host. Here
 * only directories of the tree are watched, which are opened beneath its root and through no mount.
 */
import { IN, O } from '../syscalls/constants.ts';
import { withEntry } from '../kernel/mount/beneath.ts';
import { closeAsync } from '../kernel/close-async.ts';
import { tolerate } from '../kernel/errors.ts';
import type { Kernel } from '../kernel/kernel.ts';
import { descriptorPath } from '../kernel/mount/in-root.ts';

const MASK =
  IN.IN_CREATE |
  IN.IN_DELETE |
  IN.IN_MOVED_FROM |
  IN.IN_MOVED_TO |
  IN.IN_MODIFY |
  IN.IN_CLOSE_WRITE |
  IN.IN_ATTRIB |
  IN.IN_ONLYDIR;
const ROOM = 64 * 1024;
const HEAD = 16;

/** `name` is empty when the event is about the watched directory itself. */
export interface Heard {
  wd: number;
  mask: number;
  name: Buffer;
}

/** struct inotify_event: int wd; uint32_t mask, cookie, len; char name[], padded with NUL. */
export function heardIn(bytes: Buffer): Heard[] {
  const all: Heard[] = [];
  for (let at = 0; at + HEAD <= bytes.length;) {
    const length = bytes.readUInt32LE(at + 12);
    const name = bytes.subarray(at + HEAD, at + HEAD + length);
    const end = name.indexOf(0);
    all.push({
      wd: bytes.readInt32LE(at),
      mask: bytes.readUInt32LE(at + 4),
      name: end < 0 ? name : name.subarray(0, end),
    });
    at += HEAD + length;
  }
  return all;
}

export class Inotify {
  private constructor(
    private readonly k: Kernel,
    readonly fd: number,
  ) {}

  static async open(k: Kernel): Promise<Inotify> {
    return new Inotify(k, await k.daemon.inotify_init1(O.O_NONBLOCK | O.O_CLOEXEC));
  }

  /**
   * Watches a directory and returns the watch descriptor. It is the same as before for a directory that is watched
   * already, even under another path. Undefined when there is no such directory.
   */
  watch(root: number, path: Buffer): Promise<number | undefined> {
    return withEntry(this.k, root, path, O.O_PATH | O.O_DIRECTORY, (fd) =>
      this.k.daemon.inotify_add_watch(this.fd, descriptorPath(fd), MASK),
    );
  }

  /** Ends a watch. EINVAL means that the directory was removed, which ended it already. */
  async forget(wd: number): Promise<void> {
    await tolerate(['EINVAL'], this.k.daemon.inotify_rm_watch(this.fd, wd));
  }

  /** The events since the last call, as many as fit into one read(2). */
  async heard(): Promise<Heard[]> {
    return heardIn((await tolerate(['EAGAIN'], this.k.daemon.read(this.fd, ROOM))) ?? Buffer.alloc(0));
  }

  /** Resolves when there are events, after `ms`, or with the signal. */
  something(signal: AbortSignal, ms: number): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer);
        close();
        signal.removeEventListener('abort', done);
        resolve();
      };
      const timer = setTimeout(done, ms);
      const close = this.k.readable(this.fd, done);
      signal.addEventListener('abort', done, { once: true });
    });
  }

  close(): Promise<void> {
    return closeAsync(this.fd);
  }
}
