/** The counters of a link, in the kernel's words: rx is what the link itself has received. */
import type { Sample } from '../../runtime/watch/usage.ts';
import type { DrawWords } from '../words/en/draw.ts';
import { bytes } from './amounts.ts';

/** Number of samples for a rate: one second. */
const WINDOW = 4;
type Side = 'host' | 'container';
const find = (sample: Sample | undefined, side: Side, name: string) =>
  sample?.links.find((link) => link.side === side && link.name === name);

/** Short, because lanes are narrow; the table has the full numbers. */
const short = (n: number): string =>
  n < 1e4 ? String(n) : n < 1e6 ? `${Math.round(n / 1e3)}k` : `${Number((n / 1e6).toPrecision(3))}M`;
const size = (n: number, { amounts }: DrawWords): string =>
  bytes(n, amounts).replace(/^(\d{1,2})\.(\d)\d*/, (_, whole: string, tenth: string) =>
    whole.length > 1 || tenth === '0' ? whole : `${whole}.${tenth}`,
  );

/** Two lines, and a third one while there is traffic; none without samples. */
export function counterLines(words: DrawWords, samples: readonly Sample[], side: Side, name: string): string[] {
  const newest = samples.at(-1);
  const now = find(newest, side, name);
  if (!newest || !now) return [];
  const past = samples.at(-1 - WINDOW) ?? samples[0]!;
  const before = find(past, side, name) ?? now;
  const rate =
    newest.time > past.time
      ? (Math.max(0, now.rxBytes + now.txBytes - before.rxBytes - before.txBytes) * 1000) / (newest.time - past.time)
      : 0;
  const dropped = now.rxDropped + now.txDropped;
  return [
    `rx ${short(now.rxPackets)} · ${size(now.rxBytes, words)}`,
    `tx ${short(now.txPackets)} · ${size(now.txBytes, words)}`,
    ...(rate >= 1
      ? [words.amounts.perSecond(size(Math.round(rate), words))]
      : dropped
        ? [words.network.dropped(dropped)]
        : []),
  ];
}
/** The same for the table, with what does not fit into the picture. */
export function counterWords(
  { network: words }: DrawWords,
  samples: readonly Sample[],
  side: Side,
  name: string,
): string {
  const now = find(samples.at(-1), side, name);
  return now
    ? words.counted(
        { packets: now.rxPackets, bytes: now.rxBytes, dropped: now.rxDropped },
        { packets: now.txPackets, bytes: now.txBytes, dropped: now.txDropped },
      )
    : '';
}
