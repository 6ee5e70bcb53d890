/** What the journal knows of an upper directory. Only differences from it become new facts. */
import type { Event, Fact } from '../journal/event.ts';
import { MORE } from '../storage/overlay2/upper.ts';

export class UpperState {
  readonly #values = new Map<string, string>();
  /** facts that are not in the journal yet */
  #facts: Fact[] = [];

  /** The state that an earlier watch, or another daemon, has written to the journal. */
  static async of(pieces: AsyncIterable<readonly Event[]> | Iterable<readonly Event[]>): Promise<UpperState> {
    const told = new UpperState();
    for await (const events of pieces) told.#learn(events);
    told.#facts = [];
    return told;
  }

  #learn(events: readonly Event[]): void {
    for (const event of events) {
      for (const { kind, key, value } of event.type === 'fact' ? event.facts : []) {
        if (kind === 'file' && key === 'upper' && value === null) this.#values.clear();
        if (kind !== 'upper') continue;
        if (value === null) this.gone(key);
        else this.#values.set(key, value);
      }
    }
  }

  /** The number of entries, without the count of entries that are not listed. */
  get size(): number {
    return this.#values.size - (this.#values.has(MORE) ? 1 : 0);
  }
  get = (key: string): string | undefined => this.#values.get(key);
  /** In the order of their last report; the newest is last. */
  keys = (): string[] => [...this.#values.keys()].filter((key) => key !== MORE);
  below = (key: string): string[] => this.keys().filter((other) => other.startsWith(`${key}/`));

  is(key: string, value: string): void {
    if (this.#values.get(key) === value) return;
    this.#values.set(key, value);
    this.#facts.push({ kind: 'upper', key, value });
  }

  /** Removes an entry with all below it; one fact stands for all of them. */
  gone(key: string): void {
    const all = [...this.below(key), ...(this.#values.has(key) ? [key] : [])];
    if (!all.length) return;
    for (const one of all) this.#values.delete(one);
    this.#facts.push({ kind: 'upper', key, value: null });
  }

  more(count: number, atLeast: boolean): void {
    if (count) this.is(MORE, `${atLeast ? 'at least ' : ''}${count} more entries`);
    else this.gone(MORE);
  }

  take(): Fact[] {
    return this.#facts.splice(0);
  }
}
