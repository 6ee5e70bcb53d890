/** Secrets and sockets of one RUN, in a file system that is in memory alone. */
import { closeSync, mkdirSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { MNT, MS, O } from '../../syscalls/constants.ts';
import type { Kernel } from '../../kernel/kernel.ts';
import { mountsAt } from '../../kernel/mount/mounted.ts';

interface Owned {
  mode: number;
  uid: number;
  gid: number;
}
const CONNECTIONS_MOST = 64;
const FLAGS = MS.MS_NOSUID | MS.MS_NODEV | MS.MS_NOEXEC;

/** `build`: the build's own directory. */
export const privateDir = (build: string): string => join(build, 'private');

export class PrivateFiles {
  readonly #dir: string;
  readonly #servers: Server[] = [];
  readonly #connections = new Set<Socket>();
  #root: number | undefined;
  #count = 0;

  constructor(build: string) {
    this.#dir = privateDir(build);
  }

  async #open(k: Kernel): Promise<number> {
    if (this.#root !== undefined) return this.#root;
    mkdirSync(this.#dir, { recursive: true, mode: 0o700 });
    await k.daemon.mount('tmpfs', this.#dir, 'tmpfs', FLAGS, 'mode=700');
    return (this.#root = openSync(this.#dir, O.O_DIRECTORY | O.O_CLOEXEC));
  }

  async #own(k: Kernel, root: number, name: string, { mode, uid, gid }: Owned): Promise<string> {
    await k.daemon.fchownat(root, name, uid, gid, 0);
    await k.daemon.fchmodat(root, name, mode);
    return join(this.#dir, name);
  }

  /** A file with this content, whose path it returns. No call with the content is journalled. */
  async write(k: Kernel, content: Uint8Array, owned: Owned): Promise<string> {
    const root = await this.#open(k);
    const name = String(this.#count++);
    const fd = await k.daemon.openat(root, name, O.O_CREAT | O.O_EXCL | O.O_WRONLY | O.O_CLOEXEC, 0o600);
    try {
      writeFileSync(fd, content);
    } finally {
      closeSync(fd);
    }
    return this.#own(k, root, name, owned);
  }

  /** A socket that calls `connected` for each connection. Returns its path. */
  async listen(k: Kernel, connected: (socket: Socket) => void, owned: Owned): Promise<string> {
    const root = await this.#open(k);
    const name = String(this.#count++);
    const server = createServer((socket) => {
      this.#connections.add(socket);
      socket.once('close', () => this.#connections.delete(socket));
      connected(socket);
    });
    server.maxConnections = CONNECTIONS_MOST;
    this.#servers.push(server);
    // the whole path may be longer than unix(7) allows
    await new Promise<void>((resolve, reject) => {
      // later ones are those of single connections: accept(2)
      server.on('error', reject);
      server.listen(`/proc/self/fd/${root}/${name}`, resolve);
    });
    return this.#own(k, root, name, owned);
  }

  async close(k: Kernel): Promise<void> {
    for (const socket of this.#connections) socket.destroy();
    await Promise.all(this.#servers.map((server) => new Promise((resolve) => server.close(resolve))));
    if (this.#root !== undefined) closeSync(this.#root);
    this.#root = undefined;
    await unmountPrivate(k, this.#dir);
  }
}

/** Unmounts what is there, also what a daemon that died left. */
async function unmountPrivate(k: Kernel, dir: string): Promise<void> {
  for (const _ of mountsAt(dir)) await k.daemon.umount2(dir, MNT.MNT_DETACH);
  rmSync(dir, { recursive: true, force: true });
}
export const forgetPrivate = (k: Kernel, build: string): Promise<void> => unmountPrivate(k, privateDir(build));
