/** Networks with IPv6: addresses, names, routes, published ports and isolation, tried with real packets. */
import * as assert from 'uvu/assert';
import type { ChildProcess } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { sh } from '../harness.ts';
import { atRest, sameAs } from './leftovers.ts';
import { lookUp } from './name-asking.ts';
import { ask, inNetworkOf, outsideOf, serve, type Outside } from './ports/servers.ts';
import { site } from './site.ts';

const s = await site('networks with IPv6', { images: ['tiny'] });
const d = () => s.daemon;
const docker = (...args: string[]) => d().dockerOk(...args);
const pidOf = async (name: string) => Number(await docker('inspect', '-f', '{{.State.Pid}}', name));
const within = async (name: string, ...args: string[]) =>
  sh(...(inNetworkOf(await pidOf(name)) as [string, ...string[]]), 'ip', '-6', ...args).trim();
const start = (name: string, ...flags: string[]) =>
  docker('run', '-d', '--name', name, ...flags, 'tiny', 'sleep', '1000');
const FORWARDING = '/proc/sys/net/ipv6/conf/all/forwarding';

let outside: Outside;
const servers: ChildProcess[] = [];
let before: Record<string, string[]>;
s.test.before(async () => {
  outside = await outsideOf();
  writeFileSync(FORWARDING, '0\n');
  sh('ip', 'addr', 'add', '2001:db8::1/64', 'dev', 'out0', 'nodad');
  const there = (...args: string[]) => sh(outside.where[0]!, ...outside.where.slice(1), 'ip', ...args);
  there('addr', 'add', '2001:db8::2/64', 'dev', 'in0', 'nodad');
  there('route', 'add', 'fd00:5::/64', 'via', '2001:db8::1');
  servers.push(await serve(outside.where, 7000, '::'));
  await docker('run', '--rm', 'tiny', 'true');
  before = await atRest(d());
  await docker('network', 'create', '--ipv6', '--subnet', '10.5.0.0/24', '--subnet', 'fd00:5::/64', 'front');
  await docker('network', 'create', '--ipv6', 'back');
});
s.test.after(() => {
  for (const server of servers) server.kill();
  outside.end();
});

interface Inspected {
  EnableIPv6: boolean;
  IPAM: { Config: { Subnet: string }[] };
  Containers: Record<string, { IPv6Address: string }>;
}
const inspect = async (name: string) => (JSON.parse(await docker('network', 'inspect', name)) as [Inspected])[0];

s.test('a network without a subnet of its own gets a random /64 of fd00::/8', async () => {
  const { EnableIPv6, IPAM } = await inspect('back');
  assert.is(EnableIPv6, true);
  const [four, six] = IPAM.Config.map(({ Subnet }) => Subnet);
  assert.match(four ?? '', /^172\.\d+\.0\.0\/16$/);
  assert.match(six ?? '', /^fd[0-9a-f:]+::\/64$/);
});

s.test('a container has an address of each family, and a default route of each', async () => {
  await start('aa', '--network', 'front', '--ip6', 'fd00:5::0:77', '-p', '18080:7777');
  await start('bb', '--network', 'front', '--network-alias', 'www');
  const format =
    '{{with .NetworkSettings.Networks.front}}{{.GlobalIPv6Address}}/{{.GlobalIPv6PrefixLen}} {{.IPv6Gateway}}{{end}}';
  assert.is(await docker('inspect', '-f', format, 'aa'), 'fd00:5::77/64 fd00:5::1');
  assert.is(await docker('inspect', '-f', format, 'bb'), 'fd00:5::2/64 fd00:5::1');
  assert.match(await within('aa', 'addr', 'show', 'dev', 'eth0', 'scope', 'global'), 'inet6 fd00:5::77/64');
  assert.not.match(await within('aa', 'addr', 'show', 'dev', 'eth0', 'scope', 'global'), 'tentative');
  assert.match(await within('aa', 'route', 'show', 'default'), 'default via fd00:5::1 dev eth0');
  assert.equal(
    Object.values((await inspect('front')).Containers)
      .map(({ IPv6Address }) => IPv6Address)
      .sort(),
    ['fd00:5::2/64', 'fd00:5::77/64'],
  );
  assert.match(readFileSync(`/proc/${await pidOf('aa')}/root/etc/hosts`, 'utf8'), /^fd00:5::77\t/m);
});

