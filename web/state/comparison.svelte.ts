/** The second run of a comparison: its current journal, and the differences. */
import { compareRuns, type ComparedStep, type SideName } from '../../runtime/journal/compare.ts';
import type { Event, Told } from '../../server/live/protocol.ts';
import { A_FILE } from './hash.ts';
import type { Playground } from './playground.svelte.ts';
import { FILE_MOST, readRunFile, Unreadable } from './run-file.ts';

let keys = 0;

export class Comparison {
  events = $state.raw<readonly Event[]>([]);
  /** the container that `events` belong to */
  #of = '';
  message = $state('');
  /** a file that could not be read, with the reason */
  unread = $state.raw<Unreadable | undefined>();
  readonly #a = $derived.by(() => this.playground.files.a?.events ?? this.playground.events);
  readonly #b = $derived.by(() => this.playground.files.b?.events ?? this.events);
  readonly rows: readonly ComparedStep[] = $derived.by(() => compareRuns(this.#a, this.#b));

  constructor(readonly playground: Playground) {}

  /** Called again whenever the journal may have grown. Only the answer to the last request is used. */
  async load(id: string): Promise<void> {
    const key = ++keys;
    if (id === A_FILE) return void (this.message = '');
    const arrived: Event[] = [];
    const stop = this.playground.hear(
      (message: Told) => void (message.type === 'journal' && message.key === key && arrived.push(...message.events)),
    );
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

  /** Uses a recording from the disk for one side. The page reads the file; it is not sent anywhere. */
  async choose(side: SideName, file: File): Promise<void> {
    this.unread = undefined;
    try {
      if (file.size > FILE_MOST) throw new Unreadable('large');
      const run = readRunFile(await file.text());
      this.playground.files = { ...this.playground.files, [side]: run };
    } catch (error) {
      this.unread = error instanceof Unreadable ? error : new Unreadable('other');
    }
  }
}
