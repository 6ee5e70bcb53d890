import { misuse } from '../failure/failure.ts';

/** Whole seconds; -1 means no limit. */
export function seconds(text: string): number {
  if (!/^-?\d{1,9}$/.test(text)) throw misuse(`invalid number of seconds ${JSON.stringify(text)}: give a whole number`);
  return Number(text);
}

const units: Record<string, number> = { h: 3600, m: 60, s: 1, ms: 1e-3, us: 1e-6, µs: 1e-6, ns: 1e-9 };
/** A duration in Go's notation, without a sign, in seconds: '1m30s' → 90. */
export function goDuration(text: string): number | undefined {
  if (text === '0') return 0;
  if (!/^(\d+(\.\d+)?(h|ms|m|s|us|µs|ns))+$/.test(text)) return undefined;
  return [...text.matchAll(/(\d+(?:\.\d+)?)(h|ms|m|s|us|µs|ns)/g)].reduce(
    (sum, [, number, unit]) => sum + Number(number) * units[unit!]!,
    0,
  );
}

/**
 * A time for --since and --until: '10m' (ago), seconds since 1970, or a date. Returns seconds since 1970 as text with
 * the given fraction, because nanoseconds do not fit into a number.
 */
export function moment(text: string, now = Date.now()): string {
  if (/^\d+(\.\d{1,9})?$/.test(text)) return text;
  const ago = goDuration(text);
  if (ago !== undefined) return (now / 1000 - ago).toFixed(9);
  const [, fraction = ''] = /\.(\d{1,9})/.exec(text) ?? [];
  // docker reads a date without a time zone as local time
  const ms = Date.parse(/^\d{4}-\d{2}-\d{2}$/.test(text) ? `${text}T00:00:00` : text);
  if (Number.isNaN(ms))
    throw misuse(
      `invalid time ${JSON.stringify(text)}: give 10m, a date like 2026-01-31T12:00:00Z, or seconds since 1970`,
    );
  return `${Math.floor(ms / 1000)}.${fraction.padEnd(9, '0')}`;
}
