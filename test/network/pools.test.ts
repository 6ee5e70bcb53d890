import * as assert from 'uvu/assert';
import { ApiError } from '../../runtime/errors/api-error.ts';
import { parseCidr } from '../../runtime/network/ipam/ipv4.ts';
import { checkPools, choosePools, defaultPools } from '../../runtime/network/ipam/pools.ts';
import { suite } from '../harness.ts';

const test = suite('pools of networks');

const cidrs = (...texts: string[]) => texts.map((text) => parseCidr(text)!);
const fails = (status: number, words: string) => (error: unknown) =>
  error instanceof ApiError && error.status === status && error.message === words;

test('the first default pool that neither a network nor the host uses is taken', () => {
  assert.equal(choosePools([], [], []), [{ Subnet: '172.17.0.0/16', Gateway: '172.17.0.1' }]);
  assert.is(choosePools([], cidrs('172.17.0.0/16'), cidrs('172.18.3.4/24', '0.0.0.0/1'))[0]!.Subnet, '172.19.0.0/16');
  assert.is(choosePools([], cidrs('172.16.0.0/12'), [])[0]!.Subnet, '192.168.0.0/20');
});

test('when all default pools are used it is said in dockerd’s words', () => {
  assert.throws(
    () => choosePools([], defaultPools, []),
    fails(400, 'all predefined address pools have been fully subnetted'),
  );
});

test('a requested subnet may lie in a route of the host, but not in another network', () => {
  assert.equal(choosePools([{ Subnet: '10.5.0.0/16' }], [], cidrs('10.0.0.0/8')), [
    { Subnet: '10.5.0.0/16', Gateway: '10.5.0.1', assigned: true },
  ]);
  assert.throws(
    () => choosePools([{ Subnet: '10.5.0.0/16' }], cidrs('10.5.128.0/24'), []),
    fails(403, 'invalid pool request: Pool overlaps with other one on this address space'),
  );
});

test('a gateway that is not requested is the first address that is not reserved', () => {
  const pool = { Subnet: '10.5.0.0/24', AuxiliaryAddresses: { router: '10.5.0.1' } };
  assert.is(choosePools([pool], [], [])[0]!.Gateway, '10.5.0.2');
  assert.is(choosePools([{ ...pool, Gateway: '10.5.0.254' }], [], [])[0]!.Gateway, '10.5.0.254');
});

test('what lies outside of the subnet, or is none, is refused with a line for each fault', () => {
  const rows: [pool: Parameters<typeof checkPools>[0][number], ...faults: string[]][] = [
    [{ Subnet: 'x' }, 'invalid subnet x: invalid CIDR block notation'],
    [{ Subnet: '10.5.0.7/16' }, 'invalid subnet 10.5.0.7/16: it should be 10.5.0.0/16'],
    [
      { Subnet: '10.5.0.0/24', Gateway: '10.6.0.1' },
      "invalid gateway 10.6.0.1: parent subnet 10.5.0.0/24 doesn't contain this address",
    ],
    [
      { Subnet: '10.5.0.0/24', IPRange: '10.6.0.0/25', Gateway: 'x' },
      "invalid ip-range 10.6.0.0/25: parent subnet 10.5.0.0/24 doesn't contain ip-range",
      'invalid gateway x: invalid address',
    ],
    [
      { Subnet: '10.5.0.0/24', IPRange: '10.5.0.0/16' },
      'invalid ip-range 10.5.0.0/16: CIDR block is bigger than its parent subnet 10.5.0.0/24',
    ],
    [
      { Subnet: '10.5.0.0/24', AuxiliaryAddresses: { a: '10.5.1.1' } },
      "invalid auxiliary address a: parent subnet 10.5.0.0/24 doesn't contain this address",
    ],
  ];
  for (const [pool, ...faults] of rows)
    assert.throws(() => checkPools([pool]), fails(400, `invalid network config:\n${faults.join('\n')}`), pool.Subnet);
  assert.throws(
    () => checkPools([{ Subnet: '10.5.0.0/24' }, { Subnet: '10.6.0.0/24' }]),
    fails(403, "bridge driver doesn't support multiple subnets"),
  );
  for (const driver of ['macvlan', 'ipvlan'])
    checkPools([{ Subnet: '10.5.0.0/24' }, { Subnet: '10.6.0.0/24' }, { Subnet: 'fd00::/64' }], driver);
  checkPools([{ Subnet: '10.5.0.0/24', IPRange: '10.5.0.128/25', Gateway: '10.5.0.254' }]);
});

test.run();
