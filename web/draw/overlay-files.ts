/**
 * Selects the files shown on the shelves: the newest of upper, each above the file that it was copied from or hides,
 * and the selected file.
 */
import type { Frame } from '../../runtime/journal/frame.ts';
import type { Layered, Lineage } from '../../runtime/storage/overlay2/lineage.ts';
import { MORE, parseUpper, type UpperEntry } from '../../runtime/storage/overlay2/upper.ts';
import type { DrawWords } from '../words/en/draw.ts';
import { bytes } from './amounts.ts';
import { changed, factsOf } from './facts.ts';

export interface UpperFile {
  path: string;
  entry: UpperEntry;
}
/**
 * The state of a file in a lower layer: 'seen' in the container, 'left' behind after a copy-up, or 'hidden' by a layer
 * above.
 */
export type Lying = 'seen' | 'left' | 'hidden';
/** A file and its places: a column of the picture. `lowers` is indexed by the layer's diffID. */
export interface Column {
  path: string;
  entry?: UpperEntry;
  lowers: Map<string, Lying>;
  isNew: boolean;
}

export const COLUMNS = 4;

/** The files of upper in the order in which they appeared. */
export const upperFiles = (frame: Frame): UpperFile[] =>
  Object.entries(factsOf(frame, 'upper')).flatMap(([path, value]) => {
    const entry = parseUpper(value);
    return entry ? [{ path, entry }] : [];
  });
/** The number of entries that are not listed. */
export const untold = (frame: Frame): number => Number.parseInt(factsOf(frame, 'upper')[MORE] ?? '0', 10) || 0;

/**
 * The files that were changed after the start: without those that the start itself made, and without directories that
 * exist only as parents.
 */
export function doneFiles(frame: Frame): UpperFile[] {
  const files = upperFiles(frame).filter(({ entry: { what } }) => what !== 'mount-point' && what !== 'mark');
  const ways = new Set(Object.keys(factsOf(frame, 'upper')).flatMap((path) => waysTo(path)));
  return files.filter(({ path, entry }) => !(entry.what === 'copied-up' && entry.type === 'dir' && ways.has(path)));
}
/** The parent directories: '/etc' and '/etc/apt' for '/etc/apt/sources.list'. */
const waysTo = (path: string): string[] =>
  path
    .split('/')
    .slice(1, -1)
    .map((_, j, names) => `/${names.slice(0, j + 1).join('/')}`);

/** The path in a selection 'upper:/etc/passwd' or 'file:/etc/passwd'; undefined for other selections. */
export const selectedPath = (sel: string | undefined): string | undefined =>
  /^(?:upper|file):(\/.*)$/s.exec(sel ?? '')?.[1];

/** 'file, 315 B' */
export const whatItIs = (
  { overlay, amounts }: DrawWords,
  { type, size }: { type: UpperEntry['type']; size: number },
): string => `${overlay.types[type]}${type === 'file' || type === 'symlink' ? `, ${bytes(size, amounts)}` : ''}`;
/**
 * Mode and owner as numbers, because names ('0644 root:root') need the container's passwd(5), while the kernel knows
 * only numbers.
 */
export const rightsWords = ({ mode, uid, gid }: { mode: number; uid: number; gid: number }): string =>
  `${mode.toString(8).padStart(4, '0')} ${uid}:${gid}`;

const lyingOf = ({ what }: UpperEntry): Lying => (what === 'copied-up' ? 'left' : 'hidden');
const ofLineage = (upper: UpperEntry | undefined, { layers }: Lineage): [string, Lying][] =>
  layers
    .filter(({ layer, part }) => layer !== 'upper' && part !== 'absent')
    .map(({ layer, part }): [string, Lying] => [
      layer,
      part === 'hit' || part === 'merged' ? 'seen' : layer === upper?.from ? lyingOf(upper) : 'hidden',
    ]);

/**
 * The newest files come last, so that a file keeps its column as long as possible. The selected file always has a
 * column.
 */
export function columnsOf(
  frame: Frame,
  previous: Frame | undefined,
  sel: string | undefined,
  lineage: Lineage | undefined,
): { columns: Column[]; rest: number } {
  const all = doneFiles(frame);
  const selected = selectedPath(sel);
  const shown = all.slice(-COLUMNS);
  if (selected && !shown.some(({ path }) => path === selected)) {
    const found = upperFiles(frame).find(({ path }) => path === selected);
    if (shown.length === COLUMNS) shown.shift();
    if (found) shown.unshift(found);
  }
  const columns = shown.map(({ path, entry }): Column => ({
    path,
    entry,
    lowers: new Map(entry.from ? [[entry.from, lyingOf(entry)]] : []),
    isNew: changed(frame, previous, 'upper', path),
  }));
  if (selected && !columns.some(({ path }) => path === selected))
    columns.unshift({ path: selected, lowers: new Map(), isNew: false });
  const column = columns.find(({ path }) => path === selected);
  if (column && lineage && lineage.asked === selected) column.lowers = new Map(ofLineage(column.entry, lineage));
  return {
    columns: columns.slice(0, COLUMNS),
    rest: all.length - columns.filter(({ path }) => all.some((one) => one.path === path)).length,
  };
}

/**
 * The lookup of the selected file: layer by layer from upper down, until one decides. Computed from facts alone if the
 * daemon was not asked.
 */
export interface Lookup {
  path: string;
  /** by shelf: 'upper' or a layer's diffID */ parts: Map<string, Layered['part']>;
  stops: string | undefined;
  seen: boolean;
}
export function lookupOf(frame: Frame, sel: string | undefined, lineage: Lineage | undefined): Lookup | undefined {
  const path = selectedPath(sel);
  if (!path) return undefined;
  if (lineage?.asked === path)
    return {
      path,
      parts: new Map(lineage.layers.map(({ layer, part }) => [layer, part])),
      stops: lineage.stops ?? undefined,
      seen: lineage.seen,
    };
  const entry = parseUpper(factsOf(frame, 'upper')[path] ?? '');
  if (!entry) return { path, parts: new Map(), stops: undefined, seen: false };
  return {
    path,
    parts: new Map([
      ['upper', entry.what === 'whiteout' ? 'whiteout' : 'hit'],
      ...(entry.from ? [[entry.from, 'hidden'] as const] : []),
    ]),
    stops: 'upper',
    seen: entry.what !== 'whiteout',
  };
}
