/** struct rtnl_link_stats64 of linux/if_link.h, the traffic of a link: its first eight members, in their order. */
const NAMES = [
  'rxPackets',
  'txPackets',
  'rxBytes',
  'txBytes',
  'rxErrors',
  'txErrors',
  'rxDropped',
  'txDropped',
] as const;
export type Counters = Record<(typeof NAMES)[number], number>;

/** The struct is shorter in older kernels and longer in newer ones. Members that are missing are zero. */
export const countersIn = (stats: Buffer): Counters =>
  Object.fromEntries(
    NAMES.map((name, j) => [name, stats.length >= j * 8 + 8 ? Number(stats.readBigUInt64LE(j * 8)) : 0]),
  ) as Counters;
