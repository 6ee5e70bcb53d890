import * as assert from 'uvu/assert';
import type { Event } from '../../runtime/journal/event.ts';
import { frameAt } from '../../runtime/journal/frame.ts';
import { Frames } from '../../runtime/journal/frames.ts';
import { longJournal } from '../bench/page/long-journal.ts';
import { suite } from '../harness.ts';
import { journal, names } from '../web/draw/journals.ts';

const test = suite('remembered frames');

/** The same numbers in every run: mulberry32. */
function random(seed: number): (below: number) => number {
  return (below) => {
    seed = (seed + 0x6d2b79f5) | 0;
    let t = Math.imul(seed ^ (seed >>> 15), seed | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) % below;
  };
}
/** A part of a journal as a journal of its own. */
const slice = (events: readonly Event[], from: number, to: number): Event[] =>
  events.slice(from, to).map((event, seq) => ({ ...event, seq }));

for (const name of names) {
  test(`every frame of ${name} is the one from the beginning, forwards, backwards and anyhow`, () => {
    const events = journal(name);
    const right = events.map((_, k) => frameAt(events, k));
    const orders: number[][] = [
      [...events.keys()],
      [...events.keys()].reverse(),
      Array.from(
        { length: events.length },
        (
          (below) => () =>
            below(events.length)
        )(random(7)),
      ),
    ];
    for (const order of orders) {
      const frames = new Frames();
      for (const k of order) assert.equal(frames.at(events, k), right[k], `frame ${k}`);
    }
  });
}

test('of any slice of a long journal, while it grows', () => {
  const all = longJournal(6000);
  const below = random(42);
  for (let round = 0; round < 12; round++) {
    const from = below(all.length - 1500);
    const events = slice(all, from, from + 300 + below(1200));
    const frames = new Frames();
    for (let j = 0; j < 60; j++) {
      const known = events.slice(0, 1 + below(events.length));
      const k = below(known.length + 2) - 1;
      assert.equal(frames.at(known, k), frameAt(known, k), `slice from ${from}: frame ${k} of ${known.length}`);
    }
  }
});

test('whoever changes a frame changes no other', () => {
  const events = journal('limits');
  const frames = new Frames();
  const k = 400;
  const spoilt = frames.at(events, k);
  spoilt.done.push('nonsense');
  for (const known of Object.values(spoilt.facts)) known['nonsense'] = 'x';
  spoilt.state = 'nonsense';
  assert.equal(frames.at(events, k), frameAt(events, k));
  assert.equal(frames.at(events, k + 1), frameAt(events, k + 1));
});

test('before everything, and beyond the end', () => {
  const events = journal('joined');
  const frames = new Frames();
  assert.equal(frames.at(events, -1), frameAt(events, -1));
  assert.equal(frames.at(events, 1e9), frameAt(events, 1e9));
  assert.equal(frames.at([], 5), frameAt([], 5));
});

test('a frame far into a long journal costs what a near one costs', () => {
  const events = longJournal(100_000);
  const frames = new Frames();
  frames.at(events, events.length - 1);
  // Counts the events that are looked at, because time would depend on the machine.
  let looked = 0;
  const counting = new Proxy(events, {
    get: (target, key, receiver) => (
      typeof key === 'string' && /^\d+$/.test(key) && looked++,
      Reflect.get(target, key, receiver) as unknown
    ),
  });
  frames.at(counting, 54_321);
  assert.ok(looked <= 256, `${looked} events for one frame`);
});

test.run();
