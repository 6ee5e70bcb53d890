/**
 * The picture "How does a packet get out?": fixed lanes from the container's eth0 to the host's way out. A part is
 * drawn when it exists in the kernel.
 */
import type { Event } from '../../runtime/journal/event.ts';
import type { Frame } from '../../runtime/journal/frame.ts';
import type { DrawWords } from '../words/en/draw.ts';
import { counterLines, counterWords } from './counters.ts';
import { laneIds, lanesFor, TOP, WIRE, type LaneId, type Lanes } from './lanes.ts';
import { USUAL } from './clamp-width.ts';
import { columnsOf } from './namespaces.ts';
import { fit, rect, text, wrap, type Drawing, type Item, type Mark, type Tone } from './marks.ts';
import { dotItems, noTraffic, packetRows, type Traffic } from './traffic.ts';
import { netOf, type Link, type Net } from './network-facts.ts';
import { outside, PART, ruleItems, ruleWords, wire, wayItem, type Part } from './network-way.ts';

function partItem(
  words: DrawWords['network'],
  { lane }: Lanes,
  { lane: id, key, sel, title, lines, there, up, isNew, y, h }: Part,
): Item {
  const { x, w } = lane(id);
  const tone: Tone = !there ? 'ghost' : isNew ? 'active' : id === 'container' ? 'own' : 'network';
  const ink = isNew ? 'solid' : tone;
  const inset = id === 'container' ? 12 : 0;
  const marks: Mark[] = [
    rect(0, 0, w - 2 * inset, h, tone, there ? (isNew ? 'solid' : 'soft') : 'dashed', 6),
    text(
      10,
      19,
      fit(`${there && !up ? '▽ ' : there ? '▲ ' : ''}${title}`, w - 2 * inset - 14, 12, there),
      there ? ink : 'quiet',
      { bold: true, mono: there, size: 12 },
    ),
    ...lines.map((said, j) =>
      text(
        10,
        36 + j * 15,
        fit(said, w - 2 * inset - 12, 11, there && /\d\.\d+\./.test(said)),
        there && isNew ? 'solid' : 'quiet',
        { size: /^[rt]x /.test(said) ? 11 : 11.5, mono: there && /\d\.\d+\./.test(said) },
      ),
    ),
  ];
  return {
    key: `part:${key}`,
    ...(sel && { sel }),
    x: x + inset,
    y,
    marks,
    label: words.part(title, there ? (up ? 'up' : 'down') : 'ghost', lines.join(', ')),
  };
}

/** The content of a lane: the link, or a placeholder that names the step that makes it. */
function linkPart(
  words: DrawWords['network'],
  { lane }: Lanes,
  net: Net,
  id: LaneId,
  find: (link: Link) => boolean,
  otherwise: string,
  y = WIRE - 28,
  h = 70,
  counted: (link: Link) => string[] = () => [],
): Part {
  const link = net.links.find(find);
  if (!link)
    return {
      lane: id,
      key: `${id} ghost ${y}`,
      title: words.notYet,
      lines: wrap(otherwise, lane(id).w - 28, 11.5),
      there: false,
      up: false,
      isNew: false,
      y,
      h,
    };
  const details = link.words.replace(/^(veth|bridge|uplink|loopback),? ?/, '').replace(/,? ?(up|down)$/, '');
  return {
    lane: id,
    key: link.key,
    sel: `link:${link.key}`,
    title: link.name,
    lines: [
      ...(link.address ? [link.address] : []),
      ...details.split(', ').filter((one) => one && !one.startsWith('index')),
    ]
      .slice(0, 3)
      .concat(counted(link)),
    there: true,
    up: link.up,
    isNew: link.isNew,
    y,
    h,
  };
}

/** Pixels by which the lower parts move down when the links show counters. */
const COUNTED = 46;
function parts(words: DrawWords, lanes: Lanes, net: Net, { samples, rewrites }: Traffic): Part[] {
  const { network: say } = words;
  const counted = (link: Link) => counterLines(words, samples, link.side, link.name);
  const [y, more] = [WIRE - 28, samples.at(-1)?.links.length ? COUNTED : 0];
  return [
    linkPart(
      say,
      lanes,
      net,
      'container',
      ({ side, name }) => side === 'container' && name !== 'lo',
      say.plugs,
      y,
      70 + more,
      counted,
    ),
    linkPart(
      say,
      lanes,
      net,
      'container',
      ({ side, name }) => side === 'container' && name === 'lo',
      say.loDown,
      WIRE + 56 + more,
      44,
    ),
    linkPart(
      say,
      lanes,
      net,
      'veth',
      ({ side, words }) => side === 'host' && words.startsWith('veth'),
      'network.create-veth',
      y,
      70 + more,
      counted,
    ),
    linkPart(
      say,
      lanes,
      net,
      'bridge',
      ({ side, words }) => side === 'host' && words.startsWith('bridge'),
      'network. ensure-bridge',
      y,
      70 + more,
      counted,
    ),
    outside(
      say,
      rewrites,
      linkPart(say, lanes, net, 'out', ({ side, words }) => side === 'host' && words.startsWith('uplink'), say.uplink),
    ),
  ];
}

