import * as assert from 'uvu/assert';
import { SyscallError } from '../../runtime/kernel/errors.ts';
import type { Call } from '../../runtime/syscalls/calls.ts';
import { recordingKernel, type RecordingKernel } from '../../runtime/kernel/recording.ts';
import type { Container } from '../../runtime/container/container.ts';
import type { HostConfig } from '../../runtime/request/container-request.ts';
import { forgetBridge } from '../../runtime/network/bridge/bridge.ts';
import { networkNamed } from '../../runtime/network/phase/networks.ts';
import { network } from '../../runtime/steps/container/4-network.ts';
import { suite } from '../harness.ts';
import { fakeNetwork, type FakeNetwork, type FakeOptions } from '../network/fake-netlink.ts';
import { containerFor, idOf, settingsFor } from '../network/namespace.ts';

const test = suite('network phase on the recording kernel');

const settings = settingsFor('/d');
/** stands for a network that a user made */
const NAMED = 'default';
function prepare(
  HostConfig: HostConfig = {},
  fail?: { at: number; errno: string },
  options?: FakeOptions,
): { k: RecordingKernel; c: Container; fake: FakeNetwork } {
  forgetBridge(settings.bridge);
  const fake = fakeNetwork(options);
  const c = containerFor({ id: idOf(1), settings, HostConfig, other: (ref) => containerFor({ id: ref, settings }) });
  c.live = { pid: 77, pidfd: 8, stageSocket: 9 };
  if (HostConfig.NetworkMode === NAMED) {
    c.endpoints[0]!.networkID = idOf(9);
    c.networkOf = (endpoint) => networkNamed(settings, endpoint);
  }
  return { k: recordingKernel({ answers: fake.answers, readable, ...(fail && { fail }) }), c, fake };
}
/** Every descriptor can be read at once. */
function readable(_fd: number, callback: () => void): () => void {
  setImmediate(callback);
  return () => undefined;
}
const applicable = (c: Container) => network.steps.filter((step) => step.when?.(c) ?? true);
async function run(k: RecordingKernel, c: Container): Promise<void> {
  for (const step of applicable(c)) await step.do(k, c);
}
async function unwind(k: RecordingKernel, c: Container): Promise<void> {
  for (const step of [...network.steps].reverse()) await step.undo?.(k, c);
}
const notes = (k: RecordingKernel) => k.raw.filter(({ name }) => name === 'sendto').map(({ note }) => note ?? '');

test('the messages come in the order in which a network is built', async () => {
  const { k, c } = prepare();
  await run(k, c);
  const container = notes(k).filter((note) => !/GETADDR|GETROUTE|GETCHAIN|nfgen|BATCH|GETGEN/.test(note));
  assert.equal(container, [
    'RTM_GETLINK {ifname "ddtest0"}',
    'RTM_GETLINK {ifname "ddtest0"}',
    'RTM_NEWLINK {ifname "ddtest0", address 02:42:ac:1e:00:01, linkinfo {kind "bridge"}}',
    'RTM_GETLINK {ifname "ddtest0"}',
    'RTM_NEWADDR {family 2, prefixlen 16, index 3, local 172.30.0.1, address 172.30.0.1, broadcast 172.30.255.255}',
    'RTM_NEWLINK {index 3, flags IFF_UP, change IFF_UP, ifalias "drydock"}',
    `RTM_NEWLINK {ifname "${c.endpoints[0]!.hostLink}", mtu 1500, linkinfo {kind "veth", data {peer {ifname "peer", mtu 1500, net_ns_pid 77}}}}`,
    `RTM_NEWLINK {flags IFF_UP, change IFF_UP, ifname "${c.endpoints[0]!.hostLink}", master 3}`,
    'RTM_NEWLINK {flags IFF_UP, change IFF_UP, ifname "lo"}',
    'RTM_GETLINK {ifname "peer"}',
    'RTM_NEWLINK {index 5, ifname "eth0"}',
    'RTM_NEWLINK {index 5, address 02:42:ac:1e:00:02}',
    'RTM_NEWADDR {family 2, prefixlen 16, index 5, local 172.30.0.2, address 172.30.0.2, broadcast 172.30.255.255}',
    'RTM_NEWLINK {index 5, flags IFF_UP, change IFF_UP}',
    'RTM_NEWROUTE {family 2, table 254, protocol 3, type 1, gateway 172.30.0.1, oif 5}',
    'RTM_NEWLINK {ifname "ddtest0", ifalias "drydock: net.ipv4.ip_forward was 0"}',
  ]);
  assert.equal(c.endpoints[0]!.address, '172.30.0.2');
});

