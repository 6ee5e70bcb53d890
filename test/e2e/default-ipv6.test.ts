/** The default network with IPv6: --ipv6 and --fixed-cidr-v6 of the daemon, as dockerd has them. */
import * as assert from 'uvu/assert';
import type { ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { ask, inNetworkOf, outsideWithIpv6, serve, type Outside } from './ports/servers.ts';
import { site } from './site.ts';

const s = await site('the default network with IPv6', {
  images: ['tiny'],
  flags: ['--ipv6', '--fixed-cidr-v6', 'fd00:d0::/64'],
});
const d = () => s.daemon;
const docker = (...args: string[]) => d().dockerOk(...args);
const pidOf = async (name: string) => Number(await docker('inspect', '-f', '{{.State.Pid}}', name));
const start = (name: string, ...flags: string[]) =>
  docker('run', '-d', '--name', name, ...flags, 'tiny', 'sleep', '1000');

let outside: Outside;
const servers: ChildProcess[] = [];
s.test.before(async () => {
  outside = await outsideWithIpv6();
  servers.push(await serve(outside.where, 7000, '::'));
});
s.test.after(() => {
  for (const server of servers) server.kill();
  outside.end();
});

interface Inspected {
  EnableIPv6: boolean;
  IPAM: { Config: { Subnet: string; Gateway: string }[] };
}
const inspect = async () => (JSON.parse(await docker('network', 'inspect', 'bridge')) as [Inspected])[0];
const ADDRESS = '{{.NetworkSettings.GlobalIPv6Address}}/{{.NetworkSettings.GlobalIPv6PrefixLen}}';

s.test('the subnet is the one of the daemon’s option, and no other network gets it', async () => {
  const { EnableIPv6, IPAM } = await inspect();
  assert.is(EnableIPv6, true);
  assert.equal(IPAM.Config.at(-1), { Subnet: 'fd00:d0::/64', Gateway: 'fd00:d0::1' });
  assert.match(
    await d().dockerRefused('network', 'create', '--ipv6', '--subnet', 'fd00:d0:0:0:1::/80', 'x'),
    'Pool overlaps with other one on this address space',
  );
});

s.test('containers have addresses of it; the way out and a published port work', async () => {
  await start('aa', '-p', '18081:7777');
  await start('bb');
  assert.is(await docker('inspect', '-f', ADDRESS, 'aa'), 'fd00:d0::2/64');
  assert.is(await docker('inspect', '-f', ADDRESS, 'bb'), 'fd00:d0::3/64');
  const [aa, bb] = [inNetworkOf(await pidOf('aa')), inNetworkOf(await pidOf('bb'))];
  servers.push(await serve(aa, 7777, '::'));
  assert.is(await ask(bb, 'fd00:d0::2', 7777), 'you are fd00:d0::3', 'a neighbour');
  assert.is(await ask(bb, '2001:db8::2', 7000), 'you are 2001:db8::1', 'out, masqueraded');
  assert.is(await ask(outside.where, '2001:db8::1', 18081), 'you are 2001:db8::2', 'from outside, by DNAT');
  assert.match(readFileSync(`/proc/${await pidOf('aa')}/root/etc/hosts`, 'utf8'), /^fd00:d0::2\t/m);
});

s.test('a daemon without the option gives none, also to a container from before', async () => {
  for (const server of servers) server.kill();
  await docker('rm', '-f', 'aa');
  await docker('stop', '-t', '0', 'bb');
  await d().stop();
  const flags = d().flags as string[];
  flags.splice(flags.indexOf('--ipv6'));
  await d().start();
  assert.is((await inspect()).EnableIPv6, false);
  await docker('start', 'bb');
  assert.is(await docker('inspect', '-f', ADDRESS, 'bb'), '/0');
  await docker('rm', '-f', 'bb');
});

s.test('without a subnet it is a unique local one, the same one each time', async () => {
  await d().stop();
  await d().start('--ipv6');
  const six = (await inspect()).IPAM.Config.at(-1)!;
  assert.match(six.Subnet, /^fd[0-9a-f:]+::\/64$/);
  await start('cc');
  const [prefix] = six.Subnet.split('/');
  assert.is(await docker('inspect', '-f', ADDRESS, 'cc'), `${prefix}2/64`);
  await docker('rm', '-f', 'cc');
  await d().stop();
  await d().start('--ipv6');
  assert.equal((await inspect()).IPAM.Config.at(-1), six);
});

s.test('a subnet that is none is refused at the start', async () => {
  const { code, err } = await d().cli('daemon', '--ipv6', '--fixed-cidr-v6', '10.0.0.0/8');
  assert.is.not(code, 0);
  assert.match(err, 'invalid --fixed-cidr-v6 "10.0.0.0/8"');
});

s.test.run();
