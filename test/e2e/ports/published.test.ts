/** Published ports with real packets: from the host, from a container and from another machine. */
import * as assert from 'uvu/assert';
import type { ChildProcess } from 'node:child_process';
import { createServer } from 'node:net';
import { sh } from '../../harness.ts';
import { until } from '../../until.ts';
import { leftovers, sameAs } from '../leftovers.ts';
import { site } from '../site.ts';
import { answeredDatagrams, ask, echoed, inNetworkOf, outsideOf, serve, tell, type Outside } from './servers.ts';

const s = await site('published ports', { images: ['tiny'] });
const d = () => s.daemon;
const docker = (...args: string[]) => d().dockerOk(...args);
const pidOf = async (name: string) => Number(await docker('inspect', '-f', '{{.State.Pid}}', name));
const gatewayOf = (name: string) => docker('inspect', '-f', '{{.NetworkSettings.Gateway}}', name);
const addressOf = (name: string) => docker('inspect', '-f', '{{.NetworkSettings.IPAddress}}', name);
const SLEEP = ['tiny', 'sleep', '1000'];
const proxies = () =>
  sh('ps', '-eo', 'args')
    .split('\n')
    .filter((line) => line.startsWith('drydock-port-proxy')).length;

let outside: Outside;
const servers: ChildProcess[] = [];
s.test.before(async () => {
  outside = await outsideOf();
  await docker('run', '-d', '--name', 'web', '-p', '18080:7777', '-p', '18081:7777/udp', ...SLEEP);
  servers.push(await serve(inNetworkOf(await pidOf('web')), 7777));
});
s.test.after(() => {
  for (const server of servers) server.kill();
  outside.end();
});

s.test('ps, port and inspect show them as dockerd does', async () => {
  assert.is(
    await docker('ps', '--filter', 'name=web', '--format', '{{.Ports}}'),
    '0.0.0.0:18080->7777/tcp, 0.0.0.0:18081->7777/udp, [::]:18080->7777/tcp, [::]:18081->7777/udp',
  );
  assert.is(await docker('port', 'web', '7777'), '0.0.0.0:18080\n[::]:18080');
  assert.is(await d().ok('port', 'web', '7777/udp'), '0.0.0.0:18081\n[::]:18081');
  assert.equal(JSON.parse(await docker('inspect', '-f', '{{json .NetworkSettings.Ports}}', 'web')), {
    '7777/tcp': [
      { HostIp: '0.0.0.0', HostPort: '18080' },
      { HostIp: '::', HostPort: '18080' },
    ],
    '7777/udp': [
      { HostIp: '0.0.0.0', HostPort: '18081' },
      { HostIp: '::', HostPort: '18081' },
    ],
  });
  assert.equal(JSON.parse(await docker('inspect', '-f', '{{json .HostConfig.PortBindings}}', 'web')), {
    '7777/tcp': [{ HostIp: '', HostPort: '18080' }],
    '7777/udp': [{ HostIp: '', HostPort: '18081' }],
  });
  assert.is(await docker('ps', '-q', '--filter', 'publish=18080'), await docker('ps', '-q', '--filter', 'name=web'));
  assert.is(await docker('ps', '-q', '--filter', 'publish=18080/udp'), '');
});

s.test("the host reaches it through its loopback, and is the bridge's address for it", async () => {
  const gateway = await gatewayOf('web');
  assert.is(await ask([], '127.0.0.1', 18080), `you are ${gateway}`);
  assert.is(await ask([], '::1', 18080), `you are ${gateway}`);
  assert.is(await tell([], '127.0.0.1', 18081), `127.0.0.1: you are ${gateway} and said hello`);
});

s.test('another machine reaches it, and the container sees that machine', async () => {
  for (const address of ['192.0.2.1', '192.0.2.3']) {
    assert.is(await ask(outside.where, address, 18080), 'you are 192.0.2.2');
    assert.is(await tell(outside.where, address, 18081), `${address}: you are 192.0.2.2 and said hello`);
  }
  assert.match(sh('nft', 'list', 'table', 'ip', d().bridge), /tcp dport 18080 counter packets [1-9]\d* .* dnat to/);
});

s.test('programs of the host reach it at every address of the host', async () => {
  assert.is(await ask([], '192.0.2.1', 18080), 'you are 192.0.2.1');
});

