/**
 * The map: everything that Drydock has on this machine, each kind in its own place. Images at the left, containers in
 * the middle at the cables of their networks, volumes at the right; below each other where the page is narrow.
 */
import { across, path, rect, text, type Drawing, type Item, type Row } from '../marks.ts';
import { contentsOf, type Contents } from './contents.ts';
import { drawQuays, quayHeight } from './quays.ts';
import { wayBetween, type PlacedQuay } from './rails.ts';
import { drawPlace, heightOf, placesOf, shortName, type Kinds } from './shelves.ts';
import { memoryOf, sizes, stateOf, type Said, type Size } from './tiles.ts';
import type { Listed, MachineMap } from '../../../server/live/protocol.ts';

export interface MapSaid extends Said {
  kinds: Kinds;
}
const WIDE = 860;
const GAP = 12;
const SIDE = 220;
const OUTSIDE = 130;
const HEAD = 34;
const SHORT = 190;
const SPREAD = 36;

const quaysHeight = ({ quays }: Contents, w: number, size: Size) =>
  quays.reduce((sum, quay) => sum + quayHeight(quay, w, size), HEAD + 12);

/** The largest size at which the containers fit the height; the smallest if none does. */
const sizeFor = (contents: Contents, w: number, h: number): Size =>
  sizes.find((size) => quaysHeight(contents, w, size) <= h) ?? sizes.at(-1)!;

const water = (said: Said, x: number, y: number, w: number, h: number): Item => ({
  key: 'place:containers',
  x,
  y,
  marks: [
    rect(0, 0, w, h, 'ghost', 'soft', 10),
    text(14, 22, said.words.map.places.containers, 'quiet', { size: 12, bold: true }),
  ],
});

/** Lines from the selected image, volume or network to the containers that use it. */
function ties(contents: Contents, items: readonly Item[], sel: string | undefined): Item[] {
  const source = sel && items.find((item) => item.sel === sel);
  if (!source) return [];
  const [kind, id] = [sel.slice(0, sel.indexOf(':')), sel.slice(sel.indexOf(':') + 1)];
  const users = contents.quays
    .flatMap(({ vessels }) => vessels)
    .filter((vessel) =>
      kind === 'image' ? vessel.image === id : kind === 'volume' ? vessel.volumes.includes(id) : false,
    );
  const box = ({ x, y, marks }: Item) => {
    const hull = marks.find((mark) => mark.shape === 'rect');
    return hull ? { x, y, w: hull.w, h: hull.h } : { x, y, w: 0, h: 0 };
  };
  const [from, tone] = [box(source), kind === 'image' ? ('mount' as const) : ('file' as const)];
  return users.flatMap(({ row }) => {
    const to = items.find((item) => item.key === `container:${row.id}`);
    if (!to) return [];
    const there = box(to);
    const left = from.x < there.x;
    const line = across(
      [left ? from.x + from.w : from.x, from.y + from.h / 2],
      [left ? there.x : there.x + there.w, there.y + there.h / 2],
    );
    return [{ key: `tie:${row.id}`, x: 0, y: 0, marks: [path(line, tone, { width: 2.5 })] }];
  });
}

/** The way of a packet over the map: names of containers, 'host', 'outside'; `at` is the one where the packet is. */
export interface Way {
  places: readonly string[];
  at: string | undefined;
}
/**
 * A frame around each container on the way, a thick one where the packet is, and a line along the cable from each to
 * the next.
 */
function frames(
  contents: Contents,
  items: readonly Item[],
  placed: readonly PlacedQuay[],
  { places, at }: Way,
): Item[] {
  const names = new Set(contents.quays.flatMap(({ vessels }) => vessels.map(({ row }) => row.name)));
  const met = places.filter((name) => names.has(name));
  const lines = met.slice(1).flatMap((name, j) => {
    const d = wayBetween(placed, met[j]!, name);
    return d ? [{ key: `way-line:${j}`, x: 0, y: 0, marks: [path(d, 'active', { width: 4 })] }] : [];
  });
  const around = contents.quays
    .flatMap(({ vessels }) => vessels)
    .filter(({ row }) => places.includes(row.name))
    .flatMap(({ row }) => {
      const item = items.find(({ key }) => key === `container:${row.id}`);
      const hull = item?.marks.find((mark) => mark.shape === 'rect');
      if (!item || !hull) return [];
      const gap = row.name === at ? 6 : 3;
      const { w, h } = hull;
      const d = `M${-gap},${-gap}H${w + gap}V${h + gap}H${-gap}Z`;
      const mark = path(d, 'active', { width: row.name === at ? 4 : 2, dashed: row.name !== at });
      return [{ key: `way:${row.id}`, x: item.x, y: item.y, marks: [mark] }];
    });
  return [...around, ...lines];
}

