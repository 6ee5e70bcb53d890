import * as assert from 'uvu/assert';
import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import { sh } from '../harness.ts';
import { clients } from './daemon.ts';
import { run } from './ran.ts';
import { site } from './site.ts';
import { until } from '../until.ts';

const s = await site('the network');
const d = () => s.daemon;

// A new namespace may inherit the value 1 from the machine.
s.test.before(() => writeFileSync('/proc/sys/net/ipv4/ip_forward', '0\n'));

interface Link {
  ifname: string;
  link_type: string;
  address: string;
  operstate: string;
  flags: string[];
  master?: string;
  linkinfo?: { info_kind: string };
  addr_info: { family: string; local: string; prefixlen: number }[];
}
const links = (...inside: string[]) =>
  JSON.parse(sh(inside[0] ?? 'ip', ...inside.slice(1), '-j', '-d', 'addr')) as Link[];
const pidOf = async (name: string) =>
  (JSON.parse(await d().ok('inspect', name)) as [{ State: { Pid: number } }])[0].State.Pid;
const inNet = (pid: number) => ['nsenter', '-n', '-t', String(pid), 'ip'];
const bridgeAddress = () =>
  links()
    .find(({ ifname }) => ifname === d().bridge)!
    .addr_info.find(({ family }) => family === 'inet')!;

/** A server that tells each client the client's source address. */
const SERVER =
  'require("net").createServer((s) => { s.on("error", () => {}); s.end(`you are ${s.remoteAddress}\\n`) }).listen(7777, "0.0.0.0", () => console.log("up"))';
async function serve(...prefix: string[]): Promise<ChildProcess> {
  const [command = '', ...args] = [...prefix, process.execPath, '-e', SERVER];
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  await new Promise((resolve) => child.stdout.once('data', resolve));
  return child;
}
/** bash as a TCP client: prints the server's answer, or nothing after two seconds. */
const ask = (address: string, port = 7777) => ['timeout', '2', 'bash', '-c', `cat </dev/tcp/${address}/${port}`];

s.test('eth0, its address, the routes and the other end are what ip(8) says', async () => {
  await d().ok('run', '-d', '--name', 'one', 'ubuntu', 'sleep', '1000');
  const gateway = bridgeAddress();
  const pid = await pidOf('one');
  const inside = links(...inNet(pid));
  assert.equal(
    inside.map(({ ifname }) => ifname),
    ['lo', 'eth0'],
  );
  const [lo, eth0] = inside as [Link, Link];
  assert.ok(lo.flags.includes('UP') && lo.addr_info.some(({ local }) => local === '127.0.0.1'));
  const { local, prefixlen } = eth0.addr_info.find(({ family }) => family === 'inet')!;
  assert.is(eth0.operstate, 'UP');
  assert.is(prefixlen, gateway.prefixlen);
  assert.is(
    eth0.address,
    `02:42:${local
      .split('.')
      .map((byte) => Number(byte).toString(16).padStart(2, '0'))
      .join(':')}`,
  );
  assert.match(sh(inNet(pid)[0]!, ...inNet(pid).slice(1), 'route'), `default via ${gateway.local} dev eth0`);
  const port = links().find(({ master }) => master === d().bridge)!;
  assert.is(port.linkinfo?.info_kind, 'veth');
  assert.is(
    (await d().docker('inspect', '-f', '{{.NetworkSettings.IPAddress}} {{.NetworkSettings.Gateway}}', 'one')).out,
    `${local} ${gateway.local}\n`,
  );
});

s.test('a container reaches a service of the host at the gateway', async () => {
  const server = await serve();
  for (const client of clients) {
    const { code, out, err } = await d().client(client, ['run', '--rm', 'ubuntu', ...ask(bridgeAddress().local)]);
    assert.is(code, 0, err);
    assert.match(out, /^you are 172\./);
  }
  server.kill();
});

