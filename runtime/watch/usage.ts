/**
 * What a container uses, sampled four times a second while a client looks. There is one timer a container for all
 * clients. Samples are not journaled, because they would fill the journal. The newest are kept, so that a client that
 * comes later sees the last minute.
 */
import { daemonKernel } from '../kernel/linux/linux.ts';
import type { Kernel } from '../kernel/kernel.ts';
import { usageOf, type Usage } from '../kernel/cgroup/usage.ts';
import type { Container } from '../container/container.ts';
import { linkCounters, type LinkCounters } from './links.ts';
import { ruleCounters } from './rules.ts';

/** `time`: ms since 1970 */
export interface Sample extends Usage {
  time: number;
  links: LinkCounters[];
  /** the rules of its bridge with their counters, in one sample a second: each reading dumps the table */
  rules?: string[];
}

/** one sample of these has the rules */
const RULES_EACH = 4;
const PERIOD_MS = 250;
/** samples of one minute */
const KEPT = 240;

/** A sample of this moment; undefined when the container has no process. */
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
  #round = 0;
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
    // after a pause, a chart would join the old samples to the new ones by a line that was not measured
    this.kept = [];
  }

  async #look(): Promise<void> {
    if (this.#busy) return;
    this.#busy = true;
    try {
      const sample = await sampleOf(this.#k, this.container).catch(() => undefined);
      if (!sample || !this.#timer) return;
      if (this.#round++ % RULES_EACH === 0) {
        const rules = await ruleCounters(this.#k, this.container);
        if (rules) sample.rules = rules;
      }
      if (!this.#timer) return;
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

/** `kept`: the samples so far. `stop` ends this client's part; the last one ends the sampling. */
export function watchUsage(
  container: Container,
  hear: (sample: Sample) => void,
): { kept: readonly Sample[]; stop(): void } {
  const one = watched.get(container) ?? new Watched(container);
  watched.set(container, one);
  // a new function each time, because the same `hear` may watch twice
  const hearer = (sample: Sample) => hear(sample);
  const kept = [...one.kept];
  one.hearers.add(hearer);
  one.begin();
  const stop = () => {
    if (one.hearers.delete(hearer) && !one.hearers.size) one.end();
  };
  return { kept, stop };
}
