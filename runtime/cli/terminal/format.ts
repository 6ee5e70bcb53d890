/** Sizes, ages and ids in docker's notation. */

const step =
  (units: readonly string[], base: number) =>
  (bytes: number): string => {
    let value = bytes;
    let unit = 0;
    while (value >= base && unit < units.length - 1) {
      value /= base;
      unit++;
    }
    return `${Number(value.toPrecision(unit ? 4 : 12))}${units[unit]}`;
  };
/** 1064596 → '1.065MB': docker counts images and transfers in powers of ten. */
export const decimalSize = step(['B', 'kB', 'MB', 'GB', 'TB', 'PB'], 1000);
/** 1048576 → '1MiB': docker counts memory in powers of two. */
export const binarySize = step(['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'], 1024);

const ages: readonly [limit: number, unit: number, name: string][] = [
  [60, 1, 'seconds'],
  [3600, 60, 'minutes'],
  [48 * 3600, 3600, 'hours'],
  [14 * 86400, 86400, 'days'],
  [60 * 86400, 7 * 86400, 'weeks'],
  [730 * 86400, 30 * 86400, 'months'],
];
/** A duration in seconds → '3 minutes'. */
export function age(seconds: number): string {
  if (seconds < 1) return 'Less than a second';
  if (seconds < 2) return '1 second';
  const [, unit, name] = ages.find(([limit]) => seconds < limit) ?? [0, 365 * 86400, 'years'];
  const count = Math.floor(seconds / unit);
  if (count > 1) return `${count} ${name}`;
  return name === 'minutes' ? 'About a minute' : name === 'hours' ? 'About an hour' : `1 ${name.slice(0, -1)}`;
}
/** 'sha256:0123…' → its first twelve digits. */
export const shortID = (id: string): string => id.replace(/^sha256:/, '').slice(0, 12);
export const ellipsis = (text: string, width: number): string =>
  text.length > width ? `${text.slice(0, width - 1)}…` : text;
