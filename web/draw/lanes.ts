/**
 * Positions of the parts of a container's network: always in the same order, from the container to the host's way out.
 */
import { clampWidth } from './clamp-width.ts';

export const laneIds = ['container', 'veth', 'bridge', 'nft', 'out'] as const;
export type LaneId = (typeof laneIds)[number];
export interface Lane {
  x: number;
  w: number;
}
/** `below`: the rules, which are long, are drawn under the cable instead of beside it. */
export interface Lanes {
  width: number;
  below: boolean;
  lane(id: LaneId): Lane;
}

/** Pixels: the top of the namespace's box, and the height of the wire. */
export const TOP = 62;
export const WIRE = 118;

const wide: Record<LaneId, Lane> = {
  container: { x: 10, w: 176 },
  veth: { x: 212, w: 120 },
  bridge: { x: 352, w: 114 },
  nft: { x: 490, w: 174 },
  out: { x: 688, w: 82 },
};
const narrow: Record<LaneId, Lane> = {
  container: { x: 10, w: 166 },
  veth: { x: 200, w: 116 },
  bridge: { x: 336, w: 110 },
  nft: { x: 200, w: 350 },
  out: { x: 470, w: 80 },
};
const plans = {
  wide: { of: wide, width: 780, least: 740, most: 980 },
  narrow: { of: narrow, width: 560, least: 560, most: 740 },
};

export function lanesFor(width: number): Lanes {
  const below = width < plans.wide.least;
  const plan = below ? plans.narrow : plans.wide;
  const whole = clampWidth(width, plan.least, plan.most);
  const scaled = (n: number) => Math.round((n * whole) / plan.width);
  return { width: whole, below, lane: (id) => ({ x: scaled(plan.of[id].x), w: scaled(plan.of[id].w) }) };
}