test('the stage is asked for nothing but its socket', async () => {
  const { k, c, fake } = prepare();
  await run(k, c);
  assert.equal(
    k.calls.filter((call) => call.startsWith('stage.')),
    ['stage.socket(16, SOCK_CLOEXEC|0x3, 0)', 'stage.close(4)'],
  );
  assert.equal([...fake.open], []);
  assert.is(c.live.netlink, undefined);
});

test('a second start asks once whether bridge and rules are there, and changes neither', async () => {
  const { k, c, fake } = prepare();
  await run(k, c);
  const second = containerFor({ id: idOf(2), settings });
  second.live = { ...c.live };
  fake.files.set('172.30.0.2', idOf(1));
  const k2 = recordingKernel({ answers: fake.answers });
  fake.links.delete('container/eth0');
  await run(k2, second);
  const shared = notes(k2).filter((note) => /ddtest0"|nfgen|BATCH|GETGEN|DUMP/.test(note));
  assert.equal(shared, [
    'RTM_GETLINK {ifname "ddtest0"}',
    'NFT_MSG_GETGEN {}',
    'NFT_MSG_GETGEN {}',
    'RTM_NEWLINK {ifname "ddtest0", ifalias "drydock: net.ipv4.ip_forward was 0"}',
    'NFT_MSG_GETGEN {}',
  ]);
});

test('facts say what became true, and undo takes them back', async () => {
  const { k, c } = prepare();
  await run(k, c);
  const now = new Map<string, string | null>();
  const apply = () => k.facts.forEach(({ kind, key, value }) => now.set(`${kind} ${key}`, value));
  apply();
  assert.is(now.get('address container/eth0'), '172.30.0.2/16');
  assert.is(now.get('route container/default'), 'via 172.30.0.1 dev eth0');
  assert.is(now.get('link container/eth0'), 'veth, index 5, 02:42:ac:1e:00:02, up');
  assert.is(
    now.get('nft ddtest0 postrouting 0'),
    'ip saddr 172.30.0.0/16 oifname != "ddtest0" counter packets 0 bytes 0 masquerade',
  );
  assert.is(now.get('lease 172.30.0.2'), idOf(1));
  await unwind(k, c);
  apply();
  for (const key of [`link host/${c.endpoints[0]!.hostLink}`, 'lease 172.30.0.2', `file ${c.paths.hosts}`])
    assert.is(now.get(key), null, key);
});

/** Asserts that only the bridge is left, which all containers share. */
function nothingLeft(fake: FakeNetwork, c: Container, what: string): void {
  assert.equal(
    [...fake.links.keys()].filter((key) => !/^(host|container)\/lo$|^host\/ddtest0$/.test(key)),
    [],
    `links after ${what}`,
  );
  assert.equal([...fake.files], [], `leases and files after ${what}`);
  assert.is(c.live.netlink, undefined, what);
  assert.is(c.endpoints[0]!.address, undefined, what);
}

test('published ports are taken first, then rules lead to the container, then the proxy is started', async () => {
  const { k, c, fake } = prepare({ PortBindings: { '80/tcp': [{ HostPort: '8080' }] } });
  const ids = () => applicable(c).map(({ id }) => id);
  const own = ['network.pass-firewalls', 'network.bind-ports', 'network.rewrite-ports', 'network.start-proxy'];
  assert.equal(ids().slice(-7, -3), own);
  Object.assign(c.settings, { userlandProxy: false });
  assert.equal(ids().slice(-6, -3), ['network.route-loopback', 'network.rewrite-ports', 'network.start-proxy']);
  Object.assign(c.settings, { userlandProxy: undefined });
  await run(k, c);
  const bound = k.raw.filter(({ name }) => name === 'bind').map(({ note }) => note);
  assert.equal(bound, ['0.0.0.0:8080/tcp', '[::]:8080/tcp']);
  assert.ok(k.calls.includes('daemon.spawnHelper("port-proxy", 8)'));
  assert.equal([...fake.open], [], 'the proxy has the sockets now, the daemon none');
  assert.equal(c.live.portSockets, []);
  const nft = k.facts.filter(({ kind }) => kind === 'nft').map(({ value }) => value ?? '');
  assert.ok(nft.some((rule) => /^iifname != "ddtest0" fib .* tcp dport 8080 .* dnat to 172\.30\.0\.2:80$/.test(rule)));
});

test('on a network that a user made a name server is started, and port 53 is led to it', async () => {
  const { k, c, fake } = prepare({ NetworkMode: NAMED });
  assert.equal(
    applicable(c)
      .map(({ id }) => id)
      .slice(-3),
    ['network.write-resolv-conf', 'network.serve-names', 'network.lead-names'],
  );
  await run(k, c);
  assert.match(fake.files.get(c.paths.resolvConf)!, /^nameserver 127\.0\.0\.11\n/);
  const table = `/d/names/${c.id}`;
  assert.match(fake.files.get(table)!, new RegExp(`\nforward\nnetwork ${idOf(9)} bridge\n$`));
  const bound = k.raw.filter(({ name }) => name === 'bind').map(({ note }) => note);
  assert.equal(bound, ['127.0.0.11:40053', '127.0.0.11:40053'], 'datagrams and streams');
  assert.ok(k.calls.includes('daemon.spawnHelper("name-server", 8)'));
  const rules = notes(k).find((note) => note.includes('drydock-names'))!;
  assert.match(rules, /payload.*csum_offset 6/);
  assert.match(rules, /payload.*csum_offset 16/);
  assert.equal([...fake.open], [], 'the server has the sockets now, the daemon none');
  assert.match(k.calls.at(-1)!, /^daemon\.returnNetfilter\(\d+, false\)$/);
  await unwind(k, c);
  assert.not.ok(fake.files.has(table));
  assert.ok(k.calls.includes('daemon.kill(4243, 9)'));
});

test('when the port inside is taken, the next one is used', async () => {
  const { c, fake } = prepare({ NetworkMode: NAMED });
  let count = 0;
  const bind = (call: Call) => {
    if (++count === 2) throw new SyscallError('bind', 98, 'bind()', call.actor);
    return 0;
  };
  const k = recordingKernel({ answers: { ...fake.answers, bind }, readable });
  await run(k, c);
  const bound = k.raw.filter(({ name }) => name === 'bind').map(({ note }) => note);
  assert.equal(bound.slice(-2), ['127.0.0.11:40054', '127.0.0.11:40054']);
  assert.equal([...fake.open], []);
});

test('a container that ends while its name server is started does not lend it the number of another file', async () => {
  const { c, fake } = prepare({ NetworkMode: NAMED });
  const given: unknown[] = [];
  const endsAt = (name: 'fcntl' | 'bind') => {
    const answer = fake.answers[name];
    return (call: Call) => {
      if (name === 'fcntl') given.push(call.args[0]);
      delete c.live.pidfd;
      return typeof answer === 'function' ? answer(call) : 0;
    };
  };
  const serve = network.steps.find(({ id }) => id === 'network.serve-names')!;
  await serve.do(recordingKernel({ answers: { ...fake.answers, bind: endsAt('bind') }, readable }), c);
  c.live.pidfd = 8;
  const k = recordingKernel({ answers: { ...fake.answers, fcntl: endsAt('fcntl') }, readable });
  const error = await Promise.resolve(serve.do(k, c)).catch((e: Error) => e);
  assert.match((error as Error).message, /^container 0001cccccccc has no process$/);
  assert.equal(given, [8]);
  assert.not.ok(k.calls.some((call) => call.includes('spawnHelper')));
  assert.equal([...fake.open], []);
});

test('the rules for names come into an empty table, because a server that is started again may have another port', async () => {
  const { k, c } = prepare({ NetworkMode: NAMED });
  await run(k, c);
  const rules = notes(k).find((note) => note.includes('drydock-names'))!;
  assert.match(rules, /NEWTABLE.*DELTABLE.*NEWTABLE.*NEWCHAIN.*NEWRULE/s);
});

test('when the port is taken at one of two addresses, the other is given back', async () => {
  const { c, fake } = prepare({ PortBindings: { '80/tcp': [{ HostPort: '8080' }] } });
  let count = 0;
  const bind = (call: Call) => {
    if (++count === 2) throw new SyscallError('bind', 98, 'bind()', call.actor);
    return 0;
  };
  const holder = { pid: 4711, program: 'nginx', words: ['nginx'] };
  const k = recordingKernel({ answers: { ...fake.answers, bind }, jobs: { 'port-holder': () => holder } });
  const error = await run(k, c).then(
    () => undefined,
    (e: unknown) => e as Error,
  );
  assert.match(error!.message, /^driver failed programming external connectivity on endpoint c0001 \(/);
  assert.match(error!.message, 'listen tcp6 [::]:8080: bind: address already in use; nginx (pid 4711) has it');
  assert.equal(c.live.portSockets, []);
  assert.equal([...fake.open], []);
});

const modes: Record<string, HostConfig> = {
  bridge: { NetworkMode: 'bridge' },
  'bridge and ports': { PortBindings: { '80/tcp': [{ HostPort: '8080' }], '53/udp': [{ HostIp: '192.0.2.1' }] } },
  none: { NetworkMode: 'none' },
  host: { NetworkMode: 'host' },
  'that a user made': { NetworkMode: NAMED },
};
for (const [mode, host] of Object.entries(modes)) {
  test(`whichever system call fails with network ${mode}, undo leaves nothing`, async () => {
    const whole = prepare(host);
    await run(whole.k, whole.c);
    assert.ok(whole.k.raw.length > 5);
    for (let at = 0; at < whole.k.raw.length; at++) {
      const { k, c, fake } = prepare(host, { at, errno: 'EIO' });
      const error = await run(k, c).then(
        () => undefined,
        (e: unknown) => e,
      );
      const failed = k.raw[at]!;
      const what = `${k.calls[at]} failed`;
      assert.ok(error instanceof Error, `${what} and nobody noticed`);
      await unwind(k, c);
      nothingLeft(fake, c, what);
      // close(2) frees the descriptor even if it fails with EIO; the stage's descriptors end with the stage.
      const open = [...fake.open].filter(
        (entry) =>
          !entry.startsWith('stage') && !(failed.name === 'close' && entry === `daemon ${String(failed.args[0])}`),
      );
      assert.equal(open, [], `descriptors after ${what}`);
    }
  });
}

test('whichever netlink message the kernel refuses, undo leaves nothing', async () => {
  for (let at = 0; ; at++) {
    const { k, c, fake } = prepare({}, undefined, { refuse: { at, errno: 'EPERM' } });
    const error = await run(k, c).then(
      () => undefined,
      (e: unknown) => e,
    );
    if (!error) {
      assert.ok(at > 20, `only ${at} messages were sent`);
      return;
    }
    assert.match(String(error), 'EPERM');
    await unwind(k, c);
    nothingLeft(fake, c, String(error));
    assert.equal([...fake.open], []);
  }
});

test('undo of what was never begun touches nothing of others', async () => {
  const { k, c, fake } = prepare();
  fake.links.set('host/veth-of-another', { where: 'host', index: 9, kind: 'bridge', up: true });
  fake.files.set('172.30.0.2', idOf(2));
  await unwind(k, c);
  await unwind(k, c);
  assert.ok(fake.links.has('host/veth-of-another'));
  assert.equal([...fake.files.keys()], ['172.30.0.2']);
});

test('with network host nothing but three files is made', async () => {
  const { k, c, fake } = prepare({ NetworkMode: 'host' });
  await run(k, c);
  assert.equal(
    applicable(c).map(({ id }) => id),
    ['network.write-hosts', 'network.write-hostname', 'network.write-resolv-conf'],
  );
  assert.equal([...fake.files.keys()], [c.paths.hosts, c.paths.hostname, c.paths.resolvConf]);
  assert.not.ok(k.calls.some((call) => call.includes('socket')));
});

test('with network none the loopback comes up', async () => {
  const { k, c } = prepare({ NetworkMode: 'none' });
  await run(k, c);
  assert.equal(notes(k), ['RTM_NEWLINK {flags IFF_UP, change IFF_UP, ifname "lo"}']);
});

test("with another container's network the files are that container's own", async () => {
  const { k, c, fake } = prepare({ NetworkMode: `container:${idOf(7)}` });
  for (const name of ['hosts', 'hostname', 'resolv.conf'])
    fake.files.set(`/d/${idOf(7).slice(0, 12)}.${name}`, `their ${name}`);
  await run(k, c);
  assert.equal(k.calls.filter((call) => call.includes('linkat(') && !call.includes('unlinkat')).length, 3);
  assert.is(fake.files.get(c.paths.hosts), 'their hosts');
});

test('each step is explained: a first sentence that stands alone, and a manual page', () => {
  for (const { id, title, explain } of network.steps) {
    assert.match(id, /^network\.[a-z0-9-]+$/);
    assert.ok(title.length > 5 && title.length < 50, id);
    assert.match(explain.split('\n')[0]!, /\.$|\.\s/, id);
    assert.match(explain, /\w\(\d\)/, id);
  }
});

test.run();
