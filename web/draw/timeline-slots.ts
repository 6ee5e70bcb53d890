/** Where each event of a journal stands on the time line. */
import { scaleLinear } from 'd3-scale';
import type { Event } from '../../runtime/journal/event.ts';
import type { DrawWords } from '../words/en/draw.ts';

export type Words = DrawWords['timeline'];
export const titleOf = (words: Words, name: string): string => (name === 'daemon' ? words.daemon : name);

/** Number of events around the cursor that are drawn, because a long journal is never drawn whole. */
export const WINDOW = 360;
/** Pixels: the least width of a bar, and the greatest width of a pause or a long call. */
const LEAST = 5;
export const MOST = 26;

/** The part of the journal around k. Its borders do not move with every step. */
export function windowOf(k: number, of: number): [from: number, to: number] {
  const half = WINDOW / 2;
  const from = Math.max(
    0,
    Math.min(Math.floor((k - half / 2) / half) * half, Math.ceil(Math.max(0, of - WINDOW) / half) * half),
  );
  return [from, Math.min(of, from + WINDOW)];
}

export interface Slot {
  seq: number;
  x: number;
  w: number;
  /** idle time left out before it, in ms */ gap: number;
}
/** The position of each event: time to scale, but a bar is wide enough to click and a gap not wider than MOST. */
export function slots(events: readonly Event[]): Slot[] {
  const pace = scaleLinear([0, 2], [LEAST, MOST - 6]).clamp(true);
  let x = 0;
  let before = events[0]?.time ?? 0;
  return events.map((event) => {
    const ns = 'ns' in event && event.ns !== undefined && event.type !== 'step' ? event.ns : 0;
    const idle = Math.max(0, event.time - ns / 1e6 - before);
    const gap = idle > 5 ? idle : 0;
    x += gap ? MOST : 0;
    const w = event.type === 'call' || event.type === 'http' ? pace(ns / 1e6) : event.type === 'step' ? 3 : LEAST;
    const slot = { seq: event.seq, x, w, gap };
    x += w + 1.5;
    before = event.time;
    return slot;
  });
}
