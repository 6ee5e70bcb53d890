import * as assert from 'uvu/assert';
import { toNumber6, toText6 } from '../../runtime/kernel/netlink/ipv6-text.ts';
import { contains6, overlap6, parseCidr6 } from '../../runtime/network/ipam/ipv6.ts';
import { suite } from '../harness.ts';

const test = suite('IPv6 addresses');

test('text and number are each other’s inverse, in the form of RFC 5952', () => {
  const rows: [text: string, shown: string][] = [
    ['::', '::'],
    ['::1', '::1'],
    ['fd00::', 'fd00::'],
    ['fd00:0:0:5:0:0:0:2', 'fd00:0:0:5::2'],
    ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
    ['FE80:0000:0000:0000:0202:B3FF:FE1E:8329', 'fe80::202:b3ff:fe1e:8329'],
    ['::ffff:192.0.2.1', '::ffff:c000:201'],
    ['1:0:0:2:0:0:0:0', '1:0:0:2::'],
    ['10:0:0:20::', '10:0:0:20::'],
  ];
  for (const [text, shown] of rows) assert.is(toText6(toNumber6(text)), shown, text);
});

test('a subnet has a valid address and a prefix of up to 128', () => {
  assert.equal(parseCidr6('fd00:5::/64'), { address: 'fd00:5::', prefix: 64 });
  for (const text of ['fd00::', 'fd00::/129', '10.0.0.0/8', 'fe80::1%eth0/64', 'x/64', 'fd00::g/64'])
    assert.is(parseCidr6(text), undefined, text);
});

test('what lies in a subnet, and which subnets overlap', () => {
  const cidr = (text: string) => parseCidr6(text)!;
  assert.ok(contains6(cidr('fd00:5::/64'), 'fd00:5::ffff'));
  assert.not.ok(contains6(cidr('fd00:5::/64'), 'fd00:5:0:1::1'));
  assert.ok(overlap6(cidr('fd00::/16'), cidr('fd00:5::/64')));
  assert.not.ok(overlap6(cidr('fd00:4::/64'), cidr('fd00:5::/64')));
});

test.run();
