import { execFileSync } from 'node:child_process';
import * as assert from 'uvu/assert';
import { headersOf, isOut } from '../../../runtime/watch/headers.ts';
import type { Sample } from '../../../runtime/watch/usage.ts';
import { drawNetwork } from '../../../web/draw/network.ts';
import { lanesFor, WIRE } from '../../../web/draw/lanes.ts';
import { USUAL } from '../../../web/draw/clamp-width.ts';
import { dotItems, farEnd, LIFE_MS, noTraffic, packetWords, type Passed } from '../../../web/draw/traffic.ts';
import { pcapOf } from '../../../web/state/pcap.ts';
import { draw as words } from '../../../web/words/en/draw.ts';
import { suite } from '../../harness.ts';
import { inState, journal } from './journals.ts';

const test = suite('packets on their way');
const events = journal('limits');
const running = inState(events, 'running');
const OWN = '172.29.77.2/24';
const MAC = '02:42:ac:1d:4d:02';
const bytes = (source: string, target: string, macs = `0242ac1d4d01${MAC.replaceAll(':', '')}`) =>
  Uint8Array.from(
    Buffer.from(
      `${macs}08004500002000004000401100${'00'}${[source, target].map((ip) => Buffer.from(ip.split('.').map(Number)).toString('hex')).join('')}9c400035000c0000`,
      'hex',
    ),
  );
const packet = (number: number, arrived: number, source = '172.29.77.2', target = '172.29.77.9'): Passed => {
  const headers = headersOf(bytes(source, target));
  return { number, time: arrived, arrived, length: 46, out: source === '172.29.77.2', headers };
};
const dots = (packets: readonly Passed[], now: number) =>
  dotItems(lanesFor(USUAL), { ...noTraffic, packets, now }, OWN);

const empty = (time: number): Sample => ({
  time,
  memory: { usage: 0, hits: 0, kills: 0 },
  cpu: { total: 0, periods: 0, throttledPeriods: 0, throttledTime: 0 },
  pids: { current: 1 },
  io: { read: 0, written: 0 },
  frozen: false,
  links: [],
});

test('a dot goes from the container to where it ends, and what comes back the other way', () => {
  const { lane } = lanesFor(USUAL);
  const near = lane('container').x + lane('container').w;
  const x = (one: Passed, way: number) => dots([one], 1000 + way * LIFE_MS)[0]!.x;
  const [there, back] = [packet(1, 1000), packet(2, 1000, '172.29.77.9', '172.29.77.2')];
  assert.ok(x(there, 0) < near && x(there, 0.5) > x(there, 0.1) && x(back, 0.5) < x(back, 0.1));
  assert.ok(x(there, 0.99) > lane('bridge').x && x(there, 0.99) < lane('nft').x, 'a neighbour is on the bridge');
  assert.ok(
    x(packet(3, 1000, '172.29.77.2', '9.9.9.9'), 0.99) > lane('nft').x + lane('nft').w,
    'what is further away passes the rules',
  );
  assert.equal(dots([there], 1000 + LIFE_MS), []);
  assert.equal(dots([there], 999), []);
});

test('a dot is on the cable, and goes through the rules where they are drawn', () => {
  const far = packet(3, 1000, '172.29.77.2', '9.9.9.9');
  const ys = (width: number) =>
    [0.05, 0.25, 0.5, 0.75, 0.95].map(
      (way) =>
        dotItems(lanesFor(width), { ...noTraffic, packets: [far], now: 1000 + way * LIFE_MS }, OWN, 46)[0]!.y - WIRE,
    );
  assert.equal(ys(USUAL), [-6, -6, -6, -6, -6]);
  const narrow = ys(600);
  assert.ok(narrow[0]! < 0 && narrow[3]! > 100 && narrow[4]! < narrow[3]!, `${narrow.join(' ')}`);
});

test('a rule shows what it has counted, and the way out is the link by which the packets leave', () => {
  const frame = drawNetwork(words, running, events);
  const [, , chain, rule] = frame.table.rows.find(({ cells }) => cells[2] === 'postrouting')!.cells;
  const raw = rule!.replace(/ (masquerade)/, ' counter packets 7 bytes 588 $1');
  assert.is.not(raw, rule);
  const rewrite = { protocol: 'tcp', from: '172.29.77.2:40000', to: '198.51.100.1:40000', target: '198.51.100.2:80' };
  const drawing = drawNetwork(words, running, events, undefined, {
    ...noTraffic,
    samples: [{ ...empty(1000), rules: [`${chain}: ${raw}`] }, empty(1250)],
    rewrites: [{ ...rewrite, link: 'outside0' }],
  });
  assert.match(
    drawing.items.find(({ label }) => label?.startsWith('rule of postrouting'))!.label!,
    /, 7 packets, 588 B/,
  );
  assert.ok(drawing.table.rows.some(({ cells }) => cells.at(-1) === `${rule}, 7 packets, 588 B`));
  const out = drawing.items.find(({ key }) => key === 'part:host/outside0')!;
  assert.match(out.label!, /^outside0, up: the way out, 198\.51\.100\.1$/);
  assert.not.ok(frame.items.some(({ key }) => key === 'part:host/outside0'));
});

test('everybody at once is on the bridge', () => {
  for (const target of ['172.29.77.255', '224.0.0.251', '255.255.255.255'])
    assert.is(farEnd(packet(1, 0, '172.29.77.2', target), OWN), 'bridge', target);
  assert.is(farEnd(packet(1, 0, '172.29.77.2', '9.9.9.9'), undefined), 'bridge');
});

