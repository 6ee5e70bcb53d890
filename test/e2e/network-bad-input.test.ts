/**
 * What is refused about networks, with docker's client. The words are those of dockerd 26.1.5, where these rows were
 * tried, and sometimes more words; a row with `apart` says why Drydock differs. Afterwards nothing is left.
 */
import * as assert from 'uvu/assert';
import type { ChildProcess } from 'node:child_process';
import { atRest, sameAs } from './leftovers.ts';
import { serve } from './ports/servers.ts';
import { site } from './site.ts';

const s = await site('bad input about networks', { images: ['tiny'] });
const d = () => s.daemon;
const docker = (...args: string[]) => d().dockerOk(...args);

interface Row {
  args: string[];
  says: string;
  /** why dockerd says something else */
  apart?: string;
}
const create = (...args: string[]): string[] => ['network', 'create', ...args, 'x'];
const run = (...flags: string[]): string[] => ['run', '--rm', ...flags, 'tiny', 'true'];
const subnet = (...flags: string[]) => create('--subnet', '10.7.0.0/24', ...flags);
const front = (...flags: string[]) => run('--network', 'front', ...flags);
const shared = (...flags: string[]) => run('--network', 'container:web', ...flags);
const option = (name: string, value: string) => create('-o', `com.docker.network.${name}=${value}`);
const on = (driver: string, ...options: string[]) => create('-d', driver, ...options.flatMap((one) => ['-o', one]));

const OVERLAPS = 'Pool overlaps with other one on this address space';
const CONFIGURED =
  'user specified IP address is supported only when connecting to networks with user configured subnets';
const USER_DEFINED = 'user specified IP address is supported on user defined networks only';
const SHARED = 'container sharing network namespace with another container or host cannot be connected to any other';
const NAME = 'only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed';
const names = "dockerd 26 takes it; what is no name in a URL or in the DNS can't be reached by it";

