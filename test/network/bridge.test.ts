import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import * as assert from 'uvu/assert';
import type { Kernel } from '../../runtime/kernel/kernel.ts';
import { daemonKernel } from '../../runtime/kernel/linux/linux.ts';
import type { Container } from '../../runtime/container/container.ts';
import { bridgeNow, ensureBridge, forgetBridge } from '../../runtime/network/bridge/bridge.ts';
import { closeInside, openInside } from '../../runtime/network/sandbox/inside.ts';
import { interfaceStats } from '../../runtime/network/sandbox/stats.ts';
import { disconnectAll } from '../../runtime/network/phase/connections.ts';
import { networkNamed, removeNetworks } from '../../runtime/network/phase/networks.ts';
import { network } from '../../runtime/steps/container/4-network.ts';
import { sh, suite } from '../harness.ts';
import { makeOutside } from './outside.ts';
import {
  containerFor,
  idOf,
  ownNamespace,
  removeRoot,
  settingsFor,
  stageFor,
  temporaryRoot,
  type Stage,
} from './namespace.ts';
import { until } from '../until.ts';

ownNamespace();
const test = suite('the network, for real', 'root', 'unshare', 'nsenter', 'ip', 'nft', 'busybox');

const json = (text: string) => JSON.parse(text || '[]') as Record<string, unknown>[];
const links = () => json(sh('ip', '-j', 'link')).map((link) => String(link['ifname']));
const table = () => sh('nft', 'list', 'table', 'ip', 'ddtest0');

let root: string;
const settings = () => settingsFor(root);
const phase = async (k: Kernel, c: Container) => {
  for (const step of network.steps) if (step.when?.(c) ?? true) await step.do(k, c);
};

let outside: ChildProcess;
const started: Stage[] = [];
async function start(n: number, HostConfig = {}): Promise<{ c: Container; stage: Stage }> {
  const c = containerFor({ id: idOf(n), settings: settings(), HostConfig });
  const stage = await stageFor(c);
  started.push(stage);
  await phase(stage.k, c);
  return { c, stage };
}

test.before(async () => {
  root = temporaryRoot();
  // A new namespace inherits the value from the host.
  writeFileSync('/proc/sys/net/ipv4/ip_forward', '0');
  outside = await makeOutside(root);
});
test.after(async () => {
  for (const stage of started) await stage.end();
  outside.kill();
  removeRoot(root);
});

let first: { c: Container; stage: Stage };
let second: { c: Container; stage: Stage };

test('two containers that start at the same moment share one bridge and get different addresses', async () => {
  [first, second] = await Promise.all([start(1), start(2)]);
  const bridge = json(sh('ip', '-j', '-d', 'addr', 'show', 'ddtest0'))[0] as {
    mtu: number;
    address: string;
    addr_info: { local: string; prefixlen: number; broadcast: string }[];
  };
  assert.equal(
    bridge.addr_info.filter((a) => a.broadcast).map((a) => `${a.local}/${a.prefixlen} ${a.broadcast}`),
    ['172.30.0.1/16 172.30.255.255'],
  );
  assert.equal([bridge.mtu, bridge.address], [1400, '02:42:ac:1e:00:01']);
  assert.equal([first.c.endpoints[0]!.address, second.c.endpoints[0]!.address].sort(), ['172.30.0.2', '172.30.0.3']);
  assert.equal(readFileSync('/proc/sys/net/ipv4/ip_forward', 'utf8').trim(), '1');
});

test('the host believes no container that calls itself a router', () => {
  assert.is(readFileSync('/proc/sys/net/ipv6/conf/ddtest0/accept_ra', 'utf8').trim(), '0');
});

test('ip(8) inside the container sees eth0 with its address, and the default route', () => {
  const { c, stage } = first;
  const [eth0] = json(stage.in('ip', '-j', 'addr', 'show', 'eth0')) as {
    operstate: string;
    address: string;
    mtu: number;
    addr_info: { local: string; prefixlen: number }[];
  }[];
  assert.equal([eth0?.operstate, eth0?.address, eth0?.mtu], ['UP', c.endpoints[0]!.mac, 1400]);
  assert.is(`${eth0?.addr_info[0]?.local}/${eth0?.addr_info[0]?.prefixlen}`, `${c.endpoints[0]!.address}/16`);
  assert.match(stage.in('ip', 'route'), 'default via 172.30.0.1 dev eth0');
  assert.match(stage.in('ip', 'addr', 'show', 'lo'), '127.0.0.1/8');
  assert.is(c.live.netlink, undefined);
});

