import * as assert from 'uvu/assert';
import { recordingKernel } from '../../runtime/kernel/recording.ts';
import type { Container } from '../../runtime/container/container.ts';
import type { HostConfig } from '../../runtime/request/container-request.ts';
import { network } from '../../runtime/steps/container/4-network.ts';
import { suite } from '../harness.ts';
import type { FakeNetwork } from '../network/fake-netlink.ts';
import { containerFor, idOf } from '../network/namespace.ts';
import { applicable, NAMED, notes, prepare, run, settings, unwind } from './network-run.ts';

const test = suite('network phase on the recording kernel');

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
