/** Bytes, times and numbers of processors, in the page's language. */
import { duration } from '../../runtime/journal/line.ts';
import type { DrawWords } from '../words/en/draw.ts';

type Amounts = DrawWords['amounts'];

export function bytes(n: number, { bytes: units }: Amounts): string {
  const names = Object.values(units);
  const power = n > 0 ? Math.min(names.length - 1, Math.floor(Math.log2(n) / 10)) : 0;
  return `${Number((n / 1024 ** power).toPrecision(3))} ${names[power]}`;
}
/** Nanoseconds as text: '31 µs' */
export const lasting = (ns: number, { times }: Amounts): string =>
  duration(ns).replace(/\S+$/, (unit) => times[unit as keyof typeof times] ?? unit);
export const cpus = (n: number, { cpus: said }: Amounts): string => said(Number(n.toPrecision(3)));