test('nft(8) shows the rules in its own words', () => {
  const shown = table().replace(/counter packets \d+ bytes \d+/g, 'counter');
  assert.match(
    shown,
    'type nat hook postrouting priority srcnat; policy accept;\n\t\tip saddr 172.30.0.0/16 oifname != "ddtest0" counter masquerade',
  );
  assert.match(
    shown,
    'type filter hook forward priority filter; policy accept;\n\t\tiifname "ddtest0" counter accept\n\t\toifname "ddtest0" ct state established,related counter accept\n\t\toifname "ddtest0" ct status dnat counter accept\n\t\toifname "ddtest0" counter drop',
  );
});

test('a container reaches the gateway, the other container and, masqueraded, the outside', () => {
  const { stage } = first;
  for (const target of ['172.30.0.1', second.c.endpoints[0]!.address!, '192.0.2.9', '127.0.0.1'])
    assert.match(stage.in('busybox', 'ping', '-c', '1', '-W', '2', target), '0% packet loss');
  // The outside has no route to 172.30.0.0/16, so an answer proves that the request had the host's address.
  assert.is(stage.in('busybox', 'wget', '-q', '-O', '-', 'http://192.0.2.9:8080/'), 'served outside');
});

test('a machine outside does not reach a container that it was not asked by', () => {
  sh('nsenter', '-n', '-t', String(outside.pid), 'ip', 'route', 'add', '172.30.0.0/16', 'via', '192.0.2.1');
  assert.throws(() =>
    sh(
      'nsenter',
      '-n',
      '-t',
      String(outside.pid),
      'busybox',
      'ping',
      '-c',
      '1',
      '-W',
      '1',
      first.c.endpoints[0]!.address!,
    ),
  );
  assert.match(table(), /oifname "ddtest0" counter packets [1-9]/);
});