s.test('another container and itself reach it at an address of the host', async () => {
  await docker('run', '-d', '--name', 'other', ...SLEEP);
  const gateway = await gatewayOf('web');
  for (const name of ['other', 'web'])
    for (const address of [gateway, '192.0.2.1']) {
      assert.is(await ask(inNetworkOf(await pidOf(name)), address, 18080), `you are ${gateway}`, name);
      assert.match(await tell(inNetworkOf(await pidOf(name)), address, 18081), `${address}: you are ${gateway} and`);
    }
  await docker('rm', '-f', 'other');
});

s.test('from outside only what was published is reached', async () => {
  const [command = '', ...args] = outside.where;
  sh(command, ...args, 'ip', 'route', 'add', `${await addressOf('web')}/32`, 'via', '192.0.2.1');
  assert.is(await ask(outside.where, await addressOf('web'), 7777), '', 'the address of the container itself');
  await docker(
    'run',
    '-d',
    '--name',
    'private',
    '-p',
    '127.0.0.1:18082:7777',
    '-p',
    '127.0.0.1:18082:7777/udp',
    ...SLEEP,
  );
  servers.push(await serve(inNetworkOf(await pidOf('private')), 7777));
  assert.match(await ask([], '127.0.0.1', 18082), 'you are');
  assert.is(await ask(outside.where, '192.0.2.1', 18082), 'ECONNREFUSED');
  assert.is(await tell(outside.where, '192.0.2.1', 18082), 'ECONNREFUSED');
  await docker('rm', '-f', 'private');
});

s.test('megabytes come through the proxy whole, in both directions, also when one side ends first', async () => {
  assert.ok(await echoed('127.0.0.1', 18080, 48 << 20));
  assert.equal(
    await Promise.all(Array.from({ length: 20 }, () => echoed('127.0.0.1', 18080, 1 << 20))),
    Array.from({ length: 20 }, () => true),
  );
});

s.test('answers to datagrams find the client that had asked', async () => {
  assert.is(await answeredDatagrams('127.0.0.1', 18081, 200), 200);
});

s.test('a port without a server behind it refuses the client', async () => {
  await docker('run', '-d', '--name', 'deaf', '-p', '18083:1', ...SLEEP);
  assert.is(await ask([], '127.0.0.1', 18083), 'ECONNRESET');
  assert.is(await ask(outside.where, '192.0.2.1', 18083), 'ECONNREFUSED');
  await docker('rm', '-f', 'deaf');
});

