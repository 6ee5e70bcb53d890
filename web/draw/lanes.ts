/** Where the parts of a container's network stand: always in the same places, from the container to the way out. */
export const LANES = [
  { key: 'container', title: 'container', words: 'its own network', x: 10, w: 176 }, { key: 'veth', title: 'veth', words: 'the other end', x: 212, w: 120 },
  { key: 'bridge', title: 'bridge', words: 'a switch', x: 352, w: 114 }, { key: 'nft', title: 'nf_tables', words: 'the rules of the host', x: 490, w: 174 },
  { key: 'out', title: 'host', words: 'the way out', x: 688, w: 82 },
] as const;
export type LaneId = (typeof LANES)[number]['key'];
export const lane = (key: LaneId): (typeof LANES)[number] => LANES.find((one) => one.key === key)!;
/** Top of the namespace's box, and the height of the wire. */
export const TOP = 62;
export const WIRE = 118;