test('above twenty a second one dot stands for many, with their number', () => {
  const few = Array.from({ length: 20 }, (_, j) => packet(j, 1000 + j));
  assert.is(dots(few, 1100).length, 20);
  const many = Array.from({ length: 200 }, (_, j) => packet(j, 1000 + j * 4));
  const drawn = dots(many, 1800);
  assert.ok(drawn.length <= 5, `${drawn.length}`);
  const numbers = drawn.flatMap(({ marks }) =>
    marks.flatMap((mark) => (mark.shape === 'text' ? [Number(mark.text)] : [])),
  );
  assert.is(
    numbers.reduce((sum, n) => sum + n, 0),
    200,
  );
});

test('without a clock nothing moves, and the table has the packets all the same', () => {
  const drawing = drawNetwork(words, running, events, undefined, { ...noTraffic, packets: [packet(7, 1000)] });
  assert.not.ok(drawing.items.some(({ key }) => key.startsWith('dot:')));
  assert.equal(drawing.table.rows.find(({ key }) => key === 'packet 7')?.cells, [
    'packet',
    'from the container',
    '46 bytes',
    'UDP 172.29.77.2:40000 → 172.29.77.9:53, 4 bytes',
  ]);
  assert.is(
    drawNetwork(words, running, events, undefined, {
      ...noTraffic,
      packets: [packet(7, 1000)],
      now: 1100,
    }).items.filter(({ key }) => key.startsWith('dot:')).length,
    1,
  );
});

test('a rewritten address stands under the rule that rewrote it', () => {
  const rewrite = { protocol: 'udp', from: '172.29.77.2:40000', to: '192.0.2.2:40000', target: '9.9.9.9:53' };
  const drawing = drawNetwork(words, running, events, undefined, { ...noTraffic, rewrites: [rewrite] });
  const rule = drawing.items.find(({ label }) => label?.startsWith('rule of postrouting'))!;
  assert.match(rule.label!, /172\.29\.77\.2:40000 became 192\.0\.2\.2:40000/);
  assert.not.ok(drawing.items.some(({ label }) => label?.startsWith('rule of forward') && label.includes('became')));
  assert.ok(
    drawing.table.rows.some(
      ({ cells }) => cells.at(-1) === 'udp to 9.9.9.9:53: 172.29.77.2:40000 became 192.0.2.2:40000, says conntrack',
    ),
  );
});

test('counters stand at their links, and the picture makes room for them', () => {
  const counts = {
    rxPackets: 5,
    txPackets: 7,
    rxBytes: 500,
    txBytes: 7000,
    rxErrors: 0,
    txErrors: 0,
    rxDropped: 0,
    txDropped: 2,
  };
  const sample = (time: number, more: number): Sample => ({
    time,
    memory: { usage: 0, hits: 0, kills: 0 },
    cpu: { total: 0, periods: 0, throttledPeriods: 0, throttledTime: 0 },
    pids: { current: 1 },
    io: { read: 0, written: 0 },
    frozen: false,
    links: [{ ...counts, side: 'container', name: 'eth0', rxBytes: 500 + more }],
  });
  const drawing = drawNetwork(words, running, events, undefined, {
    ...noTraffic,
    samples: [sample(1000, 0), sample(2000, 2048)],
  });
  assert.match(
    drawing.items.find(({ key }) => key === 'part:container/eth0')!.label!,
    /rx 5 · 2\.4 KiB, tx 7 · 6\.8 KiB, 2 KiB\/s$/,
  );
  assert.match(
    drawing.table.rows.find(({ key }) => key === 'container/eth0')!.cells.at(-1)!,
    /received 5 packets, 2548 bytes, 0 dropped; sent 7 packets, 7000 bytes, 2 dropped/,
  );
});

test('which way a packet goes is told by whom it is for, whatever sender it writes', () => {
  const out = (macs: string) => isOut(headersOf(bytes('1.2.3.4', '5.6.7.8', macs)), MAC);
  const own = MAC.replaceAll(':', '');
  assert.equal(
    [
      out(`0242ac1d4d01${own}`),
      out(`${own}0242ac1d4d01`),
      out(`ffffffffffff${own}`),
      out('ffffffffffff0242ac1d4d01'),
      out('0242ac1d4d01deadbeef0000'),
    ],
    [true, false, true, false, true],
  );
  assert.is(packetWords(words, packet(1, 0)), 'UDP 172.29.77.2:40000 → 172.29.77.9:53, 4 bytes');
});

test(['python3'], 'the file is a pcap file, as another reader finds', () => {
  const kept = [
    { time: 1_700_000_000_123.456, length: 1500, bytes: bytes('1.2.3.4', '5.6.7.8') },
    { time: 1_700_000_001_000.001, length: 3, bytes: Uint8Array.of(1, 2, 3) },
  ];
  const script = [
    'import struct, sys, json',
    'd = sys.stdin.buffer.read()',
    'h = struct.unpack_from("<IHHiIII", d)',
    'at = 24',
    'out = []',
    'while at < len(d):',
    '  s, u, k, n = struct.unpack_from("<IIII", d, at); out.append([s, u, k, n, d[at + 16:at + 16 + k].hex()]); at += 16 + k',
    'print(json.dumps([hex(h[0]), h[1:], at == len(d), out]))',
  ].join('\n');
  const read = JSON.parse(
    execFileSync('python3', ['-c', script], { input: pcapOf(kept), encoding: 'utf8' }),
  ) as unknown;
  const hex = (one: Uint8Array) => Buffer.from(one).toString('hex');
  assert.equal(read, [
    '0xa1b2c3d4',
    [2, 4, 0, 0, 256, 1],
    true,
    [
      [1_700_000_000, 123_456, 42, 1500, hex(kept[0]!.bytes)],
      [1_700_000_001, 1, 3, 3, '010203'],
    ],
  ]);
});

test.run();
