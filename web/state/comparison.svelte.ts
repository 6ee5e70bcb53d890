/** Another run beside the one that is shown: its journal as it is now, and what differs. */
import { compareRuns, type ComparedStep } from '../../runtime/journal/compare.ts';
import type { Event, Told } from '../../server/live/protocol.ts';
import type { Playground } from './playground.svelte.ts';

let keys = 0;

export class Comparison {
  events = $state.raw<readonly Event[]>([]);
  /** of whom `events` are */
  #of = '';
  message = $state('');
  readonly rows: readonly ComparedStep[] = $derived.by(() => compareRuns(this.playground.events, this.events));

  constructor(readonly playground: Playground) {}

  /** Again whenever it may have grown; only the last one that was asked for counts. */
  async load(id: string): Promise<void> {
    const key = ++keys;
    const arrived: Event[] = [];
    const stop = this.playground.hear((message: Told) => void (message.type === 'journal' && message.key === key && arrived.push(...message.events)));
    if (id !== this.#of) this.events = [];
    this.#of = id;
    try {
      await this.playground.connection.ask('journal', { id, key });
      if (key !== keys) return;
      this.message = '';
      this.events = arrived;
    } catch (error) {
      if (key === keys) this.message = error instanceof Error ? error.message : String(error);
    } finally {
      stop();
    }
  }
}