s.test('names have AAAA records, and addresses of both families have names', async () => {
  const pid = await pidOf('aa');
  // the bytes of the address
  assert.equal((await lookUp(pid, 'www', 'AAAA')).data, ['253.0.0.5.0.0.0.0.0.0.0.0.0.0.0.2']);
  assert.equal((await lookUp(pid, 'www')).data.length, 1);
  const digits = 'fd000005000000000000000000000002';
  assert.equal((await lookUp(pid, `${[...digits].reverse().join('.')}.ip6.arpa`, 'PTR')).data, ['bb.front']);
});

s.test('neighbours, the published port and the way out work; the container’s address is closed to others', async () => {
  const aa = inNetworkOf(await pidOf('aa'));
  servers.push(await serve(aa, 7777, '::'));
  assert.is(await ask(inNetworkOf(await pidOf('bb')), 'fd00:5::77', 7777), 'you are fd00:5::2');
  assert.is(await ask(outside.where, '2001:db8::1', 18080), 'you are 2001:db8::2', 'from outside, by DNAT');
  assert.match(await ask([], '::1', 18080), /^you are fd00:5::1$/, 'from the host, by the proxy');
  assert.match(await ask(inNetworkOf(await pidOf('bb')), 'fd00:5::1', 18080), /^you are fd00:5::/, 'hairpin');
  assert.is(await ask(aa, '2001:db8::2', 7000), 'you are 2001:db8::1', 'out, masqueraded');
  assert.is(await ask(outside.where, 'fd00:5::77', 7777), '', 'not published at its own address');
});

s.test('networks are isolated; a second one gives an address, and takes the route back when it is left', async () => {
  await start('cc', '--network', 'back');
  assert.is(await ask(inNetworkOf(await pidOf('cc')), 'fd00:5::77', 7777), '');
  await docker('network', 'connect', '--ip6', 'fd00:5::99', 'front', 'cc');
  assert.is(await ask(inNetworkOf(await pidOf('cc')), 'fd00:5::77', 7777), 'you are fd00:5::99');
  await docker('network', 'disconnect', 'back', 'cc');
  assert.match(await within('cc', 'route', 'show', 'default'), 'default via fd00:5::1 dev eth1');
  assert.match(
    await d().dockerRefused('network', 'connect', '--ip6', 'fd00:9::1', 'front', 'bb'),
    'already exists in network front',
  );
});

s.test('what cannot be had is refused in dockerd’s words', async () => {
  const refused = (...args: string[]) => d().dockerRefused(...args);
  assert.match(
    await refused('run', '--rm', '--network', 'front', '--ip6', 'fd00:6::2', 'tiny', 'true'),
    'no configured subnet or ip-range contain the IP address fd00:6::2',
  );
  assert.match(
    await refused('run', '--rm', '--network', 'front', '--ip6', 'fd00:5::77', 'tiny', 'true'),
    'already in use',
  );
  assert.match(
    await refused('network', 'create', '--ipv6', '--subnet', 'fd00:5::/80', 'x'),
    'Pool overlaps with other one on this address space',
  );
});

s.test('an internal network has no way out in IPv6 either, and when all are removed, nothing is left', async () => {
  await docker('network', 'create', '--internal', '--ipv6', '--subnet', 'fd00:7::/64', 'inner');
  await start('dd', '--network', 'inner', '--link-local-ip', 'fe80::77', '--link-local-ip', '169.254.7.7');
  assert.is(await within('dd', 'route', 'show', 'default'), '');
  assert.match(await within('dd', 'addr'), 'inet6 fe80::77/64');
  await within('dd', 'route', 'add', 'default', 'via', 'fd00:7::1');
  assert.is(await ask(inNetworkOf(await pidOf('dd')), '2001:db8::2', 7000), '');
  // a server in it keeps the network namespace of its container
  for (const server of servers) server.kill();
  await docker('rm', '-f', 'aa', 'bb', 'cc', 'dd');
  assert.is(readFileSync(FORWARDING, 'utf8').trim(), '1');
  await docker('network', 'rm', 'front', 'back', 'inner');
  const { descriptors: _, ...rest } = before;
  await sameAs(rest, d());
  await d().stop();
  assert.is(readFileSync(FORWARDING, 'utf8').trim(), '0', 'off again with the last bridge');
  await d().start();
});

s.test.run();
