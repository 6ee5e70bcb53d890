/** How does a packet get out? Fixed lanes, from the container's eth0 to the host's way out; each part appears when the kernel has it. */
import type { Event } from '../../runtime/journal/event.ts';
import type { Frame } from '../../runtime/journal/frame.ts';
import { counterLines, counterWords } from './counters.ts';
import { changed, fact, factsOf, hasEnded } from './facts.ts';
import { lane, LANES, TOP, WIRE, type LaneId } from './lanes.ts';
import { columnsOf } from './namespaces.ts';
import { cable, fit, path, polyline, rect, text, wrap, type Drawing, type Item, type Mark, type Tone } from './marks.ts';
import { dotItems, noTraffic, packetRows, type Traffic } from './traffic.ts';

export interface Link { key: string; side: 'host' | 'container'; name: string; words: string; up: boolean; address?: string; isNew: boolean }
export interface Rule { key: string; chain: string; words: string; isNew: boolean }
export interface Net { mode: 'bridge' | 'none' | 'host' | 'joined' | 'early' | 'ended'; links: Link[]; routes: [string, string][]; rules: Rule[] }

/** 'counter packets 0 bytes 0' is how the rule was written, not what it has counted since. */
const withoutCounter = (rule: string) => rule.replace(/ counter packets \d+ bytes \d+/, '');

export function netOf(frame: Frame, events: readonly Event[], previous?: Frame): Net {
  const links = Object.entries(factsOf(frame, 'link')).map(([key, words]): Link => {
    const [side, name = ''] = key.split('/') as ['host' | 'container', string];
    const address = fact(frame, 'address', key);
    return { key, side, name, words, up: /\bup$|^uplink/.test(words), ...(address !== undefined && { address }), isNew: changed(frame, previous, 'link', key) || changed(frame, previous, 'address', key) };
  });
  const rules = Object.entries(factsOf(frame, 'nft')).map(([key, words]) => ({ key, chain: key.split(' ')[1] ?? '', words: withoutCounter(words), isNew: changed(frame, previous, 'nft', key) }));
  const tie = columnsOf(frame, events).find(({ kind }) => kind === 'net')!.tie;
  const later = frame.done.some((id) => id.startsWith('exec.')) || ['executing', 'running', 'paused'].includes(frame.state);
  const cabled = links.some(({ side, words }) => side === 'host' && words.startsWith('veth'));
  const mode = hasEnded(frame) ? 'ended' : tie === 'joined' ? 'joined' : cabled || !later ? (later || cabled || links.length ? 'bridge' : 'early') : tie === 'shared' ? 'host' : 'none';
  return { mode, links, routes: Object.entries(factsOf(frame, 'route')), rules };
}

interface Part { lane: LaneId; key: string; sel?: string; title: string; lines: string[]; there: boolean; up: boolean; isNew: boolean; y: number; h: number }

function partItem({ lane: id, key, sel, title, lines, there, up, isNew, y, h }: Part): Item {
  const { x, w } = lane(id);
  const tone: Tone = !there ? 'ghost' : isNew ? 'active' : id === 'container' ? 'own' : 'network';
  const ink = isNew ? 'solid' : tone;
  const inset = id === 'container' ? 12 : 0;
  const marks: Mark[] = [
    rect(0, 0, w - 2 * inset, h, tone, there ? (isNew ? 'solid' : 'soft') : 'dashed', 6),
    text(10, 19, fit(`${there && !up ? '▽ ' : there ? '▲ ' : ''}${title}`, w - 2 * inset - 14, 12, there), there ? ink : 'quiet', { bold: true, mono: there, size: 12 }),
    ...lines.map((words, j) => text(10, 36 + j * 15, words, there && isNew ? 'solid' : 'quiet', { size: /^[rt]x /.test(words) ? 10.5 : 11.5, mono: there && /\d\.\d+\./.test(words) })),
  ];
  return { key: `part:${key}`, ...(sel && { sel }), x: x + inset, y, marks, label: `${title}${there ? up ? ', up' : ', down' : ', not there yet'}: ${lines.join(', ')}` };
}

/** What stands in a lane: the link, or a ghost that says which step makes it. */
function linkPart(net: Net, id: LaneId, find: (link: Link) => boolean, otherwise: string, y = WIRE - 28, h = 70, counted: (link: Link) => string[] = () => []): Part {
  const link = net.links.find(find);
  if (!link) return { lane: id, key: `${id} ghost ${y}`, title: 'not yet', lines: wrap(otherwise, lane(id).w - 28, 11.5), there: false, up: false, isNew: false, y, h };
  const details = link.words.replace(/^(veth|bridge|uplink|loopback),? ?/, '').replace(/,? ?(up|down)$/, '');
  return { lane: id, key: link.key, sel: `link:${link.key}`, title: link.name, lines: [...(link.address ? [link.address] : []), ...details.split(', ').filter((one) => one && !one.startsWith('index'))].slice(0, 3).concat(counted(link)), there: true, up: link.up, isNew: link.isNew, y, h };
}

