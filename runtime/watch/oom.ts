/** Memory that ran out, into the journal when it happens: it must be seen in the past too, whether or not somebody was looking. */
import type { Fact } from '../journal/event.ts';
import type { Cgroup } from '../kernel/cgroup/cgroup.ts';
import { waitUntil } from '../kernel/cgroup/wait.ts';
import type { Kernel } from '../kernel/kernel.ts';

/** The kernel tells before it has killed and counted. */
const COUNTED_MS = 2000;

/** The file that counts, as it stands: `memory.oom_control is oom_kill_disable 0, under_oom 0, oom_kill 1`. */
export function oomFact(cgroup: Cgroup): Fact {
  const { path, says } = cgroup.oom();
  return { kind: 'cgroup', key: path, value: says };
}

export class OomWatch {
  #stop: Promise<(() => Promise<void>) | undefined> | undefined;
  #told = 0;

  constructor(private readonly k: Kernel, private readonly container: { readonly cgroup: Cgroup }, private readonly tell: (fact: Fact) => void) {}

  /** Once for each start; again is fine. What cannot be watched is still noticed at the end of the run. */
  begin(): void {
    if (this.#stop) return;
    this.#told = this.container.cgroup.oom().kills;
    this.#stop = this.container.cgroup.onOom(this.k, () => void this.#happened()).catch(() => undefined);
  }

  async #happened(): Promise<void> {
    const counted = await waitUntil(async () => this.container.cgroup.oom().kills > this.#told || !this.#stop, COUNTED_MS);
    const { kills, says } = this.container.cgroup.oom();
    // with the OOM killer disabled (v1) nothing is killed, and everything stands still
    const stands = !counted && /under_oom 1/.test(says);
    if (!this.#stop || (kills <= this.#told && !stands)) return;
    this.#told = kills;
    this.tell(oomFact(this.container.cgroup));
  }

  async end(): Promise<void> {
    const stop = this.#stop;
    this.#stop = undefined;
    await (await stop)?.();
  }
}
