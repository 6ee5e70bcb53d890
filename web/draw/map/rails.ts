/**
 * Containers on several networks, and the way of a packet, drawn along the cables. A container hangs on the cable of
 * its first network; to each further one a line leads from it.
 */
import { path, polyline, type Item, type Tone } from '../marks.ts';
import type { Quay, Vessel } from './contents.ts';

export interface Spot {
  vessel: Vessel;
  x: number;
  y: number;
  w: number;
  h: number;
  /** height of the cable that it hangs on */
  cable: number;
}
/** A network with the places of its cables and containers on the map. `cables`: one height for each row. */
export interface PlacedQuay {
  quay: Quay;
  left: number;
  right: number;
  cables: readonly number[];
  spots: readonly Spot[];
}
type Point = readonly [number, number];

/** Pixels between the lines to two further networks, and of the first one from the edge of the container. */
const LANE = 7;

/** Where the line from a container to this network leaves the container, and where it meets the cable. */
function plugOf(all: readonly PlacedQuay[], spot: Spot, network: string): { edge: Point; plug: Point } | undefined {
  const n = spot.vessel.networks.findIndex(({ id }) => id === network);
  const quay = all.find((one) => one.quay.id === network);
  if (n < 0 || !quay) return undefined;
  const { x, y, w, h, cable } = spot;
  if (!n) return { edge: [x + w / 2, y + h], plug: [x + w / 2, cable] };
  const at = Math.max(x + 3, x + w - LANE * n);
  // the row that is nearest to it
  const to = quay.cables.reduce((best, one) => (Math.abs(one - y) < Math.abs(best - y) ? one : best));
  return { edge: [at, to > y ? y + h : y], plug: [at, to] };
}

const dot = ([x, y]: Point, r = 4) => `M${x - r},${y}a${r},${r} 0 1 0 ${2 * r},0a${r},${r} 0 1 0 ${-2 * r},0Z`;

/** A line from each container on several networks to the cable of each further one. */
export function interchanges(all: readonly PlacedQuay[], toneOf: (quay: Quay) => Tone): Item[] {
  return all.flatMap(({ spots }) =>
    spots.flatMap((spot) =>
      spot.vessel.networks.slice(1).flatMap(({ id }) => {
        const found = plugOf(all, spot, id);
        if (!found) return [];
        const tone = toneOf(all.find(({ quay }) => quay.id === id)!.quay);
        const { edge, plug } = found;
        const marks = [path(polyline(edge, plug), tone, { width: 2 }), path(dot(plug), tone, { filled: true })];
        return [{ key: `rail:${spot.vessel.row.id}:${id}`, x: 0, y: 0, marks }];
      }),
    ),
  );
}

/** Along a cable. The rows of one network meet at its left end. */
function along({ left }: PlacedQuay, [, fromY]: Point, [toX, toY]: Point): Point[] {
  if (fromY === toY) return [[toX, toY]];
  return [
    [left, fromY],
    [left, toY],
    [toX, toY],
  ];
}

/** From one container to another over a network that both are on; undefined when there is none. */
export function wayBetween(all: readonly PlacedQuay[], from: string, to: string): string | undefined {
  const spots = all.flatMap((one) => one.spots);
  const [a, b] = [from, to].map((name) => spots.find(({ vessel }) => vessel.row.name === name));
  if (!a || !b || a === b) return undefined;
  for (const { id } of a.vessel.networks) {
    const [first, second] = [plugOf(all, a, id), plugOf(all, b, id)];
    const quay = all.find((one) => one.quay.id === id);
    if (first && second && quay)
      return polyline(first.edge, first.plug, ...along(quay, first.plug, second.plug), second.edge);
  }
  return undefined;
}