interface Laid {
  items: Item[];
  height: number;
  placed: PlacedQuay[];
}

function wide(said: MapSaid, contents: Contents, width: number, height: number): Laid {
  const places = placesOf(said, said.kinds, contents);
  const side = Math.min(SIDE, width * 0.2);
  const middle = { x: side + GAP, w: width - 2 * (side + GAP) };
  const frame = { x: middle.x + 16, w: middle.w - 32 - OUTSIDE };
  const size = sizeFor(contents, frame.w, height);
  const needed = quaysHeight(contents, frame.w, size);
  const h = Math.max(height, needed);
  const spread = Math.min(SPREAD, (h - needed) / contents.quays.length);
  const below = Math.min(Math.max(heightOf(places.operations), SHORT), h * 0.4);
  const at = { ...frame, spread, y: HEAD + 8 + spread / 2 };
  const { items: quays, placed } = drawQuays(said, contents, at, size, frame.x + frame.w + 14);
  return {
    height: h,
    placed,
    items: [
      ...drawPlace(said, places.images, 0, 0, side, h),
      water(said, middle.x, 0, middle.w, h),
      ...quays,
      ...drawPlace(said, places.volumes, width - side, 0, side, h - below - GAP),
      ...drawPlace(said, places.operations, width - side, h - below, side, below),
    ],
  };
}

function narrow(said: MapSaid, contents: Contents, width: number): Laid {
  const places = placesOf(said, said.kinds, contents);
  const frame = { x: 12, w: width - 24 };
  const size = sizeFor(contents, frame.w, 640);
  const h = quaysHeight(contents, frame.w, size);
  let y = h + GAP;
  const below = (['images', 'volumes', 'operations'] as const).flatMap((key) => {
    const tall = Math.min(heightOf(places[key]), 320);
    const drawn = drawPlace(said, places[key], 0, y, width, tall);
    y += tall + GAP;
    return drawn;
  });
  const { items: quays, placed } = drawQuays(said, contents, { ...frame, y: HEAD + 4 }, size);
  return {
    height: y - GAP,
    placed,
    items: [water(said, 0, 0, width, h), ...quays, ...below],
  };
}

function rowsOf(said: MapSaid, { quays, images, volumes, operations }: Contents): Row[] {
  const { map: say } = said.words;
  const named = (id: string | undefined) => {
    const name = images.find((image) => image.id === id)?.names[0];
    return name ? shortName(name) : '';
  };
  return [
    ...quays.flatMap((quay) => [
      { sel: `network:${quay.id}`, cells: [quay.name, say.kinds.network, quay.driver, '', quay.subnet ?? ''] },
      ...quay.vessels.map((vessel) => ({
        sel: `container:${vessel.row.id}`,
        cells: [
          vessel.row.name,
          say.kinds.container,
          stateOf(said, vessel),
          memoryOf(said, vessel),
          [named(vessel.image) || vessel.row.image, quay.name, ...vessel.volumes].join(', '),
        ],
      })),
    ]),
    ...images.map(({ id, names, users }) => ({
      sel: `image:${id}`,
      cells: [names[0] ?? say.unnamed, say.kinds.image, say.usedBy(users), '', ''],
    })),
    ...volumes.map(({ name, users }) => ({
      sel: `volume:${name}`,
      cells: [name, say.kinds.volume, say.usedBy(users), '', ''],
    })),
    ...operations.map((row) => ({
      sel: `operation:${row.id}`,
      cells: [
        row.name,
        say.kinds.operation,
        said.states[row.machine],
        '',
        row.operation ? said.kinds[row.operation] : '',
      ],
    })),
  ].map((row) => ({ key: row.sel, ...row }));
}

/** `height`: at least so high, so that the map fills the page. */
export function drawMap(
  said: MapSaid,
  map: MachineMap,
  list: readonly Listed[],
  { width, height, sel, way }: { width: number; height: number; sel?: string | undefined; way?: Way },
): Drawing {
  const contents = contentsOf(map, list);
  const {
    items,
    height: high,
    placed,
  } = width >= WIDE ? wide(said, contents, width, height) : narrow(said, contents, width);
  // the lines lie on the places and below what stands there
  const [places, standing] = [true, false].map((is) => items.filter(({ key }) => key.startsWith('place:') === is));
  const all = contents.quays.flatMap(({ vessels }) => vessels);
  return {
    width,
    height: Math.ceil(high),
    items: [
      ...places!,
      ...ties(contents, items, sel),
      ...standing!,
      ...(way ? frames(contents, items, placed, way) : []),
    ],
    table: { columns: said.words.map.columns, rows: rowsOf(said, contents) },
    summary: said.words.map.summary(
      all.filter(({ mood }) => mood === 'running').length,
      all.length,
      contents.images.length,
    ),
  };
}