s.test("what leaves the host bears the host's address, and answers come back", async () => {
  const outside = spawn('unshare', ['-n', 'sleep', '1000'], { stdio: 'ignore' });
  await until(
    'the namespace is there',
    () => readlinkSync(`/proc/${outside.pid}/ns/net`) !== readlinkSync('/proc/self/ns/net'),
  );
  sh('ip', 'link', 'add', 'out0', 'type', 'veth', 'peer', 'name', 'in0', 'netns', String(outside.pid));
  sh('ip', 'addr', 'add', '192.0.2.1/24', 'dev', 'out0');
  sh('ip', 'link', 'set', 'out0', 'up');
  const there = ['nsenter', '-n', '-t', String(outside.pid)];
  sh(there[0]!, ...there.slice(1), 'ip', 'addr', 'add', '192.0.2.2/24', 'dev', 'in0');
  sh(there[0]!, ...there.slice(1), 'ip', 'link', 'set', 'in0', 'up');
  const server = await serve(...there);
  try {
    // The outside has no route to the container's subnet, so only a masqueraded packet gets an answer.
    assert.is(await d().ok('run', '--rm', 'ubuntu', ...ask('192.0.2.2')), 'you are 192.0.2.1');
    assert.match(sh('nft', 'list', 'table', 'ip', d().bridge), /masquerade/);
    // The outside cannot open a connection to the container, even with a route.
    const { local, prefixlen } = bridgeAddress();
    sh(
      there[0]!,
      ...there.slice(1),
      'ip',
      'route',
      'add',
      `${local}/${prefixlen}`.replace(/\.\d+\.\d+\//, '.0.0/'),
      'via',
      '192.0.2.1',
    );
    await d().ok('run', '-d', '--name', 'listening', 'ubuntu', 'perl', '-MIO::Socket::INET', '-e', LISTEN);
    const inside = (await d().docker('inspect', '-f', '{{.NetworkSettings.IPAddress}}', 'listening')).out.trim();
    await until(
      'a neighbour is answered',
      async () => (await d().cli('exec', 'one', ...ask(inside))).out === 'hello\n',
    );
    const refused = await run(there[0]!, [...there.slice(1), ...ask(inside)]);
    assert.is(refused.out, '', 'from outside nothing comes in');
  } finally {
    server.kill();
    outside.kill();
    await d().ok('rm', '-f', 'listening');
  }
});
const LISTEN =
  '$s = IO::Socket::INET->new(LocalPort => 7777, Listen => 5, ReuseAddr => 1) or die; while ($c = $s->accept) { print $c "hello\\n"; close $c }';

s.test('containers reach each other by address', async () => {
  await d().ok('run', '-d', '--name', 'two', 'ubuntu', 'perl', '-MIO::Socket::INET', '-e', LISTEN);
  const address = (await d().docker('inspect', '-f', '{{.NetworkSettings.IPAddress}}', 'two')).out.trim();
  await until('it answers', async () => (await d().cli('exec', 'one', ...ask(address))).out === 'hello\n');
  assert.is.not((await d().cli('exec', 'one', ...ask('127.0.0.1'))).code, 0, 'each has its own loopback');
});

s.test('--network container: shares the namespace, its ports and its files', async () => {
  for (const client of clients) {
    const { out, err } = await d().client(client, [
      'run',
      '--rm',
      '--network',
      'container:two',
      'ubuntu',
      'sh',
      '-c',
      'readlink /proc/self/ns/net; cat /etc/hostname; hostname; bash -c "cat </dev/tcp/127.0.0.1/7777"',
    ]);
    const [namespace, hostname, own, answer] = out.split('\n');
    assert.is(namespace, readlinkSync(`/proc/${await pidOf('two')}/ns/net`), err);
    assert.is(hostname, await d().ok('exec', 'two', 'hostname'));
    assert.is(own, hostname, 'and answers to its name');
    assert.is(answer, 'hello');
  }
  await d().ok('rm', '-f', 'two');
});

s.test('--network none has the loopback only', async () => {
  for (const client of clients) {
    const { out } = await d().client(client, [
      'run',
      '--rm',
      '--network',
      'none',
      'ubuntu',
      'sh',
      '-c',
      'ls /sys/class/net; cat /proc/net/route | wc -l; bash -c "echo </dev/tcp/127.0.0.1/1" 2>&1 | grep -o "Connection refused" | head -1',
    ]);
    assert.is(out, 'lo\n1\nConnection refused\n');
  }
});

s.test("--network host is the host's own", async () => {
  for (const client of clients) {
    const { out } = await d().client(client, [
      'run',
      '--rm',
      '--network',
      'host',
      'ubuntu',
      'sh',
      '-c',
      'readlink /proc/self/ns/net; hostname',
    ]);
    assert.is(out, `${readlinkSync('/proc/self/ns/net')}\n${sh('hostname')}`);
  }
});

s.test('hosts and resolv.conf say what the flags say', async () => {
  for (const client of clients) {
    const flags = [
      '--hostname',
      'me',
      '--add-host',
      'far:192.0.2.9',
      '--add-host',
      'gate:host-gateway',
      '--dns',
      '192.0.2.53',
      '--dns-search',
      'example.org',
      '--dns-option',
      'ndots:2',
    ];
    const { out, err } = await d().client(client, [
      'run',
      '--rm',
      ...flags,
      'ubuntu',
      'sh',
      '-c',
      'cat /etc/resolv.conf /etc/hosts',
    ]);
    assert.match(out, /^(#.*\n)*nameserver 192\.0\.2\.53\nsearch example\.org\noptions ndots:2\n/, err);
    assert.match(out, /^192\.0\.2\.9\s+far$/m);
    assert.match(out, new RegExp(`^${bridgeAddress().local}\\s+gate$`, 'm'));
    assert.match(out, /^172\.\d+\.\d+\.\d+\s+me$/m);
  }
});

s.test("resolv.conf is the host's when nothing is said, without what only the host can reach", async () => {
  const out = await d().ok('run', '--rm', 'ubuntu', 'cat', '/etc/resolv.conf');
  assert.match(out, /nameserver \S+/);
  assert.not.match(out, /nameserver 127\./);
});

s.test('--ip and --mac-address are taken, an address in use is refused', async () => {
  await d().ok('network', 'create', '--subnet', '10.79.0.0/24', 'own');
  const wanted = '10.79.0.77';
  for (const client of clients) {
    const flags = ['--network', 'own', '--ip', wanted];
    const { out, err } = await d().client(client, [
      'run',
      '--rm',
      ...flags,
      '--mac-address',
      '02:00:00:00:00:42',
      'ubuntu',
      'cat',
      '/sys/class/net/eth0/address',
    ]);
    assert.is(out, '02:00:00:00:00:42\n', err);
  }
  await d().ok('run', '-d', '--name', 'fixed', '--network', 'own', '--ip', wanted, 'ubuntu', 'sleep', '1000');
  assert.is(links(...inNet(await pidOf('fixed')))[1]!.addr_info[0]!.local, wanted);
  const second = await d().cli('run', '--rm', '--network', 'own', '--ip', wanted, 'ubuntu', 'true');
  assert.is(second.code, 125);
  assert.match(second.err, /already in use by container/);
  await d().ok('rm', '-f', 'fixed');
  await d().ok('network', 'rm', 'own');
});

s.test('twelve containers at once have twelve addresses', async () => {
  const ids = await Promise.all(Array.from({ length: 12 }, () => d().ok('run', '-d', 'ubuntu', 'sleep', '1000')));
  // All of them run at once, so that none gets the address of one that has ended.
  const outs = await Promise.all(ids.map((id) => d().ok('exec', id, 'hostname', '-I')));
  assert.is(new Set(outs.map((out) => out.trim())).size, 12);
  await d().ok('rm', '-f', ...ids);
});

s.test('leases outlive the daemon, and the same container keeps its address', async () => {
  const before = links(...inNet(await pidOf('one')))[1]!.addr_info[0]!.local;
  await d().stop();
  assert.ok(
    links().some(({ ifname }) => ifname === d().bridge),
    'the bridge stays for who still runs',
  );
  await d().start();
  const other = await d().ok('run', '--rm', 'ubuntu', 'hostname', '-I');
  assert.is.not(other.trim(), before);
  assert.is(links(...inNet(await pidOf('one')))[1]!.addr_info[0]!.local, before);
  assert.is(
    (await d().cli('run', '--rm', 'ubuntu', 'bash', '-c', `echo </dev/tcp/${before}/1`)).err.includes(
      'Connection refused',
    ),
    true,
    'and it is reached there',
  );
  assert.is(readFileSync('/proc/sys/net/ipv4/ip_forward', 'utf8'), '1\n');
});

s.test('a daemon that ends without containers takes bridge, rules and forwarding with it', async () => {
  await d().ok('rm', '-f', 'one');
  await d().stop();
  assert.equal(
    links()
      .map(({ ifname }) => ifname)
      .filter((name) => name !== 'out0'),
    ['lo'],
  );
  assert.is(sh('nft', 'list', 'ruleset'), '');
  assert.is(readFileSync('/proc/sys/net/ipv4/ip_forward', 'utf8'), '0\n');
  assert.is(sh('find', '/sys/fs/cgroup', '-name', d().name), '');
  await d().start();
  assert.match(await d().ok('run', '--rm', 'ubuntu', 'hostname', '-I'), /^172/);
});

s.test.run();
