/** Times and sizes as text, in docker's style. */

const SPANS: [limit: number, unit: number, word: string][] = [
  [60, 1, 'seconds'],
  [120, 0, 'About a minute'],
  [3600, 60, 'minutes'],
  [5400, 0, 'About an hour'],
  [47.5 * 3600, 3600, 'hours'],
  [14 * 86_400, 86_400, 'days'],
  [60 * 86_400, 7 * 86_400, 'weeks'],
  [730 * 86_400, 30 * 86_400, 'months'],
  [Infinity, 365 * 86_400, 'years'],
];

/** 65000 → 'About a minute'. The CLI prints the text as the daemon sends it. */
export function span(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  if (seconds < 1) return 'Less than a second';
  if (seconds === 1) return '1 second';
  const [, unit, word] = SPANS.find(([limit]) => seconds < limit)!;
  // go-units rounds hours and truncates the other units
  return unit ? `${Math.floor(seconds / unit + (unit === 3600 ? 0.5 : 0))} ${word}` : word;
}

const SIZES = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'];

/** 36445 → '36.45kB': four significant digits, powers of 1000. */
export function size(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 1000 && unit < SIZES.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${Number(value.toPrecision(4))}${SIZES[unit]}`;
}

/** ms since 1970 → RFC 3339. 0 becomes Go's zero time, which clients read as never. */
export const rfc3339 = (ms: number): string => (ms ? new Date(ms).toISOString() : '0001-01-01T00:00:00Z');