/** `traffic`: counters and packets, given in the present only. */
export function drawNetwork(
  words: DrawWords,
  frame: Frame,
  events: readonly Event[],
  previous?: Frame,
  traffic: Traffic = noTraffic,
  width = USUAL,
): Drawing {
  const lanes = lanesFor(width);
  const { lane } = lanes;
  const net = netOf(frame, events, previous);
  const { network: say } = words;
  const { x, w } = lane('container');
  const all = parts(words, lanes, net, traffic);
  const [eth, , veth, bridge] = all as [Part, Part, Part, Part];
  const more = traffic.samples.at(-1)?.links.length ? COUNTED : 0;
  // In a narrow picture: under the parts, with a heading of their own.
  const under = WIRE + PART - 28 + more;
  const rules = ruleItems(words, lanes, net, traffic, lanes.below ? under + 56 : WIRE - 28);
  const taut = net.mode === 'bridge' && [eth, veth, bridge].every(({ there, up }) => there && up);
  const height = Math.max(rules.height, WIRE + 170 + more) + 12;
  const own = columnsOf(frame, events).find(({ kind }) => kind === 'net')!.tie !== 'shared';
  const said = net.mode === 'bridge' ? '' : say.modes[net.mode];
  const cabled = net.mode === 'bridge' || net.mode === 'early';
  const items: Item[] = [
    ...laneIds.map((key) => ({
      key: `lane:${key}`,
      x: lane(key).x,
      y: key === 'nft' && lanes.below ? under + 26 : 22,
      marks: [
        text(0, 0, say.lanes[key].title, 'plain', { bold: true, size: 13 }),
        text(0, 16, say.lanes[key].words, 'quiet', { size: 11 }),
      ],
    })),
    {
      key: 'namespace',
      x,
      y: TOP,
      sel: 'ns:net',
      label: say.namespaceIs(own),
      marks: [
        rect(0, 0, w, height - TOP - 10, own ? 'own' : 'ghost', own ? 'outline' : 'dashed', 10),
        text(
          12,
          17,
          own ? say.namespace.own : net.mode === 'ended' ? say.namespace.ended : say.namespace.host,
          own ? 'own' : 'quiet',
          { size: 11 },
        ),
      ],
    },
    ...(cabled
      ? [wire(lanes, eth, veth), wire(lanes, veth, bridge), wayItem(lanes, taut && net.rules.length > 0, more)]
      : []),
    ...(cabled ? all : all.filter(({ there }) => there)).map((part) => partItem(say, lanes, part)),
    ...(cabled
      ? rules.items
      : [
          {
            key: 'mode',
            x: x + w + 30,
            y: WIRE,
            marks: wrap(said, Math.min(480, lanes.width - x - w - 40), 14).map((part, j) =>
              text(0, j * 20, part, 'plain', { size: 14 }),
            ),
          },
        ]),
    ...(net.routes.length
      ? [
          {
            key: 'routes',
            sel: `route:${net.routes[0]![0]}`,
            label: say.routesAre(net.routes.join('; ')),
            x: x + 12,
            y: WIRE + 112 + more,
            marks: [
              rect(-4, -5, w - 16, 30 + net.routes.length * 32, 'own', 'bare', 4),
              text(0, 10, say.routes, 'plain', { bold: true, size: 12 }),
              ...net.routes.flatMap(([key, way], j) =>
                wrap(`${key.replace('container/', '')} ${way}`, w - 26, 11, true).map((part, n) =>
                  text(0, 26 + j * 32 + n * 14, part, 'plain', { mono: true, size: 11 }),
                ),
              ),
            ],
          },
        ]
      : []),
    ...(cabled
      ? dotItems(
          lanes,
          traffic,
          net.links.find(({ side, address }) => side === 'container' && address && !address.startsWith('127.'))
            ?.address,
          more,
        )
      : []),
  ];
  return {
    width: lanes.width,
    height,
    items,
    table: {
      columns: say.columns,
      rows: [
        ...net.links.map((link) => ({
          key: link.key,
          sel: `link:${link.key}`,
          cells: [
            say.rows.link,
            say.sides[link.side],
            link.name,
            [link.words, link.address, counterWords(words, traffic.samples, link.side, link.name)]
              .filter(Boolean)
              .join(', '),
          ],
        })),
        ...net.routes.map(([key, way]) => ({
          key,
          sel: `route:${key}`,
          cells: [say.rows.route, say.sides.container, key.replace('container/', ''), way],
        })),
        ...net.rules.map((rule) => ({
          key: rule.key,
          sel: `nft:${rule.key}`,
          cells: [say.rows.rule, say.sides.host, rule.chain, ruleWords(words, rule, traffic)],
        })),
        ...packetRows(words, traffic),
      ],
    },
    summary: said || (taut ? say.connected(eth.title, eth.lines[0] ?? '', veth.title, bridge.title) : say.incomplete),
  };
}
