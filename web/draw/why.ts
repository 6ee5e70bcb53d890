/**
 * The hops of `drydock why` in the order in which the packet meets them. Hops in one place (a container, the host,
 * another machine) stand in one box; the packet goes from box to box. Pure.
 */
import type { Hop, Report } from '../../server/live/protocol.ts';
import type { DrawWords } from '../words/en/draw.ts';
import { fit, path, polyline, rect, text, type Drawing, type Item, type Mark, type Tone } from './marks.ts';

const HEAD = 30;
const ROW = 48;
const FOOT = 8;
const GAP = 34;
const MOST = 260;
const LEAST = 168;

interface Group {
  where: string;
  hops: { hop: Hop; n: number }[];
}
function groupsOf(hops: readonly Hop[]): Group[] {
  const groups: Group[] = [];
  hops.forEach((hop, n) => {
    if (groups.at(-1)?.where !== hop.where) groups.push({ where: hop.where, hops: [] });
    groups.at(-1)!.hops.push({ hop, n });
  });
  return groups;
}

const toneOf = (where: string): Tone => (where === 'host' ? 'host' : where === 'outside' ? 'network' : 'own');
const heightOf = ({ hops }: Group) => HEAD + hops.length * ROW + FOOT;

/** Where each group stands: beside each other as far as the width goes, then in the next line. */
function placesOf(groups: readonly Group[], width: number): { w: number; at: { x: number; y: number }[]; h: number } {
  const inLine = Math.max(1, Math.min(groups.length, Math.floor((width + GAP) / (LEAST + GAP))));
  const w = Math.min(MOST, (width - 2 - (inLine - 1) * GAP) / inLine);
  const at: { x: number; y: number }[] = [];
  let [y, tallest] = [0, 0];
  groups.forEach((group, n) => {
    const column = n % inLine;
    if (n && !column) [y, tallest] = [y + tallest + GAP, 0];
    at.push({ x: 1 + column * (w + GAP), y: y + 1 });
    tallest = Math.max(tallest, heightOf(group));
  });
  return { w, at, h: y + tallest };
}

function hopMarks(words: DrawWords['why'], hop: Hop, w: number, chosen: boolean, past: boolean): Mark[] {
  const tone: Tone = hop.stops ? 'failed' : past ? 'done' : 'quiet';
  return [
    rect(0, 0, w, ROW - 8, tone, chosen ? 'solid' : 'soft', 6),
    text(16, 25, hop.stops ? '✗' : '✓', chosen ? 'solid' : tone, { size: 13, anchor: 'middle', bold: true }),
    text(30, 17, fit(words.kinds[hop.kind], w - 36, 12), chosen ? 'solid' : tone, { bold: true, size: 12 }),
    text(30, 32, fit(hop.title, w - 36, 11), chosen ? 'solid' : 'plain', { size: 11 }),
  ];
}

/** `at`: the chosen hop. Those behind it are paler, because the packet has not met them yet. */
export function drawWhy(
  { why: words }: DrawWords,
  report: Report,
  { width, at }: { width: number; at: number },
): Drawing {
  const groups = groupsOf(report.hops);
  const { w, at: corners, h } = placesOf(groups, width);
  const boxes: Item[] = groups.map((group, n) => ({
    key: `place:${n}`,
    ...corners[n]!,
    marks: [
      rect(0, 0, w, heightOf(group), toneOf(group.where), 'outline', 8),
      text(12, 20, fit(words.place(group.where), w - 24, 13), toneOf(group.where), { bold: true, size: 13 }),
    ],
  }));
  const links: Item[] = groups.slice(1).map((group, j) => {
    const [from, to] = [corners[j]!, corners[j + 1]!];
    const reached = group.hops[0]!.n <= at;
    const middle = HEAD + ROW / 2 - 4;
    const way =
      from.y === to.y
        ? polyline([from.x + w + 3, from.y + middle], [to.x - 5, to.y + middle])
        : polyline(
            [from.x + w / 2, from.y + heightOf(groups[j]!) + 3],
            [from.x + w / 2, to.y - GAP / 2],
            [to.x + w / 2, to.y - GAP / 2],
            [to.x + w / 2, to.y - 5],
          );
    return {
      key: `link:${j}`,
      x: 0,
      y: 0,
      marks: [path(way, reached ? 'done' : 'quiet', { width: 2.5, arrow: true, dashed: !reached })],
    };
  });
  const hops: Item[] = groups.flatMap((group, g) =>
    group.hops.map(({ hop, n }, row) => ({
      key: `hop:${n}`,
      sel: `hop:${n}`,
      x: corners[g]!.x + 6,
      y: corners[g]!.y + HEAD + row * ROW,
      label: words.hop(n + 1, words.place(hop.where), words.kinds[hop.kind], hop.title, hop.stops ?? false),
      marks: hopMarks(words, hop, w - 12, n === at, n <= at),
    })),
  );
  return {
    width,
    height: Math.ceil(h) + 2,
    items: [...boxes, ...links, ...hops],
    table: {
      columns: words.columns,
      rows: report.hops.map((hop, n) => ({
        key: `hop:${n}`,
        sel: `hop:${n}`,
        cells: [
          `${n + 1}`,
          words.place(hop.where),
          words.kinds[hop.kind],
          hop.title,
          hop.stops ? words.stops : words.passes,
        ],
      })),
    },
    summary: report.sentence,
  };
}
