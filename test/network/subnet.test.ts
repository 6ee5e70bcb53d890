import * as assert from 'uvu/assert';
import { ApiError } from '../../runtime/errors/api-error.ts';
import { broadcast, macOf4, netmask, networkAddress, overlap, parseCidr } from '../../runtime/network/ipam/ipv4.ts';
import { chooseSubnet } from '../../runtime/network/ipam/subnet.ts';
import { suite } from '../harness.ts';

const test = suite('subnet choice');

const taken = (...texts: string[]) => texts.map((text) => parseCidr(text)!);

test('a host with nothing but a default route gets 172.30.0.1/16', () => {
  assert.equal(chooseSubnet(undefined, taken('0.0.0.0/0', '192.0.2.2/24', '127.0.0.1/8')), {
    gateway: '172.30.0.1',
    prefix: 16,
  });
});

test('subnets that overlap an address or a route are passed over', () => {
  assert.is(chooseSubnet(undefined, taken('172.30.7.1/32')).gateway, '172.31.0.1');
  assert.is(chooseSubnet(undefined, taken('172.16.0.0/12')).gateway, '10.88.0.1');
  assert.is(chooseSubnet(undefined, taken('172.16.0.0/12', '10.88.0.0/15')).gateway, '10.90.0.1');
  assert.is(chooseSubnet(undefined, taken('10.0.0.0/8', '172.30.0.0/15')).gateway, '172.22.0.1');
});

test('halves, quarters and eighths of all addresses are parts of a default route', () => {
  assert.is(chooseSubnet(undefined, taken('0.0.0.0/1', '128.0.0.0/1', '10.8.0.2/24')).gateway, '172.30.0.1');
  assert.is(
    chooseSubnet(
      undefined,
      taken('0.0.0.0/2', '64.0.0.0/2', '128.0.0.0/3', '160.0.0.0/5', '168.0.0.0/6', '172.30.0.0/16'),
    ).gateway,
    '172.31.0.1',
  );
});

test('when a VPN has taken all private addresses, the way out is named', () => {
  assert.throws(() => chooseSubnet(undefined, taken('10.0.0.0/8', '172.16.0.0/12')), /name a subnet with --bip/);
});

test('--bip is taken as it is, and refused when it is none', () => {
  assert.equal(chooseSubnet('10.5.0.1/24', taken('10.0.0.0/8')), { gateway: '10.5.0.1', prefix: 24 });
  for (const bip of [
    '10.5.0.1',
    '10.5.0.1/33',
    '10.5.0.1/31',
    '10.5.0.300/24',
    '10.05.0.1/24',
    'fd00::1/64',
    '10.5.0.1/24; rm',
  ]) {
    assert.throws(
      () => chooseSubnet(bip, []),
      (error: unknown) => error instanceof ApiError && error.status === 400,
      bip,
    );
  }
  assert.throws(() => chooseSubnet('10.5.0.0/24', []), /did you mean 10.5.0.1\/24/);
});

test('address arithmetic holds at the edges', () => {
  assert.equal(
    [netmask(8), netmask(12), netmask(16), netmask(30), netmask(32)],
    ['255.0.0.0', '255.240.0.0', '255.255.0.0', '255.255.255.252', '255.255.255.255'],
  );
  assert.is(broadcast({ address: '172.30.5.5', prefix: 16 }), '172.30.255.255');
  assert.is(networkAddress({ address: '255.255.255.255', prefix: 24 }), '255.255.255.0');
  assert.ok(overlap({ address: '10.0.0.0', prefix: 8 }, { address: '10.200.0.1', prefix: 32 }));
  assert.not.ok(overlap({ address: '10.0.0.0', prefix: 9 }, { address: '10.128.0.0', prefix: 9 }));
  assert.is(macOf4('172.30.0.254'), '02:42:ac:1e:00:fe');
});

test.run();