/** How much lower everything is when the links show what went through them. */
const COUNTED = 46;
function parts(net: Net, { samples }: Traffic): Part[] {
  const counted = (link: Link) => counterLines(samples, link.side, link.name);
  const [y, more] = [WIRE - 28, samples.at(-1)?.links.length ? COUNTED : 0];
  return [
    linkPart(net, 'container', ({ side, name }) => side === 'container' && name !== 'lo', 'network.create-veth plugs it in', y, 70 + more, counted),
    linkPart(net, 'container', ({ side, name }) => side === 'container' && name === 'lo', 'lo is still down', WIRE + 56 + more, 44),
    linkPart(net, 'veth', ({ side, words }) => side === 'host' && words.startsWith('veth'), 'network.create-veth', y, 70 + more, counted),
    linkPart(net, 'bridge', ({ side, words }) => side === 'host' && words.startsWith('bridge'), 'network. ensure-bridge', y, 70 + more, counted),
    linkPart(net, 'out', ({ side, words }) => side === 'host' && words.startsWith('uplink'), 'the default route\'s link'),
  ];
}

const hookWords: Record<string, string> = { forward: 'forward: who may pass', postrouting: 'postrouting: new address' };
/** Rules under their hook, in the order in which a packet meets them. */
function ruleItems(net: Net, { rewrites }: Traffic): { items: Item[]; height: number } {
  const { x, w } = lane('nft');
  const items: Item[] = [];
  let y = WIRE - 28;
  for (const chain of ['forward', 'postrouting']) {
    const rules = net.rules.filter((rule) => rule.chain === chain);
    items.push({ key: `hook:${chain}`, x, y, marks: [text(0, 10, hookWords[chain]!, rules.length ? 'plain' : 'quiet', { size: 12, bold: true })] });
    y += 18;
    if (!rules.length) {
      items.push({ key: `ghost:${chain}`, x, y, marks: [rect(0, 0, w, 30, 'ghost', 'dashed'), text(10, 19, 'no rules yet', 'quiet', { size: 11.5 })] });
      y += 42;
    }
    for (const rule of rules) {
      const lines = wrap(rule.words, w - 20, 11, true);
      // the connections that are on their way now, under the rule that gives them their address
      const given = /\bmasquerade\b/.test(rule.words) ? rewrites.slice(-2).flatMap(({ from, to }) => [from, `  ↳ ${to}`]) : [];
      items.push({
        key: `rule:${rule.key}`, sel: `nft:${rule.key}`, x, y, label: `rule of ${chain}: ${[rule.words, ...rewrites.filter(() => /\bmasquerade\b/.test(rule.words)).slice(-2).map(({ from, to }) => `${from} became ${to}`)].join(', ')}`,
        marks: [rect(0, 0, w, 10 + (lines.length + given.length) * 15, rule.isNew ? 'active' : 'security', rule.isNew ? 'solid' : 'soft', 4), ...lines.map((words, j) => text(10, 17 + j * 15, words, rule.isNew ? 'solid' : 'plain', { mono: true, size: 11 })), ...given.map((words, j) => text(10, 17 + (lines.length + j) * 15, fit(words, w - 14, 11, true), rule.isNew ? 'solid' : 'own', { mono: true, size: 11, bold: j % 2 === 1 }))],
      });
      y += 18 + (lines.length + given.length) * 15;
    }
    y += 8;
  }
  return { items, height: y };
}

/** The wire between two lanes: none, hanging, or taut when both ends are up. */
function wire(from: Part, to: Part): Item {
  const a = lane(from.lane).x + lane(from.lane).w - (from.lane === 'container' ? 12 : 0);
  const b = lane(to.lane).x;
  const both = from.there && to.there;
  const up = both && from.up && to.up;
  const sag = up ? 0 : 14;
  return { key: `wire:${from.lane}`, x: 0, y: WIRE, marks: [path(cable([a, 0], [a + (b - a) / 3, sag], [b - (b - a) / 3, sag], [b, 0]), up ? 'own' : both ? 'network' : 'ghost', { width: up ? 4 : 2, dashed: !both })] };
}