test('the host reaches a server in a container', async () => {
  const server = createServer((socket) => socket.end('from the host')).listen(0, '172.30.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as { port: number };
  const child = spawn('nsenter', ['-n', '-t', String(first.stage.pid), 'busybox', 'nc', '172.30.0.1', String(port)], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  let heard = '';
  child.stdout.on('data', (data) => (heard += data));
  await new Promise((resolve) => child.once('close', resolve));
  server.close();
  assert.is(heard, 'from the host');
});

test('inspection reads links, addresses, routes and rules back from both sides', async () => {
  const { c, stage } = first;
  const evidence = async (id: string) =>
    (await network.steps.find((step) => step.id === id)!.inspect!(stage.k, c))
      .flatMap(({ title, lines }) => lines.map((line) => `${title}: ${line}`))
      .join('\n');
  const inside = await evidence('network.add-routes');
  assert.match(inside, new RegExp(`links, container: \\d+: eth0 veth ${c.endpoints[0]!.mac} mtu 1400 up`));
  assert.match(inside, `addresses, container: ${c.endpoints[0]!.address}/16 dev eth0`);
  assert.match(inside, 'routes, container: default via 172.30.0.1 dev eth0');
  assert.match(inside, 'neighbours, container: 172.30.0.1 02:42:ac:1e:00:01');
  assert.match(
    await evidence('network.attach-to-bridge'),
    new RegExp(`links, host: \\d+: ${c.endpoints[0]!.hostLink} veth .* master ddtest0 up`),
  );
  assert.match(
    await evidence('network.forwarding'),
    /table ip ddtest0: postrouting: ip saddr 172.30.0.0\/16 oifname != "ddtest0" counter packets \d+ bytes \d+ masquerade[^]*forward: oifname "ddtest0" ct state established,related counter[^]*ip_forward: 1/,
  );
  assert.match(await evidence('network.write-hosts'), `${c.endpoints[0]!.address}\t${c.id.slice(0, 12)}`);
});

test('a container whose stage is gone is inspected from the outside, with the same result', async () => {
  const { c, stage } = first;
  const step = network.steps.find(({ id }) => id === 'network.add-routes')!;
  const comparable = async (k: Kernel) =>
    (await step.inspect!(k, c)).filter(({ title }) => !title.startsWith('neighbours'));
  const outside = await comparable(daemonKernel());
  assert.match(outside[0]!.lines.join('\n'), `eth0 veth ${c.endpoints[0]!.mac} mtu 1400 up`);
  const inside = await comparable(stage.k);
  assert.equal(
    outside.map(({ title, lines }) => [title, lines.slice().sort()]),
    inside.map(({ title, lines }) => [title, lines.slice().sort()]),
  );
});

test('the counters of eth0 count', async () => {
  const stats = await interfaceStats(first.stage.pid);
  assert.equal(Object.keys(stats), ['eth0']);
  assert.ok(stats['eth0']!['rx_bytes']! > 0 && stats['eth0']!['tx_packets']! > 0);
  assert.equal(await interfaceStats(2 ** 22 - 1), {});
});

test('rules that somebody flushed come back with the next start, and are not doubled', async () => {
  sh('nft', 'delete', 'table', 'ip', 'ddtest0');
  const third = await start(3);
  assert.is(table().match(/masquerade/g)?.length, 1);
  sh('nft', 'add', 'table', 'ip', 'ddtestother');
  await disconnectAll(third.stage.k, third.c);
  const again = await start(4);
  assert.is(table().match(/masquerade/g)?.length, 1);
  assert.is(table().match(/ accept$/gm)?.length, 3);
  await disconnectAll(again.stage.k, again.c);
});

test('a new daemon takes over the bridge that is there, with its subnet', async () => {
  const { index } = bridgeNow('ddtest0');
  forgetBridge('ddtest0');
  const bridge = await ensureBridge(daemonKernel(), settings());
  assert.equal([bridge.index, bridge.subnet], [index, { gateway: '172.30.0.1', prefix: 16 }]);
  forgetBridge('ddtest0');
  await rejects(
    ensureBridge(daemonKernel(), { ...settings(), bip: '172.31.0.1/16' }),
    /ddtest0 has 172.30.0.1\/16 and not 172.31.0.1\/16/,
  );
  await rejects(
    ensureBridge(daemonKernel(), { ...settings(), bridge: 'uplink' }),
    /uplink is a veth link and no bridge/,
  );
});

test('the kernel says in words what it does not like', async () => {
  const { c, stage } = second;
  c.live.links = new Map([[c.endpoints[0]!.endpointID, 4711]]);
  await openInside(stage.k, c);
  await rejects(
    network.steps.find((step) => step.id === 'network.add-address')!.do(stage.k, c),
    /RTM_NEWADDR \{family 2, prefixlen 16, index 4711, local 172\.30\.0\.\d.*ENODEV/,
  );
  await closeInside(stage.k, c);
});

test('release takes the container off the bridge at once, and the link goes with the namespace', async () => {
  const { c, stage } = first;
  const address = c.endpoints[0]!.address!;
  await disconnectAll(stage.k, c);
  await disconnectAll(stage.k, c);
  assert.not.ok(readdirSync(`${root}/network/bridge/leases`).includes(address));
  assert.is(
    json(sh('ip', '-j', 'link', 'show', 'master', 'ddtest0')).filter(
      (link) => link['ifname'] === c.endpoints[0]!.hostLink!,
    ).length,
    0,
  );
  started.splice(started.indexOf(stage), 1);
  await stage.end();
  await until('the host link is gone', () => !links().includes(c.endpoints[0]!.hostLink!));
});

test('a start finds the link of the last run still there and makes a new one', async () => {
  const run = await start(9);
  await disconnectAll(run.stage.k, run.c);
  const again = containerFor({ id: idOf(9), settings: settings() });
  const stage = await stageFor(again);
  started.push(stage);
  await phase(stage.k, again);
  assert.match(stage.in('busybox', 'ping', '-c', '1', '-W', '2', '172.30.0.1'), '0% packet loss');
  await disconnectAll(stage.k, again);
});

test('with network none there is the loopback and nothing else', async () => {
  const { c, stage } = await start(10, { NetworkMode: 'none' });
  assert.match(stage.in('busybox', 'ping', '-c', '1', '-W', '2', '127.0.0.1'), '0% packet loss');
  assert.not.match(stage.in('ip', 'link'), 'eth0');
  assert.is(c.endpoints[0]!.address, undefined);
  const [links] = await network.steps.find(({ id }) => id === 'network.loopback-up')!.inspect!(daemonKernel(), c);
  assert.equal(links!.lines, ['1: lo']);
  assert.not.match(readFileSync(c.paths.hosts, 'utf8'), c.id.slice(0, 12));
});

test("with another container's network the files are the same inodes", async () => {
  const c = containerFor({
    id: idOf(11),
    settings: settings(),
    HostConfig: { NetworkMode: 'container:second' },
    other: () => second.c,
  });
  await phase(daemonKernel(), c);
  for (const name of ['hosts', 'hostname', 'resolvConf'] as const)
    assert.is(statSync(c.paths[name]).ino, statSync(second.c.paths[name]).ino, name);
});

for (const [what, endpoint] of [
  ['', {}],
  [', with a name server', { networkID: idOf(9) }],
] as const)
  test(`stopped after any step, undo leaves no link, no lease and no file${what}`, async () => {
    mkdirSync(`${root}/names`, { recursive: true });
    mkdirSync(`${root}/${idOf(40).slice(0, 12)}.run`, { recursive: true });
    const below = ['', '/names', '/network/bridge/leases', `/${idOf(40).slice(0, 12)}.run`];
    const now = () => below.map((dir) => readdirSync(root + dir));
    const before = now();
    for (let count = 1; count <= network.steps.length; count++) {
      const c = containerFor({ id: idOf(40), settings: settings(), endpoint });
      c.networkOf = (one) => networkNamed(settings(), one);
      const stage = await stageFor(c);
      for (const step of network.steps.slice(0, count)) if (step.when?.(c) ?? true) await step.do(stage.k, c);
      const { namesPid } = c.live;
      for (const step of [...network.steps].reverse()) await step.undo?.(stage.k, c);
      assert.not.ok(links().includes(c.endpoints[0]!.hostLink!));
      assert.equal(now(), before, `after ${network.steps[count - 1]!.id}`);
      assert.not.ok(namesPid && existsSync(`/proc/${namesPid}`), 'the name server has ended');
      await stage.end();
    }
  });

test('what is made for networks goes with the last container: removal leaves nothing, and forwarding as it was', async () => {
  await ensureBridge(daemonKernel(), { bridge: 'ddtest1' });
  assert.is(bridgeNow('ddtest1').subnet?.gateway, '172.31.0.1');
  await removeNetworks(daemonKernel(), settings());
  assert.not.ok(links().includes('ddtest0'));
  assert.throws(table);
  assert.is(readFileSync('/proc/sys/net/ipv4/ip_forward', 'utf8').trim(), '1', 'another bridge of ours still needs it');
  await removeNetworks(daemonKernel(), { bridge: 'ddtest1' });
  assert.is(readFileSync('/proc/sys/net/ipv4/ip_forward', 'utf8').trim(), '0');
  await removeNetworks(daemonKernel(), settings());
});

test('forwarding that was on before us stays on', async () => {
  writeFileSync('/proc/sys/net/ipv4/ip_forward', '1');
  const { c, stage } = await start(30);
  await disconnectAll(stage.k, c);
  await removeNetworks(daemonKernel(), settings());
  assert.is(readFileSync('/proc/sys/net/ipv4/ip_forward', 'utf8').trim(), '1');
});

async function rejects(promise: Promise<unknown>, pattern: RegExp): Promise<void> {
  const error = await promise.then(
    () => undefined,
    (e: unknown) => e,
  );
  assert.ok(error instanceof Error, 'it was taken');
  assert.match(error.message, pattern);
}

test.run();
