/** Several endpoints of one container: from the request to the steps. */
import * as assert from 'uvu/assert';
import { stepOf } from '../../runtime/journal/step-id.ts';
import { ApiError } from '../../runtime/errors/api-error.ts';
import type { Connected, Network } from '../../runtime/network/driver.ts';
import { networkStepsFor } from '../../runtime/network/phase/steps.ts';
import { connecting, disconnecting } from '../../runtime/network/phase/connect.ts';
import { checkNetworking, endpointsOf } from '../../runtime/network/request/endpoints.ts';
import type { FindNetwork, KnownNetwork } from '../../runtime/network/request/wanted.ts';
import type { ContainerRequest } from '../../runtime/request/container-request.ts';
import type { Endpoint } from '../../runtime/network/endpoint.ts';
import { networkCreate } from '../../runtime/steps/network/create.ts';
import { networkRemove } from '../../runtime/steps/network/remove.ts';
import { suite } from '../harness.ts';
import { idOf } from './namespace.ts';

const test = suite('several networks');

const known = (name: string, more: Partial<KnownNetwork> = {}): KnownNetwork => ({
  id: name.padEnd(64, '0'),
  name,
  driver: 'bridge',
  internal: false,
  configured: true,
  has: (address) => address.startsWith('10.5.'),
  ...more,
});
const all = [known('front'), known('back', { internal: true }), known('auto', { configured: false })];
const find: FindNetwork = (ref) => all.find(({ id, name }) => name === ref || id === ref);
const settings = { bridge: 'ddtest0' };
const nobody = () => {
  throw new Error('no other container');
};

type Endpoints = NonNullable<NonNullable<ContainerRequest['NetworkingConfig']>['EndpointsConfig']>;
function ask(NetworkMode: string, EndpointsConfig: Endpoints = {}): Endpoint[] {
  const request = { Image: 'x', HostConfig: { NetworkMode }, NetworkingConfig: { EndpointsConfig } };
  checkNetworking(request, settings, find);
  return endpointsOf(request, idOf(1), settings, nobody, find);
}
const fails = (status: number, words: string) => (error: unknown) =>
  error instanceof ApiError && error.status === status && error.message.includes(words);

test('the network of NetworkMode is eth0, and the others follow in the order of the request', () => {
  const endpoints = ask('front', { back: { Aliases: ['db', 'db'] }, front: {}, bridge: null });
  assert.equal(
    endpoints.map(({ network, ifname }) => [network, ifname]),
    [
      ['front', 'eth0'],
      ['back', 'eth1'],
      ['bridge', 'eth2'],
    ],
  );
  assert.equal([endpoints[1]!.aliases, endpoints[1]!.internal, endpoints[2]!.networkID], [['db'], true, undefined]);
  assert.is(new Set(endpoints.map(({ hostLink }) => hostLink)).size, 3, 'each has a link of its own on the host');
  assert.ok(endpoints.every(({ hostLink = '' }) => hostLink.length <= 15));
});

test('a network may be named by its id, and its settings are found by either', () => {
  const [one, ...others] = ask(known('front').id, { front: { IPAMConfig: { IPv4Address: '10.5.0.9' } } });
  assert.equal([one!.network, one!.requestedAddress, others.length], ['front', '10.5.0.9', 0]);
});

test('what cannot be together, or not there, is refused', () => {
  assert.throws(() => ask('host', { front: {} }), fails(400, 'container sharing network namespace with another'));
  assert.throws(() => ask('none', { front: {} }), fails(400, 'in private (none) mode'));
  assert.throws(() => ask('front', { nope: {} }), fails(400, 'network nope not found'));
});

test('addresses must be in a subnet that was requested, and aliases need a network that was made', () => {
  const at = (IPv4Address: string) => ({ IPAMConfig: { IPv4Address } });
  assert.throws(() => ask('auto', { auto: at('10.5.0.9') }), fails(400, 'networks with user configured subnets'));
  assert.throws(() => ask('front', { front: at('10.6.0.9') }), fails(400, 'contain the IP address 10.6.0.9'));
  assert.throws(() => ask('bridge', { bridge: { Aliases: ['db'] } }), fails(400, 'network-scoped alias'));
  assert.throws(
    () => ask('front', { front: { DriverOpts: { 'com.docker.network.endpoint.ifname': 'a/b' } } }),
    fails(400, 'no name of a link'),
  );
});

const network = ({ networkID = 'bridge', network: name, driver }: Endpoint): Network => ({
  id: networkID,
  name,
  driver,
  bridge: `br-${name}`,
  options: {},
});
const containerOn = (endpoints: Endpoint[]) =>
  ({
    id: idOf(1),
    endpoints,
    settings,
    live: {},
    request: { HostConfig: {} },
    networkOf: network,
  }) as unknown as Connected;
const idsOf = (c: Connected) =>
  networkStepsFor(c)
    .filter((step) => step.when?.(c) ?? true)
    .map(({ id }) => id);

test('a container on one network has the plain steps, on two it has instances of them', () => {
  assert.ok(idsOf(containerOn(ask('front'))).includes('network.create-veth'));
  const ids = idsOf(containerOn(ask('front', { back: {} })));
  assert.ok(ids.indexOf('network.link-up@front') < ids.indexOf('network.create-veth@back'), 'one after the other');
  assert.ok(ids.indexOf('network.link-up@back') < ids.indexOf('network.close-netlink'));
  assert.equal(
    ids.filter((id) => stepOf(id) === 'network.add-routes'),
    ['network.add-routes@front'],
    'back is internal',
  );
  assert.is(new Set(ids).size, ids.length);
});

test('a network that is gone has no steps', () => {
  const c = { ...containerOn(ask('front', { back: {} })), networkOf: () => undefined } as unknown as Connected;
  assert.not.ok(idsOf(c).some((id) => id.includes('@')));
});

test('connecting takes the steps of a start for one network, and disconnecting gives the address back last', () => {
  const endpoints = ask('front', { back: {} });
  const [, back] = endpoints;
  const ids = connecting(back!).steps.map(({ id }) => id);
  assert.ok(ids.every((id) => id.endsWith('@back')));
  assert.is(ids.at(-1), 'network.close-netlink@back');
  assert.equal(
    disconnecting(back!).steps.map(({ id }) => id),
    [
      'disconnect.unpublish@back',
      'disconnect.unplug@back',
      'disconnect.remove-pair@back',
      'disconnect.route@back',
      'disconnect.forget-name@back',
      'disconnect.release-address@back',
    ],
  );
});

test('a network is written down before anything is made, and forgotten after everything is removed', () => {
  assert.equal(
    networkCreate.steps.map(({ id }) => id),
    [
      'network-create.choose-subnets',
      'network-create.write-down',
      'network-create.bridge',
      'network-create.rules',
      'network-create.parent',
    ],
  );
  assert.equal(
    networkRemove.steps.map(({ id }) => id),
    [
      'network-remove.firewalls',
      'network-remove.forwarding',
      'network-remove.rules',
      'network-remove.bridge',
      'network-remove.parent',
      'network-remove.forget',
    ],
  );
});

test.run();
