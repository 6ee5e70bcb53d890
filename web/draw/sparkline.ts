/** A small chart of one number over the last minute; the newest value is at the right. */
import { glyph, path, polyline, rect, type Mark, type Tone } from './marks.ts';

export interface Point {
  time: number;
  value: number;
}
const SPAN_MS = 60_000;

/**
 * Drawn in a box at x, y; `wall` is the limit, drawn as a line if it is in the range of the box. `kills`: times of the
 * OOM killer, each a cross at the top.
 */
export function sparkline(
  points: readonly Point[],
  { x, y, w, h, top, wall }: { x: number; y: number; w: number; h: number; top: number; wall?: number | undefined },
  tone: Tone,
  kills: readonly number[] = [],
): Mark[] {
  const newest = points.at(-1)?.time ?? 0;
  const high = (value: number) => y + h - (Math.min(Math.max(0, value), top) / top) * h;
  const places = points
    .filter(({ time }) => newest - time <= SPAN_MS)
    .map(({ time, value }): [number, number] => [x + w - ((newest - time) / SPAN_MS) * w, high(value)]);
  const [first, last] = [places[0], places.at(-1)];
  return [
    rect(x, y, w, h, 'quiet', 'outline', 2),
    ...(first && last && places.length > 1
      ? [
          path(`${polyline([first[0], y + h], ...places, [last[0], y + h])}Z`, tone, { filled: true, width: 1 }),
          path(polyline(...places), tone, { width: 1.5 }),
        ]
      : []),
    ...(wall !== undefined && wall <= top
      ? [path(polyline([x, high(wall)], [x + w, high(wall)]), 'failed', { width: 1.2, dashed: true })]
      : []),
    ...kills
      .filter((time) => newest - time <= SPAN_MS && time <= newest)
      .map((time) => glyph('cross', x + w - ((newest - time) / SPAN_MS) * w, y + 7, 60, 'failed')),
  ];
}
