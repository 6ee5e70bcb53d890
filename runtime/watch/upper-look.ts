/**
 * The one watch on a container's upper directory, for all who look at it: begun with the first, ended with the last.
 */
import { existsSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import type { Event } from '../journal/event.ts';
import type { Journal } from '../journal/journal.ts';
import { daemonKernel } from '../kernel/linux/linux.ts';
import { Stack, type Lower } from '../storage/overlay2/stack.ts';
import { Told } from './upper-state.ts';
import { UpperWatch } from './upper-watch.ts';

/** `lowers` highest first; `mountPoints` are paths in the container. */
export interface Layout {
  upper: string;
  lowers: Lower[];
  mountPoints: ReadonlySet<string>;
}
/** Facts of one event: a line of the journal stays readable. */
const AT_ONCE = 250;
/**
 * Upper is there early in a start, and whoever reads it then is in the way of the rest, which nothing holds up. What is
 * in it by then is told all the same.
 */
const BEHIND_MS = 50;

export class UpperLook {
  #lookers = 0;
  #told: Told | undefined;
  #watching: AbortController | undefined;
  #unlisten: (() => void) | undefined;
  /** the watch before has to be over: both would tell the same */
  #over: Promise<void> = Promise.resolve();

  constructor(
    private readonly journal: Journal,
    private readonly layout: () => Layout,
  ) {}

  by(signal: AbortSignal): void {
    if (signal.aborted) return;
    signal.addEventListener('abort', () => --this.#lookers || this.end(), { once: true });
    if (this.#lookers++) return;
    this.#unlisten = this.journal.listen((event) => this.#heard(event));
    if (existsSync(this.layout().upper)) this.#begin();
  }

  /** Nobody looks, or the daemon ends. */
  end(): void {
    this.#unlisten?.();
    this.#unlisten = undefined;
    this.#watching?.abort();
    this.#watching = undefined;
  }

  /** A container that has not been started has no upper directory, and one that is being removed has none soon. */
  #heard(event: Event): void {
    if (event.type === 'state' && event.to === 'removing') this.#watching?.abort();
    if (event.type !== 'fact') return;
    const upper = event.facts.find(({ kind, key }) => kind === 'file' && key === 'upper');
    if (upper?.value && !this.#watching) this.#begin();
  }

  #begin(): void {
    const watching = (this.#watching = new AbortController());
    this.#over = Promise.all([
      this.#over,
      pause(BEHIND_MS, undefined, { signal: watching.signal }).catch(() => undefined),
    ]).then(() => this.#watch(watching.signal));
  }

  async #watch(signal: AbortSignal): Promise<void> {
    if (signal.aborted) return;
    try {
      const { upper, lowers, mountPoints } = this.layout();
      const told = (this.#told ??= Told.of(this.journal.events()));
      const stack = await Stack.open(daemonKernel(), upper, lowers);
      await UpperWatch.run(
        stack,
        mountPoints,
        told,
        (facts) => {
          for (let at = 0; at < facts.length; at += AT_ONCE)
            this.journal.append({ type: 'fact', facts: facts.slice(at, at + AT_ONCE) });
        },
        signal,
      );
    } catch (error) {
      this.journal.append({
        type: 'note',
        text: `what is written to upper is not shown: ${error instanceof Error ? error.message : String(error)}`,
      });
    }
  }
}
