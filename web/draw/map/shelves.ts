/** The places at the sides of the map: images as stacks of layers, volumes, operations. */
import { bytes } from '../amounts.ts';
import { fit, rect, text, type Item, type Mark } from '../marks.ts';
import type { Listed } from '../../../server/live/protocol.ts';
import type { Contents } from './contents.ts';
import type { Said } from './tiles.ts';

export interface Place {
  key: 'images' | 'volumes' | 'operations';
  entries: readonly Entry[];
}
export interface Entry {
  sel: string;
  label: string;
  h: number;
  marks(w: number): Mark[];
}

/** 'library/ubuntu:latest' without the default tag; ids and generated names are cut. */
export const shortName = (name: string): string =>
  /^[0-9a-f]{64}$/.test(name) ? name.slice(0, 12) : name.replace(/:latest$/, '');

/** Up to this many slabs are drawn. */
const SLABS = 6;
const SLAB = 5;

function imageEntry({ words: { map: say, amounts } }: Said, image: Contents['images'][number]): Entry {
  const name = image.names[0] ? shortName(image.names[0]) : say.unnamed;
  const [size, layers, used] = [bytes(image.size, amounts), say.layers(image.layers.length), say.usedBy(image.users)];
  const slabs = image.layers.slice(0, SLABS);
  return {
    sel: `image:${image.id}`,
    label: say.image(name, size, layers, used),
    h: 48,
    marks: (w) => [
      rect(0, 0, w, 48, 'mount', 'outline', 8),
      ...slabs.map((_, j) => rect(10, 38 - j * (SLAB + 1), 30, SLAB, 'mount', 'soft', 1)),
      text(50, 20, fit(name, w - 60, 13), 'plain', { bold: true, size: 13 }),
      text(50, 37, fit(`${size}, ${used}`, w - 58, 11), image.users ? 'mount' : 'quiet', { size: 11 }),
    ],
  };
}

function volumeEntry({ words: { map: say } }: Said, { name, users }: Contents['volumes'][number]): Entry {
  const used = say.usedBy(users);
  return {
    sel: `volume:${name}`,
    label: say.volume(name, used),
    h: 40,
    marks: (w) => [
      rect(0, 0, w, 40, 'file', 'outline', 8),
      rect(10, 11, 18, 18, 'file', 'soft', 3),
      rect(10, 11, 18, 6, 'file', 'soft', 3),
      text(38, 17, fit(shortName(name), w - 46, 12), 'plain', { bold: true, size: 12 }),
      text(38, 32, fit(used, w - 46, 11), users ? 'file' : 'quiet', { size: 11 }),
    ],
  };
}

export type Kinds = Record<NonNullable<Listed['operation']>, string>;
function operationEntry({ words: { map: say }, states }: Said, kinds: Kinds, row: Listed): Entry {
  const failed = row.machine === 'failed';
  const tone = failed ? 'failed' : row.machine === 'done' ? 'quiet' : 'active';
  const kind = row.operation ? kinds[row.operation] : '';
  return {
    sel: `operation:${row.id}`,
    label: say.operation(kind, row.name, states[row.machine]),
    h: 26,
    marks: (w) => [
      rect(0, 0, w, 26, tone, tone === 'active' ? 'soft' : 'outline', 6),
      text(14, 17, failed ? '✗' : row.machine === 'done' ? '✓' : '▸', tone === 'quiet' ? 'done' : tone, {
        size: 12,
        anchor: 'middle',
      }),
      text(26, 17, fit(`${kind} ${shortName(row.name)}`, w - 32, 12), 'plain', { size: 12 }),
    ],
  };
}

export const placesOf = (
  said: Said,
  kinds: Kinds,
  { images, volumes, operations }: Contents,
): Record<Place['key'], Place> => ({
  images: { key: 'images', entries: images.map((image) => imageEntry(said, image)) },
  volumes: { key: 'volumes', entries: volumes.map((volume) => volumeEntry(said, volume)) },
  operations: { key: 'operations', entries: operations.map((row) => operationEntry(said, kinds, row)) },
});

const HEAD = 34;
const GAP = 6;
const MORE = 20;
/** The height of a place that shows all of its entries. */
export const heightOf = ({ entries }: Place): number =>
  HEAD + 8 + (entries.length ? entries.reduce((sum, { h }) => sum + h + GAP, 0) : 26);

/** Draws a place; entries that do not fit are counted. */
export function drawPlace(said: Said, { key, entries }: Place, x: number, y: number, w: number, h: number): Item[] {
  const say = said.words.map;
  const inner = w - 20;
  let at = HEAD;
  const items: Item[] = [];
  for (const [j, entry] of entries.entries()) {
    const last = j === entries.length - 1;
    if (at + entry.h + (last ? 0 : MORE) > h) break;
    items.push({
      key: entry.sel,
      sel: entry.sel,
      label: entry.label,
      x: x + 10,
      y: y + at,
      marks: entry.marks(inner),
    });
    at += entry.h + GAP;
  }
  const left = entries.length - items.length;
  const foot = left ? say.hidden(left) : entries.length ? '' : say.none[key];
  return [
    {
      key: `place:${key}`,
      x,
      y,
      marks: [
        rect(0, 0, w, h, 'ghost', 'outline', 10),
        text(12, 22, fit(say.places[key], w - 24, 12), 'quiet', { size: 12, bold: true }),
        ...(foot ? [text(12, at + 14, fit(foot, inner, 11), 'quiet', { size: 11 })] : []),
      ],
    },
    ...items,
  ];
}
