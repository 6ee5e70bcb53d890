/** --restart: after an exit, and after the daemon has come up. Engine API, RestartPolicy. */
import type { Life } from './surroundings.ts';

const FIRST_MS = 100;
const LONGEST_MS = 60_000;
/** whoever ran this long begins again with a short wait */
const GOOD_RUN_MS = 10_000;

export class Restarts {
  readonly #waits = new Map<string, { ms: number; timer?: NodeJS.Timeout }>();

  #wants({ container, record }: Life): boolean {
    const { Name = 'no', MaximumRetryCount = 0 } = container.request.HostConfig.RestartPolicy ?? {};
    if (Name === 'on-failure')
      return record.exitCode !== 0 && (!MaximumRetryCount || record.restartCount < MaximumRetryCount);
    return Name === 'always' || (Name === 'unless-stopped' && !record.stopped);
  }

  /** Called within the transition to exited: between that and `restarting` no client sees another state. */
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

  /** A start on request while this one waited has taken its place, or it was canceled. */
  async #again(life: Life, timer: NodeJS.Timeout): Promise<void> {
    if (!life.restarting || life.underWay || this.#waits.get(life.container.id)?.timer !== timer) return;
    try {
      await life.begin();
    } catch {
      // why it failed stands in its state and its journal; a container that cannot start is not tried for ever
    }
  }

  /** Removed: nothing of it is remembered. */
  forget(id: string): void {
    clearTimeout(this.#waits.get(id)?.timer);
    this.#waits.delete(id);
  }

  /**
   * Docker's daemon brings back `always` even if it had been stopped, `unless-stopped` and `on-failure` only if not.
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
