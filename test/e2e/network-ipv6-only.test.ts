/** Networks that have IPv6 addresses only: addresses, names, the way out and in, tried with real packets. */
import * as assert from 'uvu/assert';
import type { ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { sh } from '../harness.ts';
import { atRest, sameAs } from './leftovers.ts';
import { lookUp } from './name-asking.ts';
import { ask, inNetworkOf, outsideWithIpv6, serve, type Outside } from './ports/servers.ts';
import { site } from './site.ts';

const s = await site('networks with IPv6 only', { images: ['tiny'] });
const d = () => s.daemon;
const docker = (...args: string[]) => d().dockerOk(...args);
const refused = (...args: string[]) => d().dockerRefused(...args);
const pidOf = async (name: string) => Number(await docker('inspect', '-f', '{{.State.Pid}}', name));
const inside = async (name: string) => inNetworkOf(await pidOf(name));
const within = async (name: string, ...args: string[]) =>
  sh(...((await inside(name)) as [string, ...string[]]), 'ip', ...args).trim();
const start = (name: string, ...flags: string[]) =>
  docker('run', '-d', '--name', name, ...flags, 'tiny', 'sleep', '1000');
const addresses = async (name: string, network = 'six') =>
  docker(
    'inspect',
    '-f',
    `{{with index .NetworkSettings.Networks "${network}"}}{{.IPAddress}}|{{.GlobalIPv6Address}}|{{.MacAddress}}{{end}}`,
    name,
  );

let outside: Outside;
let before: Record<string, string[]>;
const servers: ChildProcess[] = [];
s.test.before(async () => {
  outside = await outsideWithIpv6();
  servers.push(await serve(outside.where, 7000, '::'));
  await docker('network', 'create', 'first');
  await docker('run', '--rm', '--network', 'first', 'tiny', 'true');
  await docker('network', 'rm', 'first');
  before = await atRest(d());
});
s.test.after(() => {
  for (const server of servers) server.kill();
  outside.end();
});

s.test('a network needs one family, and a subnet of a family that it lacks is refused', async () => {
  const create = (body: object) => d().api('POST', '/networks/create', { Name: 'x', ...body });
  for (const [body, words] of [
    [{ EnableIPv4: false }, 'IPv4 or IPv6 must be enabled'],
    [
      { EnableIPv4: false, EnableIPv6: true, IPAM: { Config: [{ Subnet: '10.9.0.0/24' }] } },
      'an IPv4 subnet was given, but IPv4 is not enabled',
    ],
    [{ EnableIPv4: 'no' }, 'invalid EnableIPv4: it must be true or false'],
  ] as const) {
    const answer = await create(body);
    assert.is(answer.status, 400);
    assert.match(answer.body, words);
  }
});

s.test('its containers have one address each, and its bridge no IPv4 address', async () => {
  const id = await d().ok('network', 'create', '--ipv4=false', '--ipv6', '--subnet', 'fd00:6::/64', 'six');
  const made = JSON.parse(await docker('network', 'inspect', 'six')) as [
    { EnableIPv4: boolean; EnableIPv6: boolean; IPAM: { Config: object[] } },
  ];
  assert.equal([made[0].EnableIPv4, made[0].EnableIPv6], [false, true]);
  assert.equal(made[0].IPAM.Config, [{ Subnet: 'fd00:6::/64' }]);
  assert.not.match(sh('ip', '-o', 'addr', 'show', `br-${id.slice(0, 12)}`), 'inet ');
  await start('aa', '--network', 'six', '-p', '18080:7777');
  await start('bb', '--network', 'six', '--network-alias', 'www', '--add-host', 'gate:host-gateway');
  assert.match(await addresses('aa'), /^\|fd00:6::2\|02(:[0-9a-f]{2}){5}$/);
  assert.not.equal((await addresses('aa')).split('|')[2], (await addresses('bb')).split('|')[2]);
  assert.not.match(await within('bb', 'addr', 'show', 'eth0'), 'inet ');
  assert.is(await within('bb', '-4', 'route'), '');
  assert.match(await within('bb', '-6', 'route', 'show', 'default'), 'default via fd00:6::1 dev eth0');
  assert.match(readFileSync(`/proc/${await pidOf('bb')}/root/etc/hosts`, 'utf8'), /^fd00:6::1\tgate$/m);
});

s.test('names resolve to the one address, the way out is masqueraded, and a port is published', async () => {
  const found = await lookUp(await pidOf('aa'), 'www', 'AAAA');
  assert.equal(found.data, ['253.0.0.6.0.0.0.0.0.0.0.0.0.0.0.3']);
  servers.push(await serve(await inside('aa'), 7777, '::'));
  assert.is(await ask(await inside('bb'), 'fd00:6::2', 7777), 'you are fd00:6::3', 'a neighbour');
  assert.is(await ask(await inside('bb'), '2001:db8::2', 7000), 'you are 2001:db8::1', 'out');
  assert.is(await ask(outside.where, '2001:db8::1', 18080), 'you are 2001:db8::2', 'in, by DNAT');
  assert.match(await ask([], '127.0.0.1', 18080), 'you are fd00:6::1', 'from 127.0.0.1, through the proxy');
});

s.test('beside a network with IPv4 each family has its own default route', async () => {
  await docker('network', 'create', '--subnet', '10.6.0.0/24', 'four');
  await docker('network', 'connect', 'four', 'bb');
  assert.match(await within('bb', '-4', 'route', 'show', 'default'), 'default via 10.6.0.1 dev eth1');
  assert.match(await within('bb', '-6', 'route', 'show', 'default'), 'default via fd00:6::1 dev eth0');
  await docker('network', 'disconnect', 'six', 'bb');
  assert.is(await within('bb', '-6', 'route', 'show', 'default'), '');
  assert.match(await within('bb', '-4', 'route', 'show', 'default'), 'default via 10.6.0.1 dev eth1');
});

s.test('it outlives a restart of the daemon, and nothing is left at the end', async () => {
  await d().kill9();
  await d().start();
  await docker('network', 'connect', 'six', 'bb');
  assert.match(await addresses('bb'), /^\|fd00:6::3\|/);
  await docker('run', '--rm', '--network', 'six', 'tiny', 'true');
  // a process in a network namespace keeps it, and its end of the pair
  for (const server of servers) server.kill();
  await docker('rm', '-f', 'aa', 'bb');
  await docker('network', 'rm', 'six', 'four');
  assert.match(await refused('network', 'inspect', 'six'), 'network six not found');
  await sameAs(before, d());
});

s.test.run();
