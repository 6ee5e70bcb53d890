/**
 * Packets as moving dots, and as rows of the table. Above twenty a second, packets of the same moment become one dot
 * with their number.
 */
import type { Headers, Protocol } from '../../runtime/watch/headers.ts';
import type { Rewrite } from '../../runtime/watch/rewrites.ts';
import type { Sample } from '../../runtime/watch/usage.ts';
import type { DrawWords } from '../words/en/draw.ts';
import { WIRE, type LaneId, type Lanes } from './lanes.ts';
import { glyph, text, type Glyph, type Item, type Row, type Tone } from './marks.ts';

/** `time`: the kernel's; `arrived`: when the page received it, by the page's clock; `out`: sent by the container. */
export interface Passed {
  number: number;
  time: number;
  arrived: number;
  length: number;
  out: boolean;
  headers: Headers;
}
/** `now`: by the page's clock; without it nothing moves. */
export interface Traffic {
  samples: readonly Sample[];
  packets: readonly Passed[];
  rewrites: readonly Rewrite[];
  now?: number | undefined;
}
export const noTraffic: Traffic = { samples: [], packets: [], rewrites: [] };

export const LIFE_MS = 1200;
const MOMENT_MS = 250;
const MANY = 20;
const LISTED = 50;
/** Pixels beside the cable, one side for each direction. */
const BESIDE = { out: -6, in: 6 } as const;
/** Pixels below the cable, where the way to the rules under the picture turns (wayItem in network-way.ts). */
const TURN = 92;
const shapes: Record<Protocol, { shape: Glyph; tone: Tone }> = {
  TCP: { shape: 'circle', tone: 'network' },
  UDP: { shape: 'triangle', tone: 'write' },
  ICMP: { shape: 'diamond', tone: 'other' },
  ARP: { shape: 'square', tone: 'host' },
  IPv4: { shape: 'star', tone: 'plain' },
  IPv6: { shape: 'wye', tone: 'security' },
  other: { shape: 'cross', tone: 'quiet' },
};

const number = (address: string): number => address.split('.').reduce((sum, byte) => sum * 256 + Number(byte), 0);
/** True if both addresses are in one subnet: '172.30.0.2/16' and an address of it. */
function isNear(own: string, other: string): boolean {
  const [address = '', prefix = '32'] = own.split('/');
  const size = 2 ** (32 - Number(prefix));
  return Math.floor(number(address) / size) === Math.floor(number(other) / size);
}
/**
 * The lane of the other end: on the bridge (including the host's own address there, multicast and broadcast), or beyond
 * the host.
 */
export function farEnd({ out, headers }: Passed, own: string | undefined): LaneId {
  const other = out ? headers.target : headers.source;
  const isIp = /^\d+\.\d+\.\d+\.\d+$/.test(other) && headers.protocol !== 'ARP';
  return isIp && own && !isNear(own, other) && Number(other.split('.')[0]) < 224 ? 'out' : 'bridge';
}

const middle = ({ lane }: Lanes, id: LaneId): number =>
  id === 'container' ? lane(id).x + lane(id).w - 26 : lane(id).x + lane(id).w / 2;

type Point = readonly [x: number, y: number];
/** From the container along the cable, and when it leaves the host through the rules, beside the cable or below it. */
function wayOf(lanes: Lanes, far: LaneId, more: number): Point[] {
  const at = (id: LaneId, y = WIRE): Point => [middle(lanes, id), y];
  if (far !== 'out') return [at('container'), at(far)];
  const turn = WIRE + TURN + more;
  return lanes.below
    ? [at('container'), at('bridge'), at('bridge', turn), at('out', turn), at('out')]
    : [at('container'), at('out')];
}
/** The point after this part of the way, 0 to 1, by its length. */
function pointOn(points: readonly Point[], part: number): Point {
  const pieces = points.slice(1).map((to, j) => ({ from: points[j]!, to, long: 0 }));
  for (const piece of pieces) piece.long = Math.hypot(piece.to[0] - piece.from[0], piece.to[1] - piece.from[1]);
  let left = part * pieces.reduce((sum, { long }) => sum + long, 0);
  for (const { from, to, long } of pieces) {
    if (left <= long)
      return [from[0] + ((to[0] - from[0]) * left) / (long || 1), from[1] + ((to[1] - from[1]) * left) / (long || 1)];
    left -= long;
  }
  return points.at(-1)!;
}

/** The dots that are moving at this moment. `more`: pixels by which the links' counters move the rules down. */
export function dotItems(lanes: Lanes, { packets, now }: Traffic, own: string | undefined, more = 0): Item[] {
  if (now === undefined) return [];
  const young = packets.filter(({ arrived }) => arrived <= now && now - arrived < LIFE_MS);
  const many = young.filter(({ arrived }) => now - arrived < 1000).length > MANY;
  const groups = new Map<string, Passed[]>();
  for (const packet of young) {
    const key = many
      ? `${Math.floor(packet.arrived / MOMENT_MS)} ${packet.out} ${packet.headers.protocol} ${farEnd(packet, own)}`
      : String(packet.number);
    groups.set(key, [...(groups.get(key) ?? []), packet]);
  }
  return [...groups].map(([key, group]): Item => {
    const first = group[0]!;
    const way = (now - first.arrived) / LIFE_MS;
    const [x, y] = pointOn(wayOf(lanes, farEnd(first, own), more), first.out ? way : 1 - way);
    const { shape, tone } = shapes[first.headers.protocol];
    return {
      key: `dot:${key}`,
      x: Math.round(x),
      y: Math.round(y) + (first.out ? BESIDE.out : BESIDE.in),
      marks: [
        glyph(shape, 0, 0, 46 + 26 * Math.log2(group.length), tone),
        ...(group.length > 1 ? [text(9, 4, String(group.length), 'plain', { size: 11, bold: true })] : []),
      ],
    };
  });
}

const end = (address: string, port: number | undefined) => (port === undefined ? address : `${address}:${port}`);
/** 'UDP 172.30.0.2:4000 → 172.30.0.3:53, 12 bytes' */
export function packetWords(
  { network }: DrawWords,
  { headers: { protocol, source, target, ports, words } }: Passed,
): string {
  const said = network.said(words);
  return protocol === 'ARP'
    ? `ARP ${said}`
    : `${protocol} ${end(source, ports?.[0])} → ${end(target, ports?.[1])}, ${said}`;
}
export const rewriteWords = ({ network }: DrawWords, { protocol, from, to, target }: Rewrite): string =>
  network.rewrite(protocol, target, from, to);

/** The packets as rows, newest first. */
export const packetRows = (words: DrawWords, { packets, rewrites }: Traffic): Row[] => [
  ...rewrites.map((rewrite, j) => ({
    key: `rewrite ${j}`,
    cells: [words.network.rows.rewritten, words.network.sides.host, 'postrouting', rewriteWords(words, rewrite)],
  })),
  ...packets
    .slice(-LISTED)
    .reverse()
    .map((packet) => ({
      key: `packet ${packet.number}`,
      cells: [
        words.network.rows.packet,
        packet.out ? words.network.from : words.network.to,
        words.amounts.bytesLong(packet.length),
        packetWords(words, packet),
      ],
    })),
];
