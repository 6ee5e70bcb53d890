/** The two formats of numbers in cgroup files: admin-guide/cgroup-v2, "Format". */

/** Nanoseconds of a USER_HZ tick, the unit of cpuacct.stat. USER_HZ is 100 on all architectures that run containers. */
export const USER_HZ_NS = 10_000_000;

/** A single value; `otherwise` for '' and "max". */
export function number(text: string, otherwise = 0): number {
  const value = parseFloat(text);
  return Number.isNaN(value) ? otherwise : value;
}

/** Flat keyed: 'user 12\nsystem 3' */
export const keyed = (text: string): Record<string, number> =>
  Object.fromEntries([...text.matchAll(/^(\S+) (\d+)$/gm)].map((m) => [m[1]!, Number(m[2])]));
