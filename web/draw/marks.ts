/**
 * The elements of a picture. A picture is a list of items; an item is an object that can be selected, keeps its key
 * from frame to frame (so that it moves instead of jumping), and has a few marks. Plain data; web/panels/Drawing.svelte
 * turns it into SVG.
 */
import {
  line,
  linkHorizontal,
  linkVertical,
  symbol,
  symbolCircle,
  symbolCross,
  symbolDiamond,
  symbolSquare,
  symbolStar,
  symbolTriangle,
  symbolWye,
  curveBasis,
  type SymbolType,
} from 'd3-shape';

/**
 * The meaning of a mark; palette.css defines its colours ('solid': text on a solid surface). Shape or text always says
 * the same as the colour.
 */
export type Tone =
  | 'plain'
  | 'quiet'
  | 'ghost'
  | 'own'
  | 'host'
  | 'done'
  | 'active'
  | 'failed'
  | 'write'
  | 'read'
  | 'other'
  | 'process'
  | 'mount'
  | 'file'
  | 'namespace'
  | 'network'
  | 'cgroup'
  | 'security'
  | 'solid';

export interface Rect {
  shape: 'rect';
  x: number;
  y: number;
  w: number;
  h: number;
  r?: number;
  tone: Tone;
  look?: 'solid' | 'soft' | 'dashed' | 'outline' | 'hatched' | 'bare';
}
export interface Path {
  shape: 'path';
  d: string;
  tone: Tone;
  width?: number;
  dashed?: boolean;
  arrow?: boolean;
  filled?: boolean;
}
export interface Text {
  shape: 'text';
  x: number;
  y: number;
  text: string;
  tone: Tone;
  size?: number;
  anchor?: 'start' | 'middle' | 'end';
  bold?: boolean;
  mono?: boolean;
}
export type Mark = Rect | Path | Text;

export interface Item {
  key: string;
  x: number;
  y: number;
  marks: Mark[];
  /**
   * the item's description for screen readers; an item with a label can have the focus, and needs a mark besides its
   * texts that can be clicked
   */
  label?: string;
  sel?: string;
  /** `seq` of the event that the item stands for */
  seek?: number;
  /** offset of the place from which the item moves in when it appears: for copied-up files and packets */
  from?: { x: number; y: number };
}
export interface Row {
  key: string;
  cells: string[];
  sel?: string;
  seek?: number;
}
/** The content of a picture as a table. */
export interface Table {
  columns: string[];
  rows: Row[];
}
/** `summary`: the picture in one sentence. */
export interface Drawing {
  width: number;
  height: number;
  items: Item[];
  table: Table;
  summary: string;
}

export const rect = (
  x: number,
  y: number,
  w: number,
  h: number,
  tone: Tone,
  look: Rect['look'] = 'soft',
  r = 6,
): Rect => ({ shape: 'rect', x, y, w, h, r, tone, look });
export const text = (x: number, y: number, value: string, tone: Tone = 'plain', more: Partial<Text> = {}): Text => ({
  shape: 'text',
  x,
  y,
  text: value,
  tone,
  ...more,
});
export const path = (d: string, tone: Tone, more: Partial<Path> = {}): Path => ({ shape: 'path', d, tone, ...more });

type Point = readonly [number, number];
/** The path of straight lines from point to point. */
export const polyline = (...points: Point[]): string => line<Point>()(points as Point[]) ?? '';
/** The path of a hanging cable. */
export const cable = (...points: Point[]): string => line<Point>().curve(curveBasis)(points as Point[]) ?? '';
export const across = (source: Point, target: Point): string =>
  linkHorizontal()({ source: [...source], target: [...target] }) ?? '';
export const downward = (source: Point, target: Point): string =>
  linkVertical()({ source: [...source], target: [...target] }) ?? '';

const glyphs = {
  circle: symbolCircle,
  cross: symbolCross,
  diamond: symbolDiamond,
  square: symbolSquare,
  star: symbolStar,
  triangle: symbolTriangle,
  wye: symbolWye,
} satisfies Record<string, SymbolType>;
export type Glyph = keyof typeof glyphs;
/** A small symbol around a point. */
export const glyph = (name: Glyph, x: number, y: number, area: number, tone: Tone, filled = true): Path => ({
  shape: 'path',
  d: moved(symbol(glyphs[name], area)() ?? '', x, y),
  tone,
  filled,
});

/**
 * d3's symbols are centred on 0,0. Only the start (M) must be moved, because the rest of the path is relative (h and v
 * of the square).
 */
function moved(d: string, x: number, y: number): string {
  return d.replace(/([MLHVAC])([^A-Za-z]*)/g, (_, command: string, numbers: string) => {
    const at = numbers.split(/[ ,]+/).filter(Boolean).map(Number);
    if (command === 'H') return `H${at.map((n) => n + x).join()}`;
    if (command === 'V') return `V${at.map((n) => n + y).join()}`;
    if (command === 'A') return `A${at.map((n, j) => (j % 7 === 5 ? n + x : j % 7 === 6 ? n + y : n)).join()}`;
    return `${command}${at.map((n, j) => n + (j % 2 ? y : x)).join()}`;
  });
}

const SANS = 0.56;
/** Width of a letter relative to the font size: Cyrillic letters are wider. */
const CYRILLIC = 0.62;
const MONO = 0.605;
/** The approximate width of a text in pixels, without a screen to measure it on. */
export function widthOf(value: string, size = 12, mono = false): number {
  if (mono) return value.length * size * MONO;
  const cyrillic = value.match(/[а-яё]/gi)?.length ?? 0;
  return size * (SANS * (value.length - cyrillic) + CYRILLIC * cyrillic);
}
/** Shortens a text to the width: at its end, or in the middle for paths. */
export function fit(value: string, width: number, size = 12, mono = false): string {
  const needed = widthOf(value, size, mono);
  if (needed <= width || value.length <= 2) return value;
  return `${value.slice(0, Math.max(2, Math.floor((value.length * width) / needed)) - 1)}…`;
}
/** Breaks a text at spaces into lines that fit the width. */
export function wrap(value: string, width: number, size = 12, mono = false): string[] {
  const lines: string[] = [];
  for (const word of value.split(' ')) {
    const last = lines.at(-1);
    if (last !== undefined && widthOf(`${last} ${word}`, size, mono) <= width)
      lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(fit(word, width, size, mono));
  }
  return lines;
}
