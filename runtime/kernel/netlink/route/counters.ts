/** struct rtnl_link_stats64 of linux/if_link.h, what has gone through a link: eight of its numbers, in this order. */
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

/** An older kernel's struct is shorter, a newer one's longer: what is not there is zero. */
export const countersIn = (stats: Buffer): Counters =>
  Object.fromEntries(
    NAMES.map((name, j) => [name, stats.length >= j * 8 + 8 ? Number(stats.readBigUInt64LE(j * 8)) : 0]),
  ) as Counters;
