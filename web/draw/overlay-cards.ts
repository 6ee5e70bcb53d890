/** Files as cards on the shelves: copied up from the layer below, new, deleted, or hiding a file below. */
import type { UpperEntry } from '../../runtime/storage/overlay2/upper.ts';
import type { DrawWords } from '../words/en/draw.ts';
import { fit, glyph, path, polyline, rect, text, type Glyph, type Item, type Mark, type Tone } from './marks.ts';
import { whatItIs, type Column, type Lying } from './overlay-files.ts';

export const CARD = { wide: 98, high: 46, gap: 6, top: 42 } as const;
const signs: Record<UpperEntry['what'], Glyph> = {
  'copied-up': 'triangle',
  created: 'star',
  replaced: 'diamond',
  opaque: 'square',
  whiteout: 'cross',
  'mount-point': 'circle',
  mark: 'circle',
};
const tones: Record<UpperEntry['what'], Tone> = {
  'copied-up': 'write',
  created: 'own',
  replaced: 'write',
  opaque: 'failed',
  whiteout: 'failed',
  'mount-point': 'mount',
  mark: 'mount',
};

const nameOf = (path: string): string => path.slice(path.lastIndexOf('/') + 1) || '/';
const folderOf = (path: string): string => path.slice(0, path.lastIndexOf('/')) || '/';
export const columnX = (column: number): number => 20 + column * (CARD.wide + CARD.gap);

/** Hatching, with a plain rectangle on it for the text. */
const hatched = (tone: Tone): Mark[] => [
  rect(0, 0, CARD.wide, CARD.high, tone, 'hatched', 4),
  rect(4, 3, CARD.wide - 24, CARD.high - 6, tone, 'outline', 3),
];

function face(name: string, second: string, third: string, tone: Tone, bold: boolean): Mark[] {
  return [
    text(8, 15, fit(name, CARD.wide - 28, 11.5, true), tone === 'ghost' ? 'quiet' : 'plain', {
      size: 11.5,
      mono: true,
      bold,
    }),
    text(8, 28, fit(second, CARD.wide - 28, 11), 'quiet', { size: 11 }),
    text(8, 40, fit(third, CARD.wide - 20, 11), tone === 'ghost' ? 'quiet' : tone, { size: 11, bold }),
  ];
}

/** A card in upper. A copied-up file moves in from its place in the lower layer. */
export function upperCard(
  words: DrawWords,
  { path: file, entry, isNew }: Column,
  x: number,
  y: number,
  lay: number | undefined,
): Item[] {
  if (!entry) return [];
  const tone = tones[entry.what];
  const what = words.overlay.what[entry.what];
  const marks: Mark[] = [
    ...(entry.what === 'whiteout' ? hatched(tone) : [rect(0, 0, CARD.wide, CARD.high, tone, 'soft', 4)]),
    ...(isNew ? [path(`M0,0H${CARD.wide}V${CARD.high}H0Z`, 'active', { width: 3 })] : []),
    glyph(signs[entry.what], CARD.wide - 11, 11, 44, tone),
    ...face(nameOf(file), words.overlay.inFolder(folderOf(file)), what, tone, true),
  ];
  const label = words.overlay.fileInUpper(
    file,
    what,
    entry.what === 'whiteout' ? words.overlay.whiteoutIs : whatItIs(words, entry),
  );
  return [
    {
      key: `upper:${file}`,
      sel: `upper:${file}`,
      x,
      y,
      marks,
      label,
      ...(entry.what === 'copied-up' && lay !== undefined && { from: { x: 0, y: lay - y } }),
    },
  ];
}

/** A file in a lower layer: hidden by a card above, or visible in the container. */
export function lowerCard(
  { overlay: words }: DrawWords,
  file: string,
  layer: string,
  lying: Lying,
  x: number,
  y: number,
): Item {
  const seen = lying === 'seen';
  return {
    key: `lower:${layer}:${file}`,
    x,
    y,
    marks: [
      ...(lying === 'hidden'
        ? hatched('quiet')
        : [rect(0, 0, CARD.wide, CARD.high, seen ? 'read' : 'quiet', seen ? 'soft' : 'dashed', 4)]),
      ...face(nameOf(file), words.inFolder(folderOf(file)), words.lying[lying], seen ? 'read' : 'ghost', seen),
    ],
  };
}

/**
 * Connects a file in a lower layer with its copy in upper (an arrow), or shows that it is hidden (a shadow). `above`
 * and `below`: y of the edges of the two shelves.
 */
export function tie(file: string, x: number, above: number, below: number, lying: Lying): Item {
  const middle = x + CARD.wide / 2;
  const marks =
    lying === 'left'
      ? [path(polyline([middle, below], [middle, above + 2]), 'write', { arrow: true, width: 2 })]
      : [-26, 26].map((side) =>
          path(polyline([middle + side, above], [middle + side, below]), 'failed', { dashed: true }),
        );
  return { key: `tie:${file}`, x: 0, y: 0, marks };
}
