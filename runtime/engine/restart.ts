/** --restart: starts a container again after an exit, and after the daemon's start. Engine API, RestartPolicy. */
import type { Life } from './surroundings.ts';

const FIRST_MS = 100;
const LONGEST_MS = 60_000;
/** after a run of at least this time the delay is short again */
const GOOD_RUN_MS = 10_000;

export class Restarts {
  readonly #waits = new Map<string, { ms: number; timer?: NodeJS.Timeout }>();

  #wants({ container, record }: Life): boolean {
    const { Name = 'no', MaximumRetryCount = 0 } = container.request.HostConfig.RestartPolicy ?? {};
    if (Name === 'on-failure')
      return record.exitCode !== 0 && (!MaximumRetryCount || record.restartCount < MaximumRetryCount);
    return Name === 'always' || (Name === 'unless-stopped' && !record.stopped);
  }

  /** Called within the transition to exited, so that no client sees another state between this and `restarting`. */
  afterExit(life: Life): void {
    const { id } = life.container;
    if (life.restartCanceled || !this.#wants(life)) return;
    const lasted = life.record.finishedAt - life.record.startedAt;
    const before = lasted < GOOD_RUN_MS ? this.#waits.get(id)?.ms : undefined;
    const ms = before ? Math.min(before * 2, LONGEST_MS) : FIRST_MS;
    life.restarting = true;
    life.record.restartCount++;
    const timer = setTimeout(() => void this.#again(life, timer), ms);
    this.#waits.set(id, { ms, timer });
  }

  /** Does nothing when the restart was canceled, or when a client started the container during the delay. */
  async #again(life: Life, timer: NodeJS.Timeout): Promise<void> {
    if (!life.restarting || life.underWay || this.#waits.get(life.container.id)?.timer !== timer) return;
    try {
      await life.begin();
    } catch {
      // the state and the journal have the reason; a container that cannot start is not tried again
    }
  }

  /** Called after a removal; drops the container's delay. */
  forget(id: string): void {
    clearTimeout(this.#waits.get(id)?.timer);
    this.#waits.delete(id);
  }

  /**
   * As in dockerd, `always` restarts even a container that was stopped; `unless-stopped` and `on-failure` only one that
   * was not.
   */
  afterBoot(one: Life): boolean {
    return (
      one.container.request.HostConfig.RestartPolicy?.Name === 'always' || (!one.record.stopped && this.#wants(one))
    );
  }

  close(): void {
    for (const { timer } of this.#waits.values()) clearTimeout(timer);
  }
}
