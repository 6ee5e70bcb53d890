/**
 * Writes to the journal when a container runs out of memory. It does so whether or not a client looks, because it must
 * be visible later too.
 */
import type { Fact } from '../journal/event.ts';
import type { Cgroup } from '../kernel/cgroup/cgroup.ts';
import { waitUntil } from '../kernel/cgroup/wait.ts';
import type { Kernel } from '../kernel/kernel.ts';

/**
 * How long to wait for the counter. Version 1 reports before the kernel has killed and counted. Version 2 counts first,
 * and also reports each time that the limit is reached and no process is killed.
 */
const COUNTED_MS = 2000;

/**
 * So many kills are reported one by one, later ones only when the count has doubled, because a container may run out of
 * memory in a loop as long as it lives. The final count is reported at the end of the run.
 */
const EACH_MOST = 20;
const isTold = (kills: number, told: number): boolean => kills <= EACH_MOST || kills >= 2 * told;

/** The file with the counter, as it is now: `memory.oom_control is oom_kill_disable 0, under_oom 0, oom_kill 1`. */
export function oomFact(cgroup: Cgroup): Fact {
  const { path, says } = cgroup.oom();
  return { kind: 'cgroup', key: path, value: says };
}

export class OomWatch {
  #stop: Promise<(() => Promise<void>) | undefined> | undefined;
  #told = 0;
  /** what was written to the journal last */
  #saidKills = 0;
  #said = '';
  #waiting = false;
  #again = false;

  constructor(
    private readonly k: Kernel,
    private readonly container: { readonly cgroup: Cgroup },
    private readonly tell: (fact: Fact) => void,
  ) {}

  /** Begins the watch of a start; later calls do nothing. If watching fails, the end of the run still reports kills. */
  begin(): void {
    if (this.#stop) return;
    this.#told = this.container.cgroup.oom().kills;
    this.#stop = this.container.cgroup.onOom(this.k, () => void this.#happened()).catch(() => undefined);
  }

  /** Waits for the counter, once at a time, however many events come. */
  async #happened(): Promise<void> {
    if (this.#waiting) return void (this.#again = true);
    this.#waiting = true;
    do {
      this.#again = false;
      await this.#look();
    } while (this.#again && this.#stop);
    this.#waiting = false;
  }

  async #look(): Promise<void> {
    const isCounted = async () => this.container.cgroup.oom().kills > this.#told || !this.#stop;
    const counted = this.container.cgroup.version === 1 ? await waitUntil(isCounted, COUNTED_MS) : await isCounted();
    const { kills, says } = this.container.cgroup.oom();
    // with the OOM killer disabled (v1) no process is killed; the container's processes wait
    const stands = !counted && /under_oom 1/.test(says);
    if (!this.#stop || (kills <= this.#told && !stands)) return;
    this.#told = kills;
    if (stands ? says === this.#said : !isTold(kills, this.#saidKills)) return;
    this.#said = says;
    this.#saidKills = kills;
    this.tell(oomFact(this.container.cgroup));
  }

  async end(): Promise<void> {
    const stop = this.#stop;
    this.#stop = undefined;
    await (
      await stop
    )?.();
  }
}
