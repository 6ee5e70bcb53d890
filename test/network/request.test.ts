import * as assert from 'uvu/assert';
import { notFound, ApiError } from '../../runtime/errors/api-error.ts';
import type { ContainerRequest, HostConfig, NetworkingConfig } from '../../runtime/request/container-request.ts';
import type { Endpoint } from '../../runtime/network/endpoint.ts';
import { checkNetworking, endpointsOf, type Shared } from '../../runtime/network/request/endpoints.ts';
import { suite } from '../harness.ts';
import { idOf } from './namespace.ts';

const test = suite('network of a request');

const other = (ref: string): Shared => {
  if (ref === 'gone') throw notFound('No such container: gone');
  const driver = ref === 'sharer' ? 'container' : 'bridge';
  return {
    id: idOf(7),
    hostname: 'web.local',
    endpoints: [{ driver, network: driver, endpointID: '', container: idOf(8) }],
  };
};
function ask(HostConfig: HostConfig, more: Partial<ContainerRequest> = {}): Endpoint {
  const request = { Image: 'x', HostConfig, ...more };
  checkNetworking(request, { bridge: 'ddtest0' });
  const all = endpointsOf(request, idOf(1), { bridge: 'ddtest0' }, other);
  assert.is(all.length, 1);
  return all[0]!;
}
const endpoint = (name: string, config: NonNullable<NetworkingConfig['EndpointsConfig']>[string]) => ({
  NetworkingConfig: { EndpointsConfig: { [name]: config } },
});
const refused = (status: number, words: string) => (error: unknown) =>
  error instanceof ApiError && error.status === status && error.message.includes(words);

test('default, bridge and nothing mean the bridge', () => {
  for (const NetworkMode of ['default', 'bridge', '', 'ddtest0']) assert.is(ask({ NetworkMode }).driver, 'bridge');
  const { network, ifname, hostLink = '', endpointID } = ask({});
  assert.equal([network, ifname, hostLink], ['bridge', 'eth0', `veth${idOf(1).slice(0, 11)}`]);
  assert.match(endpointID, /^[0-9a-f]{64}$/);
  assert.ok(hostLink.length <= 15);
});

test('none, host and another container have drivers of their own', () => {
  assert.equal([ask({ NetworkMode: 'none' }).driver, ask({ NetworkMode: 'host' }).driver], ['none', 'host']);
  const shared = ask({ NetworkMode: 'container:web' });
  assert.equal(
    [shared.driver, shared.container, shared.hostname, shared.network],
    ['container', idOf(7), 'web.local', 'container:web'],
  );
});

test('a network that is not there is 400, and a container that is not there is asked for again at the start', () => {
  assert.throws(() => ask({ NetworkMode: 'mynet' }), refused(400, 'network mynet not found'));
  assert.throws(() => ask({ NetworkMode: 'constructor' }), refused(400, 'network constructor not found'));
  assert.throws(() => ask({}, endpoint('mynet', {})), refused(400, 'network mynet not found'));
  const later = ask({ NetworkMode: 'container:gone' });
  assert.equal([later.driver, later.container, later.hostname], ['container', 'gone', undefined]);
  assert.is(ask({ NetworkMode: 'container:sharer' }).container, idOf(7), 'the last one of the chain');
});

test('the hardware address of the endpoint is taken and checked, and an address is refused on the bridge', () => {
  const { requestedMac } = ask({ NetworkMode: 'default' }, endpoint('default', { MacAddress: '02:42:AC:1E:00:09' }));
  assert.is(requestedMac, '02:42:ac:1e:00:09');
  for (const IPAMConfig of [{ IPv4Address: '172.30.0.9' }, { IPv6Address: 'fd00::9' }])
    assert.throws(
      () => ask({}, endpoint('default', { IPAMConfig })),
      refused(
        400,
        'invalid endpoint settings:\n* user specified IP address is supported on user defined networks only\n* ',
      ),
    );
  for (const MacAddress of ['02:42', '01:00:5e:00:00:01', '00:00:00:00:00:00', 'zz:42:ac:1e:00:09'])
    assert.throws(() => ask({}, endpoint('bridge', { MacAddress })), refused(400, 'invalid MAC address'));
  assert.throws(
    () => ask({}, endpoint('bridge', { IPAMConfig: { IPv4Address: 'fd00::1' } })),
    refused(400, 'invalid IPv4 address'),
  );
  assert.throws(
    () => ask({ NetworkMode: 'none' }, endpoint('none', { MacAddress: '02:42:ac:1e:00:09' })),
    refused(400, 'conflicting options: mac-address and the network mode'),
  );
  assert.is(ask({ NetworkMode: 'default' }, endpoint('default', null)).requestedMac, undefined);
});

test('what would write lines of its own into hosts or resolv.conf is refused', () => {
  const bad: HostConfig[] = [
    { ExtraHosts: ['a:1.2.3.4\n5.6.7.8 bank'] },
    { ExtraHosts: ['no address'] },
    { ExtraHosts: ['a b:1.2.3.4'] },
    { ExtraHosts: ['a:1.2.3'] },
    { ExtraHosts: [':1.2.3.4'] },
    { Dns: ['1.1.1.1\nsearch evil'] },
    { Dns: ['dns.example'] },
    { DnsSearch: ['a\nnameserver 6.6.6.6'] },
    { DnsOptions: ['ndots:1 rotate'] },
    { ExtraHosts: ['h:host-gateway'], NetworkMode: 'none' },
  ];
  for (const HostConfig of bad) assert.throws(() => ask(HostConfig), refused(400, ''), JSON.stringify(HostConfig));
  assert.ok(
    ask({
      ExtraHosts: ['a:host-gateway', 'b:fd00::1', 'c=1.2.3.4'],
      Dns: ['1.1.1.1', 'fd00::53'],
      DnsSearch: ['.'],
      DnsOptions: ['ndots:2'],
    }),
  );
});

test("who uses another container's network has its names", () => {
  assert.throws(
    () => ask({ NetworkMode: 'container:web' }, { Hostname: 'me' }),
    refused(400, 'conflicting options: hostname and the network mode'),
  );
  assert.throws(
    () => ask({ NetworkMode: 'container:web', Dns: ['1.1.1.1'] }),
    refused(400, 'conflicting options: dns and the network mode'),
  );
});

test.run();