s.test('a port that is taken: the error names who has it, and nothing is left', async () => {
  const before = leftovers(d());
  const clash = async (...ports: string[]) => {
    const { code, err } = await d().docker('run', '-d', '--name', 'late', ...ports.flatMap((p) => ['-p', p]), ...SLEEP);
    await docker('rm', 'late');
    return `${code}: ${/Error response from daemon: (.*)/.exec(err)?.[1]}`;
  };
  const endpoint = /^125: driver failed programming external connectivity on endpoint late \([0-9a-f]{64}\): /;
  const first = await clash('18084:80', '18080:80');
  assert.match(first, endpoint);
  assert.is(
    first.replace(endpoint, ''),
    'Bind for 0.0.0.0:18080 failed: port is already allocated; container web has it',
  );
  assert.match(await clash('127.0.0.1:18080:80'), 'Bind for 127.0.0.1:18080 failed: port is already allocated');
  const server = createServer().listen(18085, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const foreign = await clash('18085:80');
  server.close();
  assert.is(
    foreign.replace(endpoint, ''),
    `Error starting userland proxy: listen tcp4 0.0.0.0:18085: bind: address already in use; node (pid ${process.pid}) has it`,
  );
  assert.match(
    await clash('192.0.2.77:18086:80'),
    'listen tcp4 192.0.2.77:18086: bind: cannot assign requested address',
  );
  assert.match(await clash('18087:80', '18087:81'), 'port is already allocated; this container itself has it');
  await sameAs(before, d());
});

s.test('ranges and free ports: each container gets its own, and keeps it over a restart', async () => {
  const names = ['r1', 'r2', 'r3'];
  for (const name of names) await docker('run', '-d', '--name', name, '-p', '18090-18092:80', '-p', '81', ...SLEEP);
  const ports = async (name: string, port: number) => (await docker('port', name, String(port))).split('\n')[0]!;
  assert.equal(await Promise.all(names.map((name) => ports(name, 80))), [
    '0.0.0.0:18090',
    '0.0.0.0:18091',
    '0.0.0.0:18092',
  ]);
  const free = await Promise.all(names.map((name) => ports(name, 81)));
  assert.is(new Set(free).size, 3, String(free));
  const { code, err } = await d().docker('run', '-d', '--name', 'r4', '-p', '18090-18092:80', ...SLEEP);
  assert.is(code, 125);
  assert.match(err, /: all ports are allocated; container r\d has 0\.0\.0\.0:1809\d/);
  await docker('rm', 'r4');
  await docker('restart', '-t', '0', 'r2');
  assert.equal([await ports('r2', 80), await ports('r2', 81)], ['0.0.0.0:18091', free[1]]);
  await docker('rm', '-f', ...names);
});

s.test('-P publishes what the image and --expose declare', async () => {
  await docker('run', '-d', '--name', 'every', '-P', '--expose', '7777', '--expose', '53/udp', ...SLEEP);
  const shown = await docker('port', 'every');
  assert.match(
    shown,
    /^53\/udp -> 0\.0\.0\.0:\d+\n53\/udp -> \[::\]:\d+\n7777\/tcp -> 0\.0\.0\.0:\d+\n7777\/tcp -> \[::\]:\d+$/,
  );
  await docker('rm', '-f', 'every');
});

s.test('while the daemon is dead the port is served, and the next daemon has it', async () => {
  await d().kill9();
  assert.match(await ask([], '127.0.0.1', 18080), /^you are/);
  assert.is(await ask(outside.where, '192.0.2.1', 18080), 'you are 192.0.2.2');
  await d().start();
  assert.is(await docker('port', 'web', '7777'), '0.0.0.0:18080\n[::]:18080');
  assert.match(await ask([], '127.0.0.1', 18080), /^you are/);
});

s.test('a proxy that had no descriptor for a client takes it when it has one, though no connection ended', async () => {
  await docker('run', '-d', '--name', 'poor', '-p', '18096:7777', ...SLEEP);
  servers.push(await serve(inNetworkOf(await pidOf('poor')), 7777));
  const id = await docker('inspect', '-f', '{{.Id}}', 'poor');
  const line = sh('ps', '-eo', 'pid,args')
    .split('\n')
    .find((one) => one.includes(`drydock-port-proxy ${id}`));
  const pid = line!.trim().split(' ')[0]!;
  // as the proxy's user, who may change its limits
  const user = ['--reuid=65534', '--regid=65534', '--clear-groups'];
  const limit = (files: string) => sh('setpriv', ...user, 'prlimit', '--pid', pid, `--nofile=${files}:`);
  limit('3');
  assert.is(await ask([], '127.0.0.1', 18096), '', 'it cannot accept');
  limit('1024');
  await until('it accepts again', async () => (await ask([], '127.0.0.1', 18096)).startsWith('you are'));
  await docker('rm', '-f', 'poor');
});

s.test('when the container ends without a daemon, its ports are free at once', async () => {
  await docker('run', '-d', '--name', 'brief', '-p', '18095:80', ...SLEEP);
  const pid = await pidOf('brief');
  const count = proxies();
  await d().kill9();
  process.kill(pid, 'SIGKILL');
  await until('the proxy has ended', () => proxies() === count - 1);
  const server = createServer().listen(18095);
  await new Promise((resolve, reject) => server.once('listening', resolve).once('error', reject));
  await new Promise((resolve) => server.close(resolve));
  await d().start();
  await docker('start', 'brief');
  assert.is(proxies(), count);
  await docker('rm', '-f', 'brief');
});

s.test('stop gives everything back, start takes it again', async () => {
  await docker('stop', '-t', '0', 'web');
  assert.is(proxies(), 0);
  assert.is(await docker('port', 'web'), '');
  assert.not.match(sh('nft', 'list', 'table', 'ip', d().bridge), 'dnat to');
  assert.is(await ask([], '127.0.0.1', 18080), 'ECONNREFUSED');
  await docker('start', 'web');
  servers.push(await serve(inNetworkOf(await pidOf('web')), 7777));
  assert.match(await ask([], '127.0.0.1', 18080), /^you are/);
  await docker('rm', '-f', 'web');
  assert.is(proxies(), 0);
});

s.test('publishing with the network of another container or of the host', async () => {
  await docker('run', '-d', '--name', 'one', ...SLEEP);
  const shared = await d().docker('run', '--rm', '--network', 'container:one', '-p', '18080:80', 'tiny', 'true');
  assert.is(shared.code, 125);
  assert.match(shared.err, 'conflicting options: port publishing and the container type network mode');
  const host = await d().docker('run', '--rm', '--network', 'host', '-p', '18080:80', 'tiny', 'true');
  assert.is(host.code, 0, host.err);
  assert.match(host.err, 'Published ports are discarded when using host network mode');
  await docker('rm', '-f', 'one');
});

s.test.run();
