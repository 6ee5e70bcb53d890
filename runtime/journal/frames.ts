/**
 * Frames of one journal, for a reader that goes forward and back. Frame k is computed from the nearest kept frame, not
 * from the beginning. The result equals that of frameAt, but comes sooner.
 */
import type { Event } from './event.ts';
import { advance, begin, type Frame } from './frame.ts';

/** One frame is kept for so many events. Applying that many takes less time than the browser has for one picture. */
const STRIDE = 256;

/** A copy that shares nothing with `frame` but its values, which never change. */
const copied = (frame: Frame): Frame => ({
  ...frame,
  done: [...frame.done],
  facts: Object.fromEntries(Object.entries(frame.facts).map(([kind, known]) => [kind, { ...known }])),
});

const same = (a: Record<string, string>, b: Record<string, string> = {}): boolean => {
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((key) => a[key] === b[key]);
};
/** Shares with an older frame the facts that are equal in both, to save memory. */
function shared(frame: Frame, older: Frame): Frame {
  for (const [kind, known] of Object.entries(older.facts)) {
    const name = kind as keyof Frame['facts'];
    if (frame.facts[name] && same(frame.facts[name], known)) frame.facts[name] = known;
  }
  return frame;
}

/** Frames of a journal that only grows: events that were passed to `at` must not change later. */
export class Frames {
  /** [j]: the frame after event j * STRIDE - 1 */
  readonly #kept: Frame[] = [begin()];
  /** the last result; the next one is often the frame after it */
  #last = begin();

  at(events: readonly Event[], k: number): Frame {
    const wanted = Math.max(-1, Math.min(k, events.length - 1));
    const frame = this.#from(events, wanted);
    for (let j = frame.k + 1; j <= wanted; j++) advance(frame, events[j]!);
    frame.of = events.length;
    this.#last = frame;
    return copied(frame);
  }

  #from(events: readonly Event[], wanted: number): Frame {
    const slot = Math.floor((wanted + 1) / STRIDE);
    while (this.#kept.length <= slot) {
      const older = this.#kept.at(-1)!;
      const next = copied(older);
      for (const event of events.slice(next.k + 1, this.#kept.length * STRIDE)) advance(next, event);
      this.#kept.push(shared(next, older));
    }
    const kept = this.#kept[slot]!;
    return this.#last.k <= wanted && this.#last.k > kept.k ? this.#last : copied(kept);
  }
}
