/** Starts a helper of a running container again, name server or port proxy, when it ended or was killed. */
import { readFileSync } from 'node:fs';
import { tolerate } from '../kernel/errors.ts';
import { daemonKernel } from '../kernel/linux/linux.ts';
import type { Kernel } from '../kernel/kernel.ts';
import type { Connected } from '../network/driver.ts';
import { lacksNameServer, reviveNameServer } from '../network/names/revive.ts';
import { nameServerPid } from '../network/names/server-process.ts';
import { lacksProxy, reviveProxy } from '../network/phase/revive-proxy.ts';
import { proxyPidOf } from '../network/ports/proxy-process.ts';
import type { Lifecycle } from './lifecycle.ts';

/** A helper that ends again and again: so often within this time, and it is left alone until the next connection. */
const MOST = 5;
const WITHIN_MS = 60_000;

/** Whether the container's first process still runs. A helper sees its end before the daemon does. */
function isAlive(pid: number | undefined): boolean {
  try {
    return pid !== undefined && !/^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, 'latin1'));
  } catch {
    return false;
  }
}

interface Helper {
  name: string;
  /** what does not work without it, for a warning */
  lost: string;
  pid(c: Connected): number | undefined;
  lacks(c: Connected): boolean;
  /** Returns whether there was one to be started. */
  revive(k: Kernel, c: Connected): Promise<boolean>;
}

export const nameServer: Helper = {
  name: 'name server',
  lost: 'names are not answered',
  pid: nameServerPid,
  lacks: lacksNameServer,
  revive: reviveNameServer,
};
export const portProxy: Helper = {
  name: 'port proxy',
  lost: 'published ports are not reached from this host',
  pid: proxyPidOf,
  lacks: lacksProxy,
  revive: reviveProxy,
};

export class HelperWatch {
  #pid: number | undefined;
  #close: (() => void) | undefined;
  #deaths: number[] = [];

  /** `inTurn`: not beside a connection, which starts a missing one, too */
  constructor(
    private readonly life: Lifecycle,
    private readonly helper: Helper,
    private readonly inTurn: <T>(act: () => Promise<T>) => Promise<T>,
  ) {
    life.actor.subscribe(({ value }) => {
      if (value === 'running') void this.inTurn(() => this.revive());
      if (value === 'exiting') this.end();
    });
  }

  /** Watches the one that there is. Never rejects. */
  async #begin(): Promise<void> {
    const pid = this.helper.pid(this.life.container);
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
   * Starts the helper if it is missing, and watches it. Call it in turn. Never rejects: without its helper the
   * container still runs.
   */
  async revive(): Promise<void> {
    const { helper } = this;
    const { container } = this.life;
    for (let again = true; again && this.life.running;) {
      again = false;
      // in this order: a program that has ended a moment ago has taken its helper with it
      const isMissing = helper.lacks(container) && isAlive(container.live.pid);
      try {
        if (isMissing && this.#deaths.length > MOST)
          throw new Error(`the ${helper.name} has ended ${this.#deaths.length} times`);
        if (isMissing) again = await helper.revive(this.life.run.kernel, container);
      } catch (error) {
        if (!isAlive(container.live.pid)) return;
        const text = `warning: ${helper.lost}, because ${(error as Error).message}`;
        this.life.log.append({ type: 'note', text });
      }
      await this.#begin();
      // one that ended before it was watched causes no event
      again &&= this.#pid === undefined && helper.lacks(container) && isAlive(container.live.pid);
      if (again) this.#count();
    }
  }
}
