/**
 * What a container uses, four times a second, while somebody looks: one timer a container, however many look. It is not
 * journaled, which it would drown; the newest samples are kept so that whoever comes later sees where it came from.
 */
import { daemonKernel } from '../kernel/linux/linux.ts';
import type { Kernel } from '../kernel/kernel.ts';
import { usageOf, type Usage } from '../kernel/cgroup/usage.ts';
import type { Container } from '../container/container.ts';
import { linkCounters, type LinkCounters } from './links.ts';

/** `time`: ms since 1970 */
export interface Sample extends Usage {
  time: number;
  links: LinkCounters[];
}

const PERIOD_MS = 250;
/** a minute */
const KEPT = 240;

/** Undefined when there is no process, and so nothing that could use anything. */
export async function sampleOf(k: Kernel, container: Container): Promise<Sample | undefined> {
  const { pid } = container.live;
  if (pid === undefined) return undefined;
  const [usage, links] = [await usageOf(container.cgroup), await linkCounters(k, container).catch(() => [])];
  return container.live.pid === pid ? { time: Date.now(), ...usage, links } : undefined;
}

class Watched {
  readonly hearers = new Set<(sample: Sample) => void>();
  kept: Sample[] = [];
  #timer: NodeJS.Timeout | undefined;
  #busy = false;
  #pid: number | undefined;
  readonly #k = daemonKernel();

  constructor(private readonly container: Container) {}

  begin(): void {
    if (this.#timer) return;
    this.#timer = setInterval(() => void this.#look(), PERIOD_MS).unref();
    void this.#look();
  }

  end(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    // after a while unseen the old ones would be joined to the new ones by a line that nobody measured
    this.kept = [];
  }

  async #look(): Promise<void> {
    if (this.#busy) return;
    this.#busy = true;
    try {
      const sample = await sampleOf(this.#k, this.container).catch(() => undefined);
      if (!sample || !this.#timer) return;
      if (this.#pid !== this.container.live.pid) this.kept = [];
      this.#pid = this.container.live.pid;
      this.kept.push(sample);
      if (this.kept.length > KEPT) this.kept.shift();
      for (const hear of this.hearers) hear(sample);
    } finally {
      this.#busy = false;
    }
  }
}

const watched = new WeakMap<Container, Watched>();

/** `kept`: what others have seen already. `stop` ends it, and with the last one the sampling. */
export function watchUsage(
  container: Container,
  hear: (sample: Sample) => void,
): { kept: readonly Sample[]; stop(): void } {
  const one = watched.get(container) ?? new Watched(container);
  watched.set(container, one);
  // a hearer of its own, though the same function may watch twice
  const hearer = (sample: Sample) => hear(sample);
  const kept = [...one.kept];
  one.hearers.add(hearer);
  one.begin();
  const stop = () => {
    if (one.hearers.delete(hearer) && !one.hearers.size) one.end();
  };
  return { kept, stop };
}
