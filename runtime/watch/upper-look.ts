/**
 * One watch on a container's upper directory, shared by all clients that look at it. It begins with the first client
 * and ends with the last.
 */
import { existsSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import type { Event } from '../journal/event.ts';
import type { Journal } from '../journal/journal.ts';
import { daemonKernel } from '../kernel/linux/linux.ts';
import { Stack, type Lower } from '../storage/overlay2/stack.ts';
import { UpperState } from './upper-state.ts';
import { UpperWatch } from './upper-watch.ts';

/** `lowers`: highest first. `mountPoints`: paths in the container. */
export interface Layout {
  upper: string;
  lowers: Lower[];
  mountPoints: ReadonlySet<string>;
}
/** The most facts in one event, so that a line of the journal stays readable. */
const AT_ONCE = 250;
/**
 * How long the watch waits after the upper directory was made. It is made early in a start, and reading it then would
 * delay the rest of the start. Its entries are reported all the same.
 */
const BEHIND_MS = 50;

export class UpperLook {
  #lookers = 0;
  #told: UpperState | undefined;
  #watching: AbortController | undefined;
  #unlisten: (() => void) | undefined;
  /** the watch before must end first, because both would report the same */
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

  /** Ends the watch: no client looks any more, or the daemon ends. */
  end(): void {
    this.#unlisten?.();
    this.#unlisten = undefined;
    this.#watching?.abort();
    this.#watching = undefined;
  }

  /**
   * Begins the watch when the upper directory is made. Ends it when the container is removed, and the directory too.
   */
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
      const told = (this.#told ??= await UpperState.of(this.journal.batches(false)));
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
