/**
 * The lookup that starts at the top: in general for any file, or for the selected one, layer by layer to the one where
 * the lookup ends.
 */
import type { DrawWords } from '../words/en/draw.ts';
import { glyph, path, polyline, text, wrap, type Item, type Mark } from './marks.ts';
import type { Lookup } from './overlay-files.ts';

/** Coordinates of the middle of a shelf's head. */
export interface Stop {
  layer: string;
  y: number;
}
const TOP = 40;
const X = 36;

const outline: Mark[] = [
  path('M-13,10Q0,-4 13,10Q0,24 -13,10Z', 'plain'),
  path('M-4,10A4,4 0 1,0 4,10A4,4 0 1,0 -4,10Z', 'plain', { filled: true }),
];
const item = (marks: Mark[], label?: string): Item => ({
  key: 'read',
  x: 30,
  y: TOP,
  marks: [...outline, ...marks],
  ...(label && { label }),
});
const under = (said: string, y: number): Mark[] =>
  wrap(said, 60, 11).map((line, j) => text(0, y + j * 13, line, 'quiet', { size: 11, anchor: 'middle' }));

/**
 * The sign at each layer of the lookup: a ring where the file is missing, a disc where it is found, a cross for a
 * whiteout.
 */
function sign(lookup: Lookup, stop: Stop): Mark[] {
  const y = stop.y - TOP;
  const part = lookup.parts.get(stop.layer);
  if (part === 'whiteout') return [glyph('cross', X - 12, y, 70, 'failed')];
  if (part === 'hit' || part === 'merged')
    return [glyph('circle', X - 12, y, 80, 'read'), path(polyline([X - 8, y], [X + 8, y]), 'read', { arrow: true })];
  return part === 'absent' ? [glyph('circle', X - 12, y, 50, 'quiet', false)] : [];
}

export function eye({ overlay: words }: DrawWords, shelves: readonly Stop[], lookup: Lookup | undefined): Item {
  const asked = shelves.filter(({ layer }) => layer !== 'merged');
  const last = asked.at(-1)?.y ?? TOP;
  if (!lookup?.parts.size) {
    const bottom = Math.max(last - TOP + 10, 120);
    return item([
      path(polyline([0, 30], [0, bottom - 54]), 'plain', { arrow: true }),
      ...under(lookup ? words.selectLive : words.read, bottom - 36),
    ]);
  }
  const at = asked.findIndex(({ layer }) => layer === lookup.stops);
  const way = asked.slice(0, at < 0 ? asked.length : at + 1);
  const end = (way.at(-1)?.y ?? TOP) - TOP;
  const outcome = lookup.seen ? 'found' : lookup.stops ? 'deleted' : 'not found';
  return item([
    path(polyline([0, 26], [0, end]), lookup.seen ? 'read' : 'failed', { width: 2, arrow: true }),
    ...way.flatMap((stop) => sign(lookup, stop)),
    ...under(words.here[outcome], end + 26),
  ]);
}
