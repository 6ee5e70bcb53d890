/** --restart: after an exit, and after the daemon has come up. Engine API, RestartPolicy. */
import type { Lifecycle } from './lifecycle.ts';

const FIRST_MS = 100;
const LONGEST_MS = 60_000;
/** whoever ran this long begins again with a short wait */
const GOOD_RUN_MS = 10_000;

export class Restarts {
  readonly #waits = new Map<string, { ms: number; timer?: NodeJS.Timeout }>();

  #wants({ container, record }: Lifecycle): boolean {
    const { Name = 'no', MaximumRetryCount = 0 } = container.request.HostConfig.RestartPolicy ?? {};
    if (Name === 'on-failure') return record.exitCode !== 0 && !record.stopped && (!MaximumRetryCount || record.restartCount < MaximumRetryCount);
    return (Name === 'always' || Name === 'unless-stopped') && !record.stopped;
  }

  afterExit(life: Lifecycle): void {
    const { id } = life.container;
    if (!this.#wants(life)) return;
    const lasted = life.record.finishedAt - life.record.startedAt;
    const before = lasted < GOOD_RUN_MS ? this.#waits.get(id)?.ms : undefined;
    const ms = before ? Math.min(before * 2, LONGEST_MS) : FIRST_MS;
    life.restarting = true;
    const timer = setTimeout(() => void this.#again(life), ms);
    this.#waits.set(id, { ms, timer });
  }

  async #again(life: Lifecycle): Promise<void> {
    if (!life.restarting || life.machine === 'removed') return;
    life.restarting = false;
    life.record.restartCount++;
    try {
      await life.start();
    } catch {
      // why it failed stands in its state and its journal; a container that cannot start is not tried for ever
    }
  }

  /** Docker's daemon brings back `always` even if it had been stopped, `unless-stopped` and `on-failure` only if not. */
  afterBoot(one: Lifecycle): boolean {
    return one.container.request.HostConfig.RestartPolicy?.Name === 'always' || this.#wants(one);
  }

  close(): void {
    for (const { timer } of this.#waits.values()) clearTimeout(timer);
  }
}
