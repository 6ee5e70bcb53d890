/** Starts the name server of a running container again when it has ended by itself, or was killed. */
import { readFileSync } from 'node:fs';
import { tolerate } from '../kernel/errors.ts';
import { daemonKernel } from '../kernel/linux/linux.ts';
import { lacksNameServer, reviveNameServer } from '../network/names/revive.ts';
import { nameServerPid } from '../network/names/server-process.ts';
import type { Lifecycle } from './lifecycle.ts';

/** A server that ends again and again: so often within this time, and it is left alone until the next connection. */
const MOST = 5;
const WITHIN_MS = 60_000;

/** Whether the container's first process still runs. A name server sees its end before the daemon does. */
function isAlive(pid: number | undefined): boolean {
  try {
    return pid !== undefined && !/^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, 'latin1'));
  } catch {
    return false;
  }
}

export class NameServerWatch {
  #pid: number | undefined;
  #close: (() => void) | undefined;
  #deaths: number[] = [];

  /** `inTurn`: not beside a connection, which starts a missing server, too */
  constructor(
    private readonly life: Lifecycle,
    private readonly inTurn: <T>(act: () => Promise<T>) => Promise<T>,
  ) {
    life.actor.subscribe(({ value }) => {
      if (value === 'running') void this.inTurn(() => this.revive());
      if (value === 'exiting') this.end();
    });
  }

  /** Watches the server that there is. Never rejects. */
  async #begin(): Promise<void> {
    const pid = nameServerPid(this.life.container);
    if (pid === this.#pid) return;
    this.end();
    if (pid === undefined || !this.life.running) return;
    const { daemon } = daemonKernel();
    // another failure than ESRCH: too many descriptors are open; then it is not watched
    const fd = await tolerate(['ESRCH'], daemon.pidfd_open(pid, 0)).catch(() => undefined);
    if (fd === undefined) return;
    const stop = daemonKernel().readable(fd, () => this.#ended());
    this.#pid = pid;
    this.#close = () => {
      stop();
      void daemon.close(fd).catch(() => undefined);
    };
  }

  end(): void {
    this.#close?.();
    this.#close = this.#pid = undefined;
  }

  #ended(): void {
    this.end();
    if (!isAlive(this.life.container.live.pid)) return;
    this.#count();
    void this.inTurn(() => this.revive());
  }

  #count(): void {
    const now = Date.now();
    this.#deaths = [...this.#deaths.filter((at) => now - at < WITHIN_MS), now];
  }

  /**
   * Starts the server if it is missing, and watches it. Call it in turn. Never rejects: without its name server the
   * container still runs.
   */
  async revive(): Promise<void> {
    const { container } = this.life;
    for (let again = true; again && this.life.running;) {
      again = false;
      try {
        if (lacksNameServer(container) && this.#deaths.length > MOST)
          throw new Error(`the name server has ended ${this.#deaths.length} times`);
        again = await reviveNameServer(this.life.run.kernel, container);
      } catch (error) {
        if (!isAlive(container.live.pid)) return;
        const text = `warning: names are not answered, because ${(error as Error).message}`;
        this.life.log.append({ type: 'note', text });
      }
      await this.#begin();
      // a server that ended before it was watched causes no event
      again &&= this.#pid === undefined && lacksNameServer(container) && isAlive(container.live.pid);
      if (again) this.#count();
    }
  }
}
