/** The networks of the map: each is a cable, and the containers on it are plugged into it. */
import { fit, path, polyline, rect, text, widthOf, type Item, type Mark, type Tone } from '../marks.ts';
import type { Contents, Quay } from './contents.ts';
import { interchanges, type PlacedQuay } from './rails.ts';
import { tile, type Said, type Size } from './tiles.ts';

interface Frame {
  x: number;
  y: number;
  w: number;
}
/** Names stand at the left of the cables, and above them where the map is narrow. */
const LABEL = 140;
const NARROW = 520;
const LINE = 18;
const CABLE = 14;
const FOOT = 16;

const perRow = (w: number, size: Size) => Math.max(1, Math.floor((w + size.gap) / (size.w + size.gap)));
const inset = (w: number) => (w < NARROW ? { left: 0, above: 20 } : { left: LABEL, above: 0 });

export function quayHeight({ vessels }: Quay, w: number, size: Size): number {
  const { left, above } = inset(w);
  const rows = Math.ceil(vessels.length / perRow(w - left - 20, size));
  return above + Math.max(1, rows) * (rows ? size.h + CABLE : 30) + FOOT;
}

const isOut = ({ driver, internal }: Quay) => !internal && driver !== 'none';
export const toneOf = ({ driver, internal, vessels }: Quay): Tone =>
  driver === 'host' ? 'host' : driver === 'none' || internal || !vessels.length ? 'quiet' : 'network';

function labelOf({ words: { map: say } }: Said, quay: Quay): string {
  if (quay.driver === 'host') return say.hostNetwork;
  if (quay.driver === 'none') return say.noNetwork;
  return quay.subnet ?? quay.driver;
}

/** Where the cables and the containers of one network are. */
function placeQuay(quay: Quay, { x, y, w }: Frame, size: Size): PlacedQuay {
  const { left, above } = inset(w);
  const n = perRow(w - left - 20, size);
  const rows = Math.max(1, Math.ceil(quay.vessels.length / n));
  const step = quay.vessels.length ? size.h + CABLE : 30;
  const cables = Array.from({ length: rows }, (_, row) => y + above + row * step + step - 2);
  const spots = quay.vessels.map((vessel, j) => {
    const [column, row] = [j % n, Math.floor(j / n)];
    const corner = { x: x + left + 10 + column * (size.w + size.gap), y: y + above + row * step };
    return { vessel, ...corner, w: size.w, h: size.h, cable: cables[row]! };
  });
  return { quay, left: x + left, right: x + w, cables, spots };
}

/** One network: its name, one cable for each row of containers, and a plug for each container. */
function drawQuay(said: Said, placed: PlacedQuay, { x, y, w }: Frame, memory: number): Item[] {
  const say = said.words.map;
  const { quay, spots } = placed;
  const { left } = inset(w);
  const tone = toneOf(quay);
  const cableAt = placed.cables.map((cable) => cable - y);
  const [top, bottom] = [cableAt[0]!, cableAt.at(-1)!];
  const cables: Mark[] = cableAt.map((cable) =>
    path(polyline([left, cable], [w, cable]), tone, { width: 3, dashed: quay.driver === 'none' }),
  );
  // the rows of one network are one cable
  if (cables.length > 1) cables.push(path(polyline([left, top], [left, bottom]), tone, { width: 3 }));
  const plugs = spots.map((spot) => {
    const at = spot.x - x + spot.w / 2;
    return path(`M${at},${spot.cable - y - CABLE + 2}V${spot.cable - y}`, tone, { width: 2 });
  });
  const sub = labelOf(said, quay);
  const at = left ? top : 14;
  const names: Mark[] = left
    ? [
        text(0, at - LINE - 1, fit(quay.name, left - 14, 13), tone === 'quiet' ? 'plain' : tone, {
          bold: true,
          size: 13,
        }),
        text(0, at - 3, fit(sub, left - 10, 11), 'quiet', { size: 11 }),
        ...(quay.internal && quay.driver === 'bridge' ? [text(0, at + 11, say.notOutside, 'quiet', { size: 11 })] : []),
      ]
    : [
        text(0, at - 1, fit(quay.name, w / 2, 13), tone === 'quiet' ? 'plain' : tone, { bold: true, size: 13 }),
        text(w, at - 1, fit(sub, w / 2, 11), 'quiet', { size: 11, anchor: 'end' }),
      ];
  return [
    {
      key: `network:${quay.id}`,
      sel: `network:${quay.id}`,
      label: say.network(quay.name, quay.driver, quay.subnet ?? '', say.usedBy(quay.vessels.length)),
      x,
      y,
      marks: [
        ...(left
          ? [rect(-6, at - LINE - 18, left - 4, 44, 'plain', 'bare', 6)]
          : [rect(-4, 0, w + 8, 18, 'plain', 'bare', 4)]),
        ...names,
      ],
    },
    {
      key: `cable:${quay.id}`,
      x,
      y,
      marks: [
        ...cables,
        ...plugs,
        ...(quay.vessels.length ? [] : [text(left + 10, top - 8, say.none.containers, 'quiet', { size: 11 })]),
      ],
    },
    ...spots.map((spot) => tile(said, spot.vessel, spot.x, spot.y, spot, memory)),
  ];
}

/**
 * All networks below each other, `spread` pixels further apart than needed. `trunk`: where the cables of networks with
 * a way out meet.
 */
export function drawQuays(
  said: Said,
  { quays, memory }: Contents,
  frame: Frame & { spread?: number },
  size: Size,
  trunk?: number,
): { items: Item[]; placed: PlacedQuay[] } {
  const say = said.words.map;
  let { y } = frame;
  const exits: number[] = [];
  const placed: PlacedQuay[] = [];
  const own = quays.flatMap((quay) => {
    const at = placeQuay(quay, { ...frame, y }, size);
    placed.push(at);
    const drawn = drawQuay(said, at, { ...frame, y }, memory);
    const h = quayHeight(quay, frame.w, size);
    if (isOut(quay)) exits.push(y + h - FOOT - 2);
    y += h + (frame.spread ?? 0);
    return drawn;
  });
  const items = [...interchanges(placed, toneOf), ...own];
  if (trunk === undefined || !exits.length) return { items, placed };
  const right = frame.x + frame.w;
  const top = exits[0]!;
  const width = Math.max(72, widthOf(say.outside, 12) + 24);
  const outside: Item[] = [
    {
      key: 'outside',
      x: 0,
      y: 0,
      marks: [
        ...exits.map((at) => path(polyline([right, at], [trunk, at]), 'network', { width: 2, dashed: true })),
        path(polyline([trunk, top], [trunk, exits.at(-1)!]), 'network', { width: 2, dashed: true }),
        path(polyline([trunk, top], [trunk + 22, top]), 'network', { width: 2, dashed: true, arrow: true }),
        rect(trunk + 24, top - 17, width, 34, 'network', 'soft', 17),
        text(trunk + 24 + width / 2, top + 4, say.outside, 'network', { anchor: 'middle', bold: true, size: 12 }),
      ],
    },
  ];
  return { items: [...outside, ...items], placed };
}