const pools: Row[] = [
  { args: create('--subnet', '10.5.0.0/25'), says: OVERLAPS },
  { args: create('--subnet', '10.0.0.0/8'), says: OVERLAPS },
  { args: create('--subnet', '10.5.0.0/24', '--subnet', '10.5.0.128/25'), says: 'multiple overlapping subnet' },
  { args: subnet('--subnet', '10.8.0.0/24'), says: "bridge driver doesn't support multiple subnets" },
  {
    args: create('--ipv6', '--subnet', 'fd00:5::/64', '--subnet', 'fd00:6::/64'),
    says: "bridge driver doesn't support multiple subnets",
  },
  { args: create('--subnet', '10.7.0.1/24'), says: 'invalid subnet 10.7.0.1/24: it should be 10.7.0.0/24' },
  { args: create('--subnet', '10.7.0.0/33'), says: 'invalid CIDR' },
  { args: create('--subnet', 'nonsense'), says: 'invalid CIDR' },
  { args: subnet('--gateway', '10.8.0.1'), says: 'no matching subnet for gateway 10.8.0.1' },
  { args: create('--gateway', '10.7.0.1'), says: 'every ip-range or gateway must have a corresponding subnet' },
  { args: create('--ip-range', '10.7.0.0/25'), says: 'every ip-range or gateway must have a corresponding subnet' },
  { args: subnet('--ip-range', '10.8.0.0/25'), says: 'no matching subnet for range 10.8.0.0/25' },
  { args: subnet('--ip-range', '10.7.0.0/16'), says: 'CIDR block is bigger than its parent subnet 10.7.0.0/24' },
  { args: subnet('--ip-range', '10.7.0.5/25'), says: 'invalid ip-range 10.7.0.5/25: it should be 10.7.0.0/25' },
  { args: subnet('--aux-address', 'a=10.8.0.1'), says: 'no matching subnet for aux-address 10.8.0.1' },
  {
    args: subnet('--gateway', '10.7.0.1', '--aux-address', 'a=10.7.0.1'),
    says: 'failed to allocate secondary ip address (a:10.7.0.1): Address already in use',
  },
  {
    args: subnet('--aux-address', 'a=10.7.0.5', '--aux-address', 'b=10.7.0.5'),
    says: 'failed to allocate secondary ip address (b:10.7.0.5): Address already in use',
  },
  { args: subnet('--gateway', '10.7.0.255'), says: 'failed to allocate gateway (10.7.0.255): Address already in use' },
  { args: create('--subnet', '0.0.0.0/0'), says: OVERLAPS },
];
const called: Row[] = [
  { args: ['network', 'create', 'a b'], says: NAME, apart: names },
  { args: ['network', 'create', ''], says: 'invalid network name: ""', apart: 'dockerd: invalid name: ' },
  { args: ['network', 'create', 'a/b'], says: NAME, apart: names },
  { args: ['network', 'create', 'front'], says: 'network with name front already exists' },
  ...['bridge', 'host', 'default'].map((name) => ({
    args: ['network', 'create', name],
    says: `operation is not permitted on predefined ${name} network`,
  })),
  { args: ['network', 'rm', 'nope'], says: 'network nope not found' },
  { args: ['network', 'rm', 'bridge'], says: 'bridge is a pre-defined network and cannot be removed' },
  { args: ['network', 'rm', 'front'], says: 'error while removing network: network front id ' },
  { args: ['network', 'inspect', 'nope'], says: 'network nope not found' },
];
const drivers: Row[] = [
  { args: on('nope'), says: 'plugin "nope" not found' },
  { args: on('none'), says: 'plugin "none" not found' },
  { args: on('host'), says: 'only one instance of "host" network is allowed' },
  { args: on('null'), says: 'only one instance of "null" network is allowed' },
  { args: on('overlay'), says: 'This node is not a swarm manager' },
  { args: on('macvlan', 'parent=nope0'), says: 'invalid subinterface vlan name nope0' },
  { args: on('macvlan', 'parent=nope0.10'), says: '-o parent interface was not found on the host: nope0' },
  { args: on('ipvlan', 'parent=nope0'), says: 'invalid subinterface vlan name nope0' },
  { args: on('macvlan', 'parent=lo'), says: 'loopback interface is not a valid macvlan parent link' },
  { args: on('ipvlan', 'parent=lo'), says: 'loopback interface is not a valid ipvlan parent link' },
  { args: on('macvlan', 'parent=out0.9999'), says: 'vlan id must be between 1-4094, received: 9999' },
  { args: on('macvlan', 'parent=out0', 'macvlan_mode=odd'), says: "requested macvlan mode 'odd' is not valid" },
  { args: on('ipvlan', 'parent=out0', 'ipvlan_mode=odd'), says: "requested ipvlan mode 'odd' is not valid" },
  { args: create('--ipam-driver', 'nope'), says: 'not found' },
  { args: option('driver.mtu', 'big'), says: 'failed to parse com.docker.network.driver.mtu value: ' },
  {
    args: option('bridge.enable_icc', 'perhaps'),
    says: 'failed to parse com.docker.network.bridge.enable_icc value: ',
  },
  {
    args: option('bridge.host_binding_ipv4', 'nonsense'),
    says: 'failed to parse com.docker.network.bridge.host_binding_ipv4 value: nonsense (nil ip)',
  },
];
const addresses: Row[] = [
  ...['10.5.0.10', '10.5.0.1', '10.5.0.0', '10.5.0.255'].map((ip) => ({
    args: front('--ip', ip),
    says: 'Address already in use',
  })),
  { args: front('--ip', '10.6.0.10'), says: 'no configured subnet or ip-range contain the IP address 10.6.0.10' },
  {
    args: front('--ip', 'nonsense'),
    says: '* invalid IPv4 address: nonsense\n* no configured subnet or ip-range contain the IP address nonsense',
  },
  { args: run('--network', 'auto', '--ip', '172.18.0.10'), says: CONFIGURED },
  {
    args: run('--ip', '172.17.0.10'),
    says: `invalid config for network bridge: invalid endpoint settings:\n* ${USER_DEFINED}\n* ${CONFIGURED}`,
  },
  ...['host', 'none'].map((mode) => ({
    args: run('--network', mode, '--ip', '10.5.0.10'),
    says: `invalid config for network ${mode}: invalid endpoint settings:\n* ${USER_DEFINED}\n* ${CONFIGURED}`,
  })),
  {
    args: front('--ip6', 'fd00::1'),
    says: 'no configured subnet or ip-range contain the IP address fd00::1',
    apart: 'dockerd takes subnets of each family as configured by themselves',
  },
  { args: front('--mac-address', 'nonsense'), says: 'nonsense' },
  { args: run('--network', 'nope'), says: 'network nope not found' },
  { args: run('--network', 'container:nope'), says: 'No such container: nope' },
  { args: run('--network-alias', 'a'), says: 'are only supported for user-defined networks' },
  { args: ['network', 'connect', '--ip', '10.5.0.10', 'front', 'plain'], says: 'Address already in use' },
  {
    args: ['network', 'connect', '--ip', '10.6.0.10', 'front', 'plain'],
    says: ': invalid endpoint settings:\nno conf',
  },
  { args: ['network', 'connect', 'front', 'web'], says: 'endpoint with name web already exists in network front' },
  { args: ['network', 'connect', 'nope', 'web'], says: 'network nope not found' },
  { args: ['network', 'connect', 'front', 'nope'], says: 'No such container: nope' },
  { args: ['network', 'connect', 'front', 'hosted'], says: SHARED },
  {
    args: ['network', 'connect', 'host', 'web'],
    says: 'container cannot be disconnected from host network or connected to host network',
  },
  {
    args: ['network', 'connect', 'none', 'web'],
    says: 'cannot be connected to multiple networks with one of the networks in private (none) mode',
  },
  { args: ['network', 'connect', '--alias', 'a', 'bridge', 'web'], says: 'network-scoped alias is supported only for' },
  { args: ['network', 'connect', '--ip', '172.17.0.7', 'bridge', 'web'], says: `\n* ${USER_DEFINED}` },
  { args: ['network', 'disconnect', 'auto', 'web'], says: 'is not connected to network auto' },
  { args: ['network', 'disconnect', 'nope', 'web'], says: 'network nope not found' },
  { args: ['network', 'disconnect', 'front', 'nope'], says: 'No such container: nope' },
  {
    args: ['network', 'disconnect', 'host', 'hosted'],
    says: 'container cannot be disconnected from host network or connected to host network',
  },
];
const taken = 'failed: port is already allocated';
const publishing = (where: string) => `conflicting options: port ${where} and the container type network mode`;
const ports: Row[] = [
  { args: run('-p', '18080:80'), says: `Bind for 0.0.0.0:18080 ${taken}` },
  { args: run('-p', '127.0.0.1:18080:80'), says: `Bind for 127.0.0.1:18080 ${taken}`, apart: 'dockerd tries bind(2)' },
  { args: run('-p', '18090:80'), says: 'listen tcp4 0.0.0.0:18090: bind: address already in use' },
  { args: run('-p', '18090:80/udp'), says: 'listen udp4 0.0.0.0:18090: bind: address already in use' },
  { args: run('-p', '18089-18090:80-81'), says: 'listen tcp4 0.0.0.0:18090: bind: address already in use' },
  {
    args: run('-p', '18089-18091:80-81'),
    says: 'ranges specified for container and host Ports: 80-81 and 18089-18091',
  },
  { args: run('-p', '18080-18080:80'), says: 'port is already allocated' },
  { args: run('-p', '18099-18090:80'), says: 'nvalid hostPort: 18099-18090' },
  { args: run('-p', '10.99.99.99:18099:80'), says: 'bind: cannot assign requested address' },
  { args: run('-p', '70000:80'), says: 'nvalid hostPort: 70000' },
  { args: run('-p', '80:70000'), says: 'nvalid containerPort: 70000' },
  { args: run('-p', 'nonsense'), says: 'nvalid containerPort: nonsense' },
  { args: run('-p', '80:80/nonsense'), says: 'nvalid proto: nonsense' },
  { args: run('-p', '1.2.3:80:80'), says: 'nvalid IP address: 1.2.3' },
  { args: run('-p', '18093:80', '-p', '18093:81'), says: `Bind for 0.0.0.0:18093 ${taken}` },
  { args: shared('-p', '18094:80'), says: publishing('publishing') },
  { args: shared('-P'), says: publishing('publishing') },
  { args: shared('--expose', '80'), says: publishing('exposing') },
  { args: shared('--hostname', 'x'), says: 'conflicting options: hostname and the network mode' },
  { args: shared('--dns', '1.1.1.1'), says: 'conflicting options: dns and the network mode' },
  { args: shared('--add-host', 'a:1.1.1.1'), says: 'conflicting options: custom host-to-IP mapping and the network' },
  { args: shared('--link', 'plain'), says: "container type network can't be used with links" },
  { args: run('--network', 'host', '--link', 'plain'), says: "host type networking can't be used with links" },
  { args: ['port', 'web', '81'], says: "No public port '81" },
];