const modes: Record<Net['mode'], string> = {
  bridge: '', early: 'The network phase has not begun.', ended: 'The container has ended: its network went with its last process, the cable\'s other end too. Bridge and rules stay for the others.',
  none: 'No network: a namespace of its own, and no cable into it. Only its loopback.',
  host: 'The host\'s network (--network host): no namespace of its own, so nothing to connect.',
  joined: 'Another container\'s network: setns(2) entered it, so its interfaces and addresses are shared.',
};

/** `traffic`: what is counted and what passes, in the present only. */
export function drawNetwork(frame: Frame, events: readonly Event[], previous?: Frame, traffic: Traffic = noTraffic): Drawing {
  const net = netOf(frame, events, previous);
  const { x, w } = lane('container');
  const all = parts(net, traffic);
  const [eth, , veth, bridge] = all as [Part, Part, Part, Part];
  const rules = ruleItems(net, traffic);
  const more = traffic.samples.at(-1)?.links.length ? COUNTED : 0;
  const taut = net.mode === 'bridge' && [eth, veth, bridge].every(({ there, up }) => there && up);
  const height = Math.max(rules.height, WIRE + 170 + more) + 12;
  const own = columnsOf(frame, events).find(({ kind }) => kind === 'net')!.tie !== 'shared';
  const cabled = net.mode === 'bridge' || net.mode === 'early';
  const items: Item[] = [
    ...LANES.map(({ key, title, words, x: left }) => ({ key: `lane:${key}`, x: left, y: 22, marks: [text(0, 0, title, 'plain', { bold: true, size: 13 }), text(0, 16, words, 'quiet', { size: 11 })] })),
    { key: 'namespace', x, y: TOP, sel: 'ns:net', label: `network namespace: ${own ? 'its own' : 'the host\'s'}`, marks: [rect(0, 0, w, height - TOP - 10, own ? 'own' : 'ghost', own ? 'outline' : 'dashed', 10), text(12, 17, own ? 'network namespace' : net.mode === 'ended' ? 'no process, no namespace' : 'no namespace of its own', own ? 'own' : 'quiet', { size: 11 })] },
    ...(cabled ? [wire(eth, veth), wire(veth, bridge), { key: 'way', x: 0, y: WIRE, marks: [path(polyline([468, 0], [484, 0]), taut && net.rules.length ? 'own' : 'ghost', { width: 3, dashed: true, arrow: true }), path(polyline([666, 0], [682, 0]), taut && net.rules.length ? 'own' : 'ghost', { width: 3, dashed: true, arrow: true })] } satisfies Item] : []),
    ...(cabled ? all.map(partItem) : all.filter(({ there }) => there).map(partItem)),
    ...(cabled ? rules.items : [{ key: 'mode', x: 216, y: WIRE, marks: wrap(modes[net.mode], 480, 14).map((words, j) => text(0, j * 20, words, 'plain', { size: 14 })) }]),
    ...(net.routes.length ? [{ key: 'routes', sel: `route:${net.routes[0]![0]}`, label: `routes: ${net.routes.join('; ')}`, x: x + 12, y: WIRE + 112 + more, marks: [rect(-4, -5, w - 16, 30 + net.routes.length * 32, 'own', 'bare', 4), text(0, 10, 'routes', 'plain', { bold: true, size: 12 }), ...net.routes.flatMap(([key, words], j) => wrap(`${key.replace('container/', '')} ${words}`, w - 26, 11, true).map((part, n) => text(0, 26 + j * 32 + n * 14, part, 'plain', { mono: true, size: 11 })))] }] : []),
    ...(cabled ? dotItems(traffic, net.links.find(({ side, address }) => side === 'container' && address && !address.startsWith('127.'))?.address) : []),
  ];
  return {
    width: 780, height, items,
    table: {
      columns: ['part', 'where', 'name', 'what'],
      rows: [
        ...net.links.map((link) => ({ key: link.key, sel: `link:${link.key}`, cells: ['link', link.side, link.name, [link.words, link.address, counterWords(traffic.samples, link.side, link.name)].filter(Boolean).join(', ')] })),
        ...net.routes.map(([key, words]) => ({ key, sel: `route:${key}`, cells: ['route', 'container', key.replace('container/', ''), words] })),
        ...net.rules.map(({ key, chain, words }) => ({ key, sel: `nft:${key}`, cells: ['rule', 'host', chain, words] })),
        ...packetRows(traffic),
      ],
    },
    summary: modes[net.mode] || (taut ? `${eth.title} (${eth.lines[0] ?? ''}) is connected through ${veth.title} to ${bridge.title}.` : 'The way out is not complete yet.'),
  };
}
