/**
 * Memory that ran out, into the journal when it happens: it must be seen in the past too, whether or not somebody was
 * looking.
 */
import type { Fact } from '../journal/event.ts';
import type { Cgroup } from '../kernel/cgroup/cgroup.ts';
import { waitUntil } from '../kernel/cgroup/wait.ts';
import type { Kernel } from '../kernel/kernel.ts';

/**
 * Version 1 tells before it has killed and counted; version 2 counts first, and also tells each time the limit is met
 * and nobody dies.
 */
const COUNTED_MS = 2000;

/**
 * So many are told each by itself; after that one when the count has doubled. A container may run out of memory in a
 * loop for as long as it lives; how often it was at last is told at the end of the run.
 */
const EACH_MOST = 20;
const isTold = (kills: number, told: number): boolean => kills <= EACH_MOST || kills >= 2 * told;

/** The file that counts, as it stands: `memory.oom_control is oom_kill_disable 0, under_oom 0, oom_kill 1`. */
export function oomFact(cgroup: Cgroup): Fact {
  const { path, says } = cgroup.oom();
  return { kind: 'cgroup', key: path, value: says };
}

export class OomWatch {
  #stop: Promise<(() => Promise<void>) | undefined> | undefined;
  #told = 0;
  /** what the journal has */
  #saidKills = 0;
  #said = '';
  #waiting = false;
  #again = false;

  constructor(
    private readonly k: Kernel,
    private readonly container: { readonly cgroup: Cgroup },
    private readonly tell: (fact: Fact) => void,
  ) {}

  /** Once for each start; again is fine. What cannot be watched is still noticed at the end of the run. */
  begin(): void {
    if (this.#stop) return;
    this.#told = this.container.cgroup.oom().kills;
    this.#stop = this.container.cgroup.onOom(this.k, () => void this.#happened()).catch(() => undefined);
  }

  /** One wait at a time, however often it is told. */
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
    // with the OOM killer disabled (v1) nothing is killed, and everything stands still
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
