/** Input from containers: packets, and the conntrack entries that they cause. */
import fc from 'fast-check';
import { headersOf, isOut } from '../../runtime/watch/headers.ts';
import { rewritesIn } from '../../runtime/watch/rewrites.ts';
import { lanesFor } from '../../web/draw/lanes.ts';
import { USUAL } from '../../web/draw/clamp-width.ts';
import { dotItems, noTraffic, packetWords } from '../../web/draw/traffic.ts';
import { draw as words } from '../../web/words/en/draw.ts';
import { target } from './target.ts';

const OWN = '172.30.0.2/16';
const type = fc.constantFrom([0x08, 0x00], [0x08, 0x06], [0x86, 0xdd], [0x81, 0x00]);
const within = fc.record({
  first: fc.constantFrom(0x45, 0x40, 0x4f, 0x65, 0x60),
  protocol: fc.constantFrom(1, 6, 17, 58, 0),
  rest: fc.uint8Array({ maxLength: 80 }),
  cut: fc.nat(120),
});
const built = fc
  .tuple(fc.uint8Array({ minLength: 12, maxLength: 12 }), type, within)
  .map(([macs, two, { first, protocol, rest, cut }]) => {
    const bytes = Uint8Array.from([...macs, ...two, first, ...rest]);
    for (const at of [20, 23]) if (at < bytes.length) bytes[at] = protocol;
    return bytes.subarray(0, cut);
  });

const headers = target('packet headers', fc.oneof(built, fc.uint8Array({ maxLength: 100 })), (bytes) => {
  const found = headersOf(bytes);
  const packet = {
    number: 0,
    time: 0,
    arrived: 0,
    length: bytes.length,
    out: isOut(found, '02:42:ac:1e:00:02'),
    headers: found,
  };
  if (!/^[\w\s.:,?→{}-]+$/.test(packetWords(words, packet)))
    throw new Error(`words that are not plain: ${packetWords(words, packet)}`);
  if (packetWords(words, packet).length > 160)
    throw new Error(`${packetWords(words, packet).length} characters for one packet`);
  for (const { x } of dotItems(lanesFor(USUAL), { ...noTraffic, packets: [packet], now: 600 }, OWN))
    if (!Number.isFinite(x)) throw new Error('a dot without a place');
});

const word = fc.constantFrom(
  'src=172.30.0.2',
  'dst=172.30.0.2',
  'src=9.9.9.9',
  'dst=192.0.2.2',
  'sport=53',
  'dport=40000',
  'ipv4',
  'udp',
  '17',
  '[UNREPLIED]',
  'type=8',
  '',
  '\n',
  'src=',
  'dst= ',
);
const conntrack = target(
  'conntrack table',
  fc.array(fc.oneof({ weight: 8, arbitrary: word }, { weight: 1, arbitrary: fc.string({ maxLength: 8 }) }), {
    maxLength: 60,
  }),
  (words) => {
    const found = rewritesIn(words.join(' '), '172.30.0.2');
    if (
      found.length > 16 ||
      found.some(({ from, to }) => !from.startsWith('172.30.0.2') || to.startsWith('172.30.0.2:'))
    )
      throw new Error(JSON.stringify(found));
  },
);

export const packetTargets = [headers, conntrack];
