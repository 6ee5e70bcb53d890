/**
 * The frames of one journal, for whoever goes to and fro in it: frame k from the nearest one that is remembered, and
 * not from the beginning.
 * What it answers is what frameAt answers; only sooner.
 */
import type { Event } from './event.ts';
import { advance, begin, type Frame } from './frame.ts';

/** A frame is remembered for so many events: a step of this length takes less than a picture. */
const STRIDE = 256;

/** Of its own all the way down to the values, which are never changed. */
const copied = (frame: Frame): Frame => ({
  ...frame,
  done: [...frame.done],
  facts: Object.fromEntries(Object.entries(frame.facts).map(([kind, known]) => [kind, { ...known }])),
});

const same = (a: Record<string, string>, b: Record<string, string> = {}): boolean => {
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((key) => a[key] === b[key]);
};
/** To be kept beside an older one: what has not changed is kept once. */
function shared(frame: Frame, older: Frame): Frame {
  for (const [kind, known] of Object.entries(older.facts)) {
    const name = kind as keyof Frame['facts'];
    if (frame.facts[name] && same(frame.facts[name], known)) frame.facts[name] = known;
  }
  return frame;
}

/** For a journal that only grows: the events that it has been asked about must stay what they were. */
export class Frames {
  /** at [j] the frame after event j * STRIDE - 1 */
  readonly #kept: Frame[] = [begin()];
  /** the last answer: the next one is often the frame after it */
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
