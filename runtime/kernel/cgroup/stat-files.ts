/** The two shapes in which cgroup files give numbers: admin-guide/cgroup-v2, "Format". */

/** cpuacct.stat counts in USER_HZ, which is 100 on every architecture that Linux runs containers on. */
export const USER_HZ_NS = 10_000_000;

/** A single value; '' and "max" give `otherwise`. */
export function number(text: string, otherwise = 0): number {
  const value = parseFloat(text);
  return Number.isNaN(value) ? otherwise : value;
}

/** Flat keyed: 'user 12\nsystem 3' */
export const keyed = (text: string): Record<string, number> =>
  Object.fromEntries([...text.matchAll(/^(\S+) (\d+)$/gm)].map((m) => [m[1]!, Number(m[2])]));
