/** Published ports with --userland-proxy=false: rules alone lead to the container. */
import * as assert from 'uvu/assert';
import type { ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { sh } from '../../harness.ts';
import { site } from '../site.ts';
import { ask, echoed, inNetworkOf, outsideOf, serve, tell, type Outside } from './servers.ts';

const s = await site('published ports without a proxy', { images: ['tiny'], flags: ['--userland-proxy=false'] });
const d = () => s.daemon;
const docker = (...args: string[]) => d().dockerOk(...args);
const pidOf = async (name: string) => Number(await docker('inspect', '-f', '{{.State.Pid}}', name));
const SLEEP = ['tiny', 'sleep', '1000'];

let outside: Outside;
let server: ChildProcess;
let gateway: string;
s.test.before(async () => {
  outside = await outsideOf();
  await docker('run', '-d', '--name', 'web', '-p', '18080:7777', '-p', '127.0.0.1:18081:7777/udp', ...SLEEP);
  server = await serve(inNetworkOf(await pidOf('web')), 7777);
  gateway = await docker('inspect', '-f', '{{.NetworkSettings.Gateway}}', 'web');
});
s.test.after(() => {
  server.kill();
  outside.end();
});

s.test('the loopback of the host, another machine and containers reach the port', async () => {
  assert.is(await docker('port', 'web'), '7777/tcp -> 0.0.0.0:18080\n7777/udp -> 127.0.0.1:18081');
  assert.is(await ask([], '127.0.0.1', 18080), `you are ${gateway}`);
  assert.is(await tell([], '127.0.0.1', 18081), `127.0.0.1: you are ${gateway} and said hello`);
  assert.is(await ask(outside.where, '192.0.2.1', 18080), 'you are 192.0.2.2');
  await docker('run', '-d', '--name', 'other', ...SLEEP);
  for (const name of ['other', 'web'])
    assert.is(await ask(inNetworkOf(await pidOf(name)), '192.0.2.1', 18080), `you are ${gateway}`, name);
  await docker('rm', '-f', 'other');
  assert.ok(await echoed('127.0.0.1', 18080, 4 << 20));
});

s.test('a port of the loopback is not reached from outside, nor the loopback from a container', async () => {
  assert.is(await tell(outside.where, '192.0.2.1', 18081), 'ECONNREFUSED');
  assert.is(readFileSync(`/proc/sys/net/ipv4/conf/${d().bridge}/route_localnet`, 'utf8'), '1\n');
  const drops = () => Number(/127\.0\.0\.0\/8 counter packets (\d+) .* drop/.exec(sh('nft', 'list', 'ruleset'))![1]);
  const before = drops();
  const inside = inNetworkOf(await pidOf('web'));
  const ip = (...words: string[]) => sh(inside[0]!, ...inside.slice(1), ...words);
  // what root in a container can do: send packets for 127.0.0.1 to the host
  ip('ip', 'route', 'del', 'local', '127.0.0.0/8', 'dev', 'lo', 'table', 'local');
  ip('ip', 'route', 'del', 'local', '127.0.0.1', 'dev', 'lo', 'table', 'local');
  ip('ip', 'route', 'add', '127.0.0.0/8', 'via', gateway);
  ip('sysctl', '-qw', 'net.ipv4.conf.eth0.route_localnet=1');
  assert.is(await ask([...inside], '127.0.0.1', 18080), '');
  assert.ok(drops() > before, 'the packets came to the host and were dropped there');
});

s.test('the same holds on a network that a user made', async () => {
  await docker('network', 'create', 'made');
  await docker('run', '-d', '--name', 'there', '--network', 'made', '-p', '18090:7777', ...SLEEP);
  const own = await serve(inNetworkOf(await pidOf('there')), 7777);
  const bridge = `you are ${await docker('network', 'inspect', '-f', '{{(index .IPAM.Config 0).Gateway}}', 'made')}`;
  assert.is(await ask([], '127.0.0.1', 18090), bridge);
  assert.is(await ask(inNetworkOf(await pidOf('there')), '192.0.2.1', 18090), bridge, 'from the container itself');
  own.kill();
  await docker('rm', '-f', 'there');
  await docker('network', 'rm', 'made');
});

s.test('the port is taken all the same', async () => {
  const { code, err } = await d().docker('run', '-d', '--name', 'late', '-p', '18080:80', ...SLEEP);
  assert.is(code, 125);
  assert.match(err, 'Bind for 0.0.0.0:18080 failed: port is already allocated; container web has it');
  await docker('rm', 'late');
});

s.test.run();
