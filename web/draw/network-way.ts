/** The way of a packet: the wire between two lanes, the rules under their hooks, and the way out. */
import type { DrawWords } from '../words/en/draw.ts';
import { WIRE, type LaneId, type Lanes } from './lanes.ts';
import { cable, fit, path, polyline, rect, text, wrap, type Item, type Mark } from './marks.ts';
import { type Traffic } from './traffic.ts';
import { bytes } from './amounts.ts';
import { countOf, type Net } from './network-facts.ts';

export interface Part {
  lane: LaneId;
  key: string;
  sel?: string;
  title: string;
  lines: string[];
  there: boolean;
  up: boolean;
  isNew: boolean;
  y: number;
  h: number;
}
/** Height of a link's box, in pixels. */
export const PART = 70;

/**
 * The link by which the newest connection leaves the host, with the address that its packets get there; `uplink`, the
 * link of the default route, when none is known to leave by another link.
 */
export function outside(words: DrawWords['network'], rewrites: Traffic['rewrites'], uplink: Part): Part {
  const newest = rewrites.findLast(({ link }) => link !== undefined);
  if (!newest?.link || (uplink.there && uplink.title === newest.link)) return uplink;
  const { sel: _, ...rest } = uplink;
  const address = newest.to.replace(/:\d+$/, '');
  const own = { key: `host/${newest.link}`, title: newest.link, lines: [words.outside, address] };
  return { ...rest, ...own, there: true, up: true, isNew: false };
}

/** A rule with what it has counted, for the table. */
export function ruleWords({ network, amounts }: DrawWords, rule: Net['rules'][number], { samples }: Traffic): string {
  const count = countOf(samples, rule);
  return count ? `${rule.words}, ${network.ruleCount(count.packets, bytes(count.bytes, amounts))}` : rule.words;
}

/** The nftables rules under their hooks, in the order in which a packet meets them. */
/** `top`: y of the first rule */
export function ruleItems(
  { network: words, amounts }: DrawWords,
  { lane }: Lanes,
  net: Net,
  { rewrites, samples }: Traffic,
  top: number,
): { items: Item[]; height: number } {
  const { x, w } = lane('nft');
  const items: Item[] = [];
  let y = top;
  for (const chain of ['forward', 'postrouting'] as const) {
    const rules = net.rules.filter((rule) => rule.chain === chain);
    items.push({
      key: `hook:${chain}`,
      x,
      y,
      marks: [text(0, 10, words.hooks[chain], rules.length ? 'plain' : 'quiet', { size: 12, bold: true })],
    });
    y += 18;
    if (!rules.length) {
      items.push({
        key: `ghost:${chain}`,
        x,
        y,
        marks: [rect(0, 0, w, 30, 'ghost', 'dashed'), text(10, 19, words.noRules, 'quiet', { size: 11.5 })],
      });
      y += 42;
    }
    for (const rule of rules) {
      const count = countOf(samples, rule);
      const counted = count && words.ruleCount(count.packets, bytes(count.bytes, amounts));
      const lines = [...wrap(rule.words, w - 20, 11, true), ...(counted ? [counted] : [])];
      // The current connections are drawn under the rule that translates their address.
      const given = /\bmasquerade\b/.test(rule.words)
        ? rewrites.slice(-2).flatMap(({ from, to }) => [from, `  ↳ ${to}`])
        : [];
      items.push({
        key: `rule:${rule.key}`,
        sel: `nft:${rule.key}`,
        x,
        y,
        label: words.rule(
          chain,
          [
            rule.words,
            ...(counted ? [counted] : []),
            ...rewrites
              .filter(() => /\bmasquerade\b/.test(rule.words))
              .slice(-2)
              .map(({ from, to }) => words.became(from, to)),
          ].join(', '),
        ),
        marks: [
          rect(
            0,
            0,
            w,
            10 + (lines.length + given.length) * 15,
            rule.isNew ? 'active' : 'security',
            rule.isNew ? 'solid' : 'soft',
            4,
          ),
          ...lines.map((said, j) =>
            text(10, 17 + j * 15, said, rule.isNew ? 'solid' : 'plain', { mono: true, size: 11 }),
          ),
          ...given.map((said, j) =>
            text(10, 17 + (lines.length + j) * 15, fit(said, w - 14, 11, true), rule.isNew ? 'solid' : 'own', {
              mono: true,
              size: 11,
              bold: j % 2 === 1,
            }),
          ),
        ],
      });
      y += 18 + (lines.length + given.length) * 15;
    }
    y += 8;
  }
  return { items, height: y };
}

/** The wire between two lanes: none, hanging, or tight when both ends are up. */
export function wire({ lane }: Lanes, from: Part, to: Part): Item {
  const a = lane(from.lane).x + lane(from.lane).w - (from.lane === 'container' ? 12 : 0);
  const b = lane(to.lane).x;
  const both = from.there && to.there;
  const up = both && from.up && to.up;
  const sag = up ? 0 : 14;
  return {
    key: `wire:${from.lane}`,
    x: 0,
    y: WIRE,
    marks: [
      path(
        cable([a, 0], [a + (b - a) / 3, sag], [b - (b - a) / 3, sag], [b, 0]),
        up ? 'own' : both ? 'network' : 'ghost',
        { width: up ? 4 : 2, dashed: !both },
      ),
    ],
  };
}

/** The path through the rules to the outside: beside the cable, or down to the rules and up again. */
export function wayItem({ lane, below }: Lanes, open: boolean, more: number): Item {
  const [bridge, nft, out] = [lane('bridge'), lane('nft'), lane('out')];
  const arrow = (...points: [number, number][]): Mark =>
    path(polyline(...points), open ? 'own' : 'ghost', { width: 3, dashed: true, arrow: true });
  const [down, up] = [bridge.x + bridge.w / 2, out.x + out.w / 2];
  const edge = PART - 28;
  return {
    key: 'way',
    x: 0,
    y: WIRE,
    marks: below
      ? [arrow([down, edge + more + 2], [down, edge + more + 50]), arrow([up, edge + more + 52], [up, edge + 6])]
      : [arrow([bridge.x + bridge.w + 2, 0], [nft.x - 6, 0]), arrow([nft.x + nft.w + 2, 0], [out.x - 6, 0])],
  };
}
