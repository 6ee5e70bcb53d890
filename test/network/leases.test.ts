import { lstatSync, readdirSync, readlinkSync } from 'node:fs';
import * as assert from 'uvu/assert';
import { daemonKernel } from '../../runtime/kernel/linux/linux.ts';
import { ApiError } from '../../runtime/errors/api-error.ts';
import { keepLeases, leaseAddress, leaseFrom, releaseAddress } from '../../runtime/network/ipam/leases.ts';
import { suite } from '../harness.ts';
import { idOf, removeRoot, temporaryRoot } from './namespace.ts';

const test = suite('address leases');

const subnet = { gateway: '172.30.0.1', prefix: 16 };
/** Addresses .1 to .6; one of them is the gateway's. */
const tiny = { gateway: '10.88.0.1', prefix: 29 };
const roots: string[] = [];
const fresh = () => {
  const root = temporaryRoot();
  roots.push(root);
  return { root, network: 'front' };
};
test.after(() => roots.forEach(removeRoot));
const refusal = async (promise: Promise<unknown>) => {
  const error = await promise.then(
    () => undefined,
    (e: unknown) => e,
  );
  assert.instance(error, ApiError);
  return `${(error as ApiError).status} ${(error as ApiError).message}`;
};

test('the lowest free address is given, and given again after its release', async () => {
  const [k, settings] = [daemonKernel(), fresh()];
  assert.is(await leaseAddress(k, settings, subnet, idOf(1)), '172.30.0.2');
  assert.is(await leaseAddress(k, settings, subnet, idOf(2)), '172.30.0.3');
  assert.equal(await releaseAddress(k, settings, idOf(1)), ['172.30.0.2']);
  assert.is(await leaseAddress(k, settings, subnet, idOf(3)), '172.30.0.2');
});

test('fifty starts at once get fifty addresses', async () => {
  const settings = fresh();
  const given = await Promise.all(
    Array.from({ length: 50 }, (_, n) => leaseAddress(daemonKernel(), settings, subnet, idOf(n))),
  );
  assert.is(new Set(given).size, 50);
  assert.equal(readdirSync(`${settings.root}/network/front/leases`).length, 50);
});

test('leases are in the file system only: a new daemon sees those of the last', async () => {
  const settings = fresh();
  await leaseAddress(daemonKernel(), settings, subnet, idOf(1));
  assert.is(readlinkSync(`${settings.root}/network/front/leases/172.30.0.2`), idOf(1));
  assert.is(lstatSync(`${settings.root}/network`).mode & 0o777, 0o700);
  assert.is(await leaseAddress(daemonKernel(), settings, subnet, idOf(2)), '172.30.0.3');
});

test('a requested address is honoured, refused when in use, and refused when it is none for a container', async () => {
  const [k, settings] = [daemonKernel(), fresh()];
  const ask = (id: number, address: string) => leaseAddress(k, settings, subnet, idOf(id), address);
  assert.is(await ask(1, '172.30.9.9'), '172.30.9.9');
  assert.is(await ask(1, '172.30.9.9'), '172.30.9.9', 'its own is no conflict');
  assert.is(
    await refusal(ask(2, '172.30.9.9')),
    `403 Address already in use by container ${idOf(1).slice(0, 12)}: 172.30.9.9`,
  );
  for (const [address, what] of [
    ['172.30.0.0', "the subnet's own or its broadcast address"],
    ['172.30.255.255', "the subnet's own or its broadcast address"],
    ['172.30.0.1', 'the gateway'],
  ] as const)
    assert.is(await refusal(ask(2, address)), `403 Address already in use: ${address} is ${what} in 172.30.0.0/16`);
  for (const address of ['172.31.0.2', '::1', '172.30.0.256', '../../etc/x']) {
    assert.match(
      await refusal(ask(2, address)),
      `400 address ${address} is not one for a container in 172.30.0.0/16, whose gateway is 172.30.0.1`,
    );
  }
});

test('a full subnet says so, and takes again when an address comes back', async () => {
  const [k, settings] = [daemonKernel(), fresh()];
  for (let n = 2; n <= 6; n++) assert.is(await leaseAddress(k, settings, tiny, idOf(n)), `10.88.0.${n}`);
  assert.match(
    await refusal(leaseAddress(k, settings, tiny, idOf(7))),
    "500 no available IPv4 addresses on this network's address pools: front (front)",
  );
  const second = { gateway: '10.88.1.1', prefix: 29 };
  assert.is((await leaseFrom(k, settings, [tiny, second], idOf(7))).address, '10.88.1.2', 'the next subnet has room');
  assert.is(
    (await leaseFrom(k, settings, [tiny, second], idOf(8), '10.88.1.5')).subnet,
    second,
    'the subnet of the requested address',
  );
  await releaseAddress(k, settings, idOf(7));
  await releaseAddress(k, settings, idOf(4), '10.88.0.4');
  assert.is(await leaseAddress(k, settings, tiny, idOf(7)), '10.88.0.4');
});

test("release knows the owner: another one's address stays, nothing leased is fine", async () => {
  const [k, settings] = [daemonKernel(), fresh()];
  assert.equal(await releaseAddress(k, settings, idOf(1)), []);
  await leaseAddress(k, settings, subnet, idOf(1));
  assert.equal(await releaseAddress(k, settings, idOf(2), '172.30.0.2'), []);
  assert.equal(await releaseAddress(k, settings, idOf(1), 'not an address'), ['172.30.0.2']);
});

test('after a reboot only leases of the containers that live are kept', async () => {
  const [k, settings] = [daemonKernel(), fresh()];
  for (const n of [1, 2, 3]) await leaseAddress(k, settings, subnet, idOf(n));
  assert.equal((await keepLeases(k, settings.root, new Set([idOf(2)]))).sort(), ['172.30.0.2', '172.30.0.4']);
  assert.equal(readdirSync(`${settings.root}/network/front/leases`), ['172.30.0.3']);
});

test('a directory of a thousand leases is read whole', async () => {
  const [k, settings] = [daemonKernel(), fresh()];
  for (let n = 0; n < 1000; n++) await leaseAddress(k, settings, subnet, idOf(n));
  assert.is(await leaseAddress(k, settings, subnet, idOf(5000)), '172.30.3.234');
  assert.equal(await releaseAddress(k, settings, idOf(5000)), ['172.30.3.234']);
});

test.run();
