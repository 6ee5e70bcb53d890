/** Where the parts of a container's network stand: always in the same places, from the container to the way out. */
export const LANES = [
  { key: 'container', x: 10, w: 176 }, { key: 'veth', x: 212, w: 120 },
  { key: 'bridge', x: 352, w: 114 }, { key: 'nft', x: 490, w: 174 },
  { key: 'out', x: 688, w: 82 },
] as const;
export type LaneId = (typeof LANES)[number]['key'];
export const lane = (key: LaneId): (typeof LANES)[number] => LANES.find((one) => one.key === key)!;
/** Top of the namespace's box, and the height of the wire. */
export const TOP = 62;
export const WIRE = 118;
