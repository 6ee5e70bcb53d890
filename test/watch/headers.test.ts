import * as assert from 'uvu/assert';
import { headersOf } from '../../runtime/watch/headers.ts';
import { rewritesIn } from '../../runtime/watch/rewrites.ts';
import { suite } from '../harness.ts';

const test = suite("what a packet's headers say");
const bytes = (...parts: string[]) => Uint8Array.from(Buffer.from(parts.join('').replaceAll(/[\s:]/g, ''), 'hex'));
const ETHERNET = '02:42:ac:1e:00:01 02:42:ac:1e:00:02';
/** An IPv4 header: 172.30.0.2 → 172.30.0.1 */
const ip = (protocol: string, rest: string) =>
  bytes(ETHERNET, '0800', '4500 0030 0000 4000 40', protocol, '0000 ac1e0002 ac1e0001', rest);

test('TCP with its flags and ports', () => {
  const { protocol, source, target, ports, words, sourceMac, targetMac } = headersOf(
    ip('06', '9c40 0050 00000001 00000000 5012 ffff 0000 0000'),
  );
  assert.equal([protocol, source, target, ports, words], ['TCP', '172.30.0.2', '172.30.0.1', [40000, 80], 'SYN ACK']);
  assert.equal([sourceMac, targetMac], ['02:42:ac:1e:00:02', '02:42:ac:1e:00:01']);
});

test('UDP with its length, ICMP with its meaning', () => {
  assert.equal(
    [headersOf(ip('11', '9c40 0035 000c 0000')).ports, headersOf(ip('11', '9c40 0035 000c 0000')).words],
    [[40000, 53], '4 bytes'],
  );
  assert.is(headersOf(ip('01', '0800 0000')).words, 'echo request');
  assert.is(headersOf(ip('01', '0303 0000')).words, 'port unreachable');
  assert.is(headersOf(ip('2f', '0000')).words, 'protocol 47');
});

test('ARP asks and answers', () => {
  const arp = (operation: string) =>
    headersOf(
      bytes('ffffffffffff 0242ac1e0002 0806 0001 0800 06 04', operation, '0242ac1e0002 ac1e0002 000000000000 ac1e0001'),
    );
  assert.equal([arp('0001').protocol, arp('0001').words], ['ARP', 'who has 172.30.0.1? tell 172.30.0.2']);
  assert.is(arp('0002').words, '172.30.0.2 is at 02:42:ac:1e:00:02');
});

test('IPv6 addresses are written short', () => {
  const { protocol, source, target, words } = headersOf(
    bytes(ETHERNET, '86dd 60000000 0010 3a ff fe800000000000000042acfffe1e0002 ff020000000000000000000000000002 8500'),
  );
  assert.equal([protocol, source, target, words], ['IPv6', 'fe80::42:acff:fe1e:2', 'ff02::2', 'ICMPv6']);
});

test('options move what comes after them, and a later fragment has no ports', () => {
  const long = bytes(ETHERNET, '0800 4600 0030 0000 4000 4011 0000 ac1e0002 ac1e0001 00000000 9c40 0035 000c 0000');
  assert.equal(headersOf(long).ports, [40000, 53]);
  const fragment = bytes(ETHERNET, '0800 4500 0030 0000 00b9 4011 0000 ac1e0002 ac1e0001 9c40 0035 000c 0000');
  assert.equal([headersOf(fragment).ports, headersOf(fragment).words], [undefined, 'a later fragment of protocol 17']);
});

test('a packet that is cut off anywhere is read as far as it goes', () => {
  for (const whole of [
    ip('06', '9c40 0050 00000001 00000000 5012 ffff 0000 0000'),
    ip('11', '9c40 0035 000c 0000'),
    ip('01', '0800 0000'),
    bytes('ffffffffffff 0242ac1e0002 0806 0001 0800 06 04 0001 0242ac1e0002 ac1e0002 000000000000 ac1e0001'),
  ]) {
    for (let length = 0; length < whole.length; length++) {
      const { words, ports } = headersOf(whole.subarray(0, length));
      assert.ok(words, `${length} bytes`);
      if (ports) assert.ok(ports.every(Number.isInteger), `${length} bytes`);
    }
  }
  assert.is(headersOf(new Uint8Array()).words, 'cut off');
  // a header length that is too small
  assert.is(headersOf(bytes(ETHERNET, '0800 4100', '00'.repeat(40))).words, 'malformed');
  // a header length that is greater than the packet
  assert.equal(headersOf(bytes(ETHERNET, '0800 4f00', '0030 0000 4000 4006 0000 ac1e0002 ac1e0001')).ports, undefined);
});

test('whatever the bytes are, only plain words come out', () => {
  // a linear congruential generator: the same bytes in each run
  let seed = 12345;
  const random = () => (seed = (seed * 1103515245 + 12345) & 0x7fffffff) >>> 8;
  const types = [0x0800, 0x0806, 0x86dd];
  for (let j = 0; j < 20_000; j++) {
    const made = Uint8Array.from({ length: random() % 100 }, () => random() & 255);
    if (made.length > 14 && j % 4) new DataView(made.buffer).setUint16(12, types[j % 3]!);
    if (made.length > 23 && j % 8 === 1) [made[14], made[23]] = [0x40 | (random() & 15), [1, 6, 17][random() % 3]!];
    const headers = headersOf(made);
    assert.match(JSON.stringify(Object.values(headers)), /^[\w\s"[\],.:?{}-]*$/);
  }
});

test('conntrack tells to whom a packet seems to come from', () => {
  const table = [
    'ipv4     2 udp      17 29 src=172.30.0.2 dst=9.9.9.9 sport=40000 dport=53 [UNREPLIED] src=9.9.9.9 dst=192.0.2.2 sport=53 dport=40123 mark=0 zone=0 use=2',
    'ipv4     2 icmp     1 29 src=172.30.0.2 dst=9.9.9.9 type=8 code=0 id=7 src=9.9.9.9 dst=192.0.2.2 type=0 code=0 id=7 mark=0 use=1',
    'ipv4     2 tcp      6 299 ESTABLISHED src=172.30.0.2 dst=172.30.0.1 sport=1 dport=2 src=172.30.0.1 dst=172.30.0.2 sport=2 dport=1 [ASSURED] mark=0 use=1',
    'ipv4     2 udp      17 29 src=172.30.0.22 dst=9.9.9.9 sport=4 dport=53 src=9.9.9.9 dst=192.0.2.2 sport=53 dport=4 mark=0 use=2',
    '',
    'src=172.30.0.2 ',
    'nonsense',
  ].join('\n');
  assert.equal(rewritesIn(table, '172.30.0.2'), [
    { protocol: 'udp', from: '172.30.0.2:40000', to: '192.0.2.2:40123', target: '9.9.9.9:53' },
    { protocol: 'icmp', from: '172.30.0.2', to: '192.0.2.2', target: '9.9.9.9' },
  ]);
});

test.run();
