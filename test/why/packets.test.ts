/** What `drydock why` writes and reads byte by byte: queries for both kinds of addresses, packets of both families. */
import * as assert from 'uvu/assert';
import { readAnswer, nameQuery } from '../../runtime/network/why/message.ts';
import { answerIn, segmentBytes } from '../../runtime/network/why/packet.ts';
import { parseTarget, showTarget } from '../../runtime/network/why/target.ts';
import { TCP_FLAGS, traceEventOf } from '../../runtime/kernel/netlink/nftables/trace.ts';
import { suite } from '../harness.ts';

const test = suite('the bytes of drydock why');

/** An answer with records [type, bytes] to a query. */
function answering(query: Buffer, records: readonly (readonly [number, Buffer])[]): Buffer {
  const head = Buffer.from(query);
  head.writeUInt8(0x81, 2);
  head.writeUInt16BE(records.length, 6);
  const bodies = records.map(([type, data]) =>
    Buffer.concat([Buffer.from([0xc0, 12, 0, type, 0, 1, 0, 0, 0, 60, 0, data.length]), data]),
  );
  return Buffer.concat([head, ...bodies]);
}

test('a query for AAAA takes records of AAAA only, and one for A those of A only', () => {
  const six = Buffer.from('fd00000500000000000000000000004d', 'hex');
  const four = Buffer.from([10, 5, 0, 2]);
  for (const [type, addresses] of [
    ['A', ['10.5.0.2']],
    ['AAAA', ['fd00:5::4d']],
  ] as const) {
    const query = nameQuery('db', 7, type)!;
    assert.is(query.readUInt16BE(query.length - 4), type === 'A' ? 1 : 28);
    const answer = readAnswer(
      answering(query, [
        [1, four],
        [28, six],
        [28, four],
        [1, six],
      ]),
      query,
    );
    assert.equal(answer, { code: 'NOERROR', addresses });
  }
});

test('a cut answer is read without an error', () => {
  const query = nameQuery('db', 7, 'AAAA')!;
  const whole = answering(query, [[28, Buffer.alloc(16, 1)]]);
  for (let length = 0; length < whole.length; length++)
    assert.equal(readAnswer(whole.subarray(0, length), query)?.addresses ?? [], []);
});

/** RFC 1071: over a pseudo header of RFC 8200 the sum of a right packet is 0xffff. */
function sumOf(packet: Buffer): number {
  const bytes = Buffer.concat([packet.subarray(8, 40), Buffer.from([0, 0, 0, 20, 0, 0, 0, 6]), packet.subarray(40)]);
  let sum = 0;
  for (let at = 0; at < bytes.length; at += 2) sum += bytes.readUInt16BE(at);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return sum;
}
const ends = { sourcePort: 61_000, port: 80, sequence: 7 };
const six = { ...ends, source: '2001:2::2', destination: '2001:db8::1' };

test('a segment of IPv6 has the lengths, the addresses and the checksum of RFC 8200', () => {
  const bytes = segmentBytes({ ...six, flags: TCP_FLAGS.SYN });
  assert.is(bytes.length, 60);
  assert.equal([bytes[0]! >> 4, bytes.readUInt16BE(4), bytes[6], bytes[7]], [6, 20, 6, 64]);
  assert.is(bytes.subarray(8, 24).toString('hex'), '20010002000000000000000000000002');
  assert.is(sumOf(bytes), 0xffff);
  assert.throws(() => segmentBytes({ ...six, destination: '192.0.2.1', flags: 0 }), 'no packet from 2001:2::2');
});

test('answers of both families are told apart, and what is none is passed over', () => {
  const answer = (flags: number, of: typeof six) => segmentBytes({ ...of, sourcePort: 80, port: 61_000, flags });
  for (const of of [six, { ...ends, source: '198.18.0.2', destination: '192.0.2.1' }]) {
    assert.is(answerIn(answer(TCP_FLAGS.SYN | TCP_FLAGS.ACK, of), 61_000), 'accepted');
    assert.is(answerIn(answer(TCP_FLAGS.RST, of), 61_000), 'ECONNREFUSED');
    assert.is(answerIn(answer(TCP_FLAGS.RST, of), 61_001), undefined);
    for (let length = 0; length < 40; length++)
      assert.is(answerIn(answer(0, of).subarray(0, length), 61_000), undefined);
  }
  const unreachable = Buffer.concat([answer(0, six).subarray(0, 40), Buffer.from([1, 4, 0, 0])]);
  unreachable.writeUInt8(58, 6);
  assert.is(answerIn(unreachable, 61_000), 'EHOSTUNREACH');
  unreachable.writeUInt8(135, 40);
  assert.is(answerIn(unreachable, 61_000), undefined, 'a question of neighbour discovery is no answer');
});

test('a traced packet of IPv6 has its addresses and flags', () => {
  const bytes = segmentBytes({ ...six, flags: TCP_FLAGS.SYN });
  const traced = (network: Buffer) =>
    traceEventOf({
      header: { nfgen_family: 10 },
      attributes: { type: 3, id: 1, network_header: network, transport_header: bytes.subarray(40) },
    } as never)?.packet;
  assert.equal(traced(bytes.subarray(0, 40)), {
    source: '2001:2::2',
    destination: '2001:db8::1',
    sourcePort: 61_000,
    port: 80,
    flags: TCP_FLAGS.SYN,
  });
  assert.is(traced(bytes.subarray(0, 39)), undefined);
});

test('targets with an IPv6 address are read in each form, and shown in the one of RFC 5952', () => {
  for (const [text, shown] of [
    ['[FD00:0:0::2]:80', '[fd00::2]:80'],
    ['http://[fd00::2]/x', '[fd00::2]:80'],
    ['udp://[::1]:53', '[::1]:53/udp'],
    ['[fd00::2]:53/udp', '[fd00::2]:53/udp'],
    ['[::ffff:10.0.0.1]:80', '10.0.0.1:80'],
  ] as const)
    assert.is(showTarget(parseTarget(text)), shown);
  for (const text of [
    '[fe80::1]:80',
    '[febf::1%eth0]:80',
    '[fd00::2%eth0]:80',
    'fd00::2:80',
    '[10.0.0.1]:80',
    '[fd00::2]',
  ])
    assert.throws(() => parseTarget(text));
});

test.run();
