/** --restart: after an exit, and after the daemon has come up. Engine API, RestartPolicy. */
import type { Supervisor } from './supervisor.ts';

const FIRST_MS = 100;
const LONGEST_MS = 60_000;
/** whoever ran this long begins again with a short wait */
const GOOD_RUN_MS = 10_000;

export class Restarts {
  readonly #waits = new Map<string, { ms: number; timer?: NodeJS.Timeout }>();

  #wants({ container, record }: Supervisor): boolean {
    const { Name = 'no', MaximumRetryCount = 0 } = container.request.HostConfig.RestartPolicy ?? {};
    if (Name === 'on-failure') return record.exitCode !== 0 && !record.stopped && (!MaximumRetryCount || record.restartCount < MaximumRetryCount);
    return (Name === 'always' || Name === 'unless-stopped') && !record.stopped;
  }

  afterExit(supervisor: Supervisor): void {
    const { id } = supervisor.container;
    if (!this.#wants(supervisor)) return;
    const lasted = supervisor.record.finishedAt - supervisor.record.startedAt;
    const before = lasted < GOOD_RUN_MS ? this.#waits.get(id)?.ms : undefined;
    const ms = before ? Math.min(before * 2, LONGEST_MS) : FIRST_MS;
    supervisor.restarting = true;
    const timer = setTimeout(() => void this.#again(supervisor), ms);
    this.#waits.set(id, { ms, timer });
  }

  async #again(supervisor: Supervisor): Promise<void> {
    if (!supervisor.restarting || supervisor.machine === 'removed') return;
    supervisor.restarting = false;
    supervisor.record.restartCount++;
    try {
      await supervisor.start();
    } catch {
      // why it failed stands in its state and its journal; a container that cannot start is not tried for ever
    }
  }

  /** Docker's daemon brings back `always` even if it had been stopped, `unless-stopped` and `on-failure` only if not. */
  afterBoot({ container, record }: Supervisor): boolean {
    const { Name = 'no' } = container.request.HostConfig.RestartPolicy ?? {};
    return Name === 'always' || (Name === 'unless-stopped' && !record.stopped);
  }

  close(): void {
    for (const { timer } of this.#waits.values()) clearTimeout(timer);
  }
}
