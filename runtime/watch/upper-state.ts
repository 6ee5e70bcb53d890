/** What has been told of an upper directory: from it follows what is new. */
import type { Event, Fact } from '../journal/event.ts';
import { MORE } from '../storage/overlay2/upper.ts';

export class Told {
  readonly #values = new Map<string, string>();
  /** not yet in the journal */
  #facts: Fact[] = [];

  /** As the journal has it: what another watch, or another daemon, has told. */
  static of(events: Iterable<Event>): Told {
    const told = new Told();
    for (const event of events) {
      for (const { kind, key, value } of event.type === 'fact' ? event.facts : []) {
        if (kind === 'file' && key === 'upper' && value === null) told.#values.clear();
        if (kind !== 'upper') continue;
        if (value === null) told.gone(key);
        else told.#values.set(key, value);
      }
    }
    told.#facts = [];
    return told;
  }

  /** Entries, without the count of what is not told. */
  get size(): number {
    return this.#values.size - (this.#values.has(MORE) ? 1 : 0);
  }
  get = (key: string): string | undefined => this.#values.get(key);
  /** The newest last. */
  keys = (): string[] => [...this.#values.keys()].filter((key) => key !== MORE);
  below = (key: string): string[] => this.keys().filter((other) => other.startsWith(`${key}/`));

  is(key: string, value: string): void {
    if (this.#values.get(key) === value) return;
    this.#values.set(key, value);
    this.#facts.push({ kind: 'upper', key, value });
  }

  /** With all that lies below it: one fact says it of all. */
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