const programs: ChildProcess[] = [];
let before: Record<string, string[]>;
s.test.before(async () => {
  await docker('network', 'create', '--subnet', '10.5.0.0/24', 'front');
  await docker('network', 'create', 'auto');
  const start = (name: string, ...flags: string[]) =>
    docker('run', '-d', '--name', name, ...flags, 'tiny', 'sleep', '1000');
  await start('web', '--network', 'front', '--ip', '10.5.0.10', '-p', '18080:80');
  await start('plain');
  await start('hosted', '--network', 'host');
  programs.push(await serve(['env'], 18090));
  before = await atRest(d());
});
s.test.after(() => {
  for (const program of programs) program.kill();
});

for (const [topic, rows] of Object.entries({ pools, names: called, drivers, addresses, ports }))
  s.test(`what is wrong about ${topic} is refused in dockerd's words, and nothing is left`, async () => {
    const failures: string[] = [];
    for (const { args, says } of rows) {
      const { code, out, err } = await d().docker(...args);
      if (code === 0 || !`${err}${out}`.includes(says))
        failures.push(
          `docker ${args.join(' ')}: exit code ${code}, ${JSON.stringify(err)} has no ${JSON.stringify(says)}`,
        );
    }
    assert.equal(failures, []);
    await sameAs(before, d());
  });

s.test('who has a port is named: the container, or the program with its pid', async () => {
  assert.match(await d().dockerRefused(...run('-p', '18080:80')), 'port is already allocated; container web has it');
  assert.match(await d().dockerRefused(...run('-p', '18090:80')), `; node (pid ${programs[0]!.pid}) has it`);
});

s.test('a port below 1024 is one like others, and with host or none a port is not published', async () => {
  await docker('run', '--rm', '-p', '80:80', '-p', '1:1/udp', 'tiny', 'true');
  const { code, err } = await d().docker(...run('--network', 'host', '-p', '18094:80'));
  assert.is(code, 0, err);
  assert.match(err, 'WARNING: Published ports are discarded when using host network mode');
  assert.is((await d().docker(...run('--network', 'none', '-p', '18094:80'))).code, 0);
  await sameAs(before, d());
});

s.test.run();
