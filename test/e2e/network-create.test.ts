/** Networks that users make, through both clients: made, used, listed, removed; they outlive the daemon. */
import * as assert from 'uvu/assert';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { sh } from '../harness.ts';
import { atRest, sameAs } from './leftovers.ts';
import { site } from './site.ts';
import { until } from '../until.ts';

const s = await site('networks that users make', { images: ['tiny'] });
const d = () => s.daemon;

interface Network {
  Id: string;
  Name: string;
  Driver: string;
  IPAM: { Config: { Subnet: string; Gateway?: string }[] };
  Containers: Record<string, { Name: string; IPv4Address: string; MacAddress: string }>;
  Options: Record<string, string>;
  Internal: boolean;
}
const inspect = async (name: string) => (JSON.parse(await d().ok('network', 'inspect', name)) as [Network])[0];
const docker = (...args: string[]) => d().dockerOk(...args);
const refused = (...args: string[]) => d().dockerRefused(...args);
const links = () => sh('ip', '-o', 'link');
let before: Record<string, string[]>;

s.test('docker network create makes a bridge with the gateway of a free subnet, and rm leaves nothing', async () => {
  await docker('run', '--rm', 'tiny', 'true');
  before = await atRest(d());
  const id = await docker('network', 'create', '--label', 'of=test', 'front');
  assert.match(id, /^[0-9a-f]{64}$/);
  const made = await inspect('front');
  assert.equal([made.Id, made.Name, made.Driver, made.Internal], [id, 'front', 'bridge', false]);
  const [{ Subnet = '', Gateway = '' } = {}] = made.IPAM.Config;
  assert.match(`${Subnet} ${Gateway}`, /^172\.17\.0\.0\/16 172\.17\.0\.1$/);
  assert.match(sh('ip', '-o', 'addr', 'show', `br-${id.slice(0, 12)}`), `inet ${Gateway}/16`);
  assert.match(sh('nft', 'list', 'table', 'ip', `br-${id.slice(0, 12)}`), 'masquerade');
  assert.match(await docker('network', 'ls', '--format', '{{.Name}} {{.Driver}} {{.Scope}}'), 'front bridge local');
  assert.match(await refused('network', 'create', 'front'), 'network with name front already exists');
  assert.is(await docker('network', 'rm', 'front'), 'front');
  assert.match(await refused('network', 'inspect', 'front'), 'network front not found');
  await sameAs(before, d());
});

s.test('a container on it has an address there, and its neighbour is reached', async () => {
  await docker(
    'network',
    'create',
    '--subnet',
    '10.5.0.0/24',
    '--gateway',
    '10.5.0.254',
    '--ip-range',
    '10.5.0.128/25',
    'front',
  );
  await docker('run', '-d', '--name', 'aa', '--network', 'front', 'tiny', 'sleep', '1000');
  await docker('run', '-d', '--name', 'bb', '--network', 'front', '--ip', '10.5.0.200', 'tiny', 'sleep', '1000');
  const { Containers } = await inspect('front');
  assert.equal(
    Object.values(Containers)
      .map(({ Name, IPv4Address }) => `${Name} ${IPv4Address}`)
      .sort(),
    ['aa 10.5.0.128/24', 'bb 10.5.0.200/24'],
  );
  const format = '{{range $k, $v := .NetworkSettings.Networks}}{{$k}} {{$v.IPAddress}} {{$v.Gateway}} {{end}}';
  assert.is(await docker('inspect', '-f', format, 'bb'), 'front 10.5.0.200 10.5.0.254');
  assert.is(await docker('ps', '-q', '--filter', 'network=front').then((ids) => ids.split('\n').length), 2);
  assert.match(await refused('network', 'rm', 'front'), 'has active endpoints');
  assert.match(
    await refused('run', '--rm', '--network', 'front', '--ip', '10.5.0.200', 'tiny', 'true'),
    'already in use',
  );
  assert.match(
    await refused('run', '--rm', '--network', 'front', '--ip', '10.6.0.1', 'tiny', 'true'),
    'contain the IP address',
  );
});

s.test('it outlives the daemon, with its containers and without', async () => {
  await d().kill9();
  await d().start();
  assert.is(Object.keys((await inspect('front')).Containers).length, 2);
  await docker('rm', '-f', 'aa', 'bb');
  await d().stop();
  assert.not.match(links(), 'br-', 'a daemon that ends without containers leaves no bridge');
  await d().start();
  assert.is((await inspect('front')).IPAM.Config[0]!.Subnet, '10.5.0.0/24');
  await docker('run', '-d', '--name', 'aa', '--network', 'front', 'tiny', 'sleep', '1000');
  assert.match(links(), 'br-', 'the bridge is made again when a container needs it');
  await docker('rm', '-f', 'aa');
  assert.is(await docker('network', 'rm', 'front'), 'front');
});

s.test('a stopped container whose network was removed says so at its start', async () => {
  const id = await docker('network', 'create', 'gone');
  await docker('create', '--name', 'cc', '--network', 'gone', 'tiny', 'true');
  await docker('network', 'rm', 'gone');
  assert.match(await refused('start', 'cc'), `network ${id} not found`);
  await docker('network', 'disconnect', 'gone', 'cc');
  await docker('network', 'connect', 'bridge', 'cc');
  await docker('start', 'cc');
  await docker('rm', '-f', 'cc');
});

s.test('prune removes what no container is connected to, running or not, by label', async () => {
  for (const name of ['one', 'two', 'three']) await docker('network', 'create', '--label', `n=${name}`, name);
  await docker('create', '--name', 'cc', '--network', 'two', 'tiny', 'true');
  assert.match(await docker('network', 'prune', '-f', '--filter', 'label=n=one'), /^Deleted Networks:\none$/);
  assert.match(await docker('network', 'prune', '-f'), /^Deleted Networks:\nthree$/);
  await docker('rm', 'cc');
  assert.is(await d().ok('network', 'prune'), 'two');
});

s.test('what cannot be made is refused in dockerd’s words, and leaves nothing', async () => {
  await docker('network', 'create', '--subnet', '10.7.0.0/16', 'held');
  const held = await atRest(d());
  const rows: [words: string, ...args: string[]][] = [
    ['invalid pool request: Pool overlaps with other one on this address space', '--subnet', '10.7.1.0/24', 'x'],
    ['invalid subnet 10.8.0.1/24: it should be 10.8.0.0/24', '--subnet', '10.8.0.1/24', 'x'],
    ['operation is not permitted on predefined bridge network', 'bridge'],
    ['plugin "nope" not found', '-d', 'nope', 'x'],
    ['invalid network name', 'a b'],
    ['failed to parse com.docker.network.driver.mtu', '-o', 'com.docker.network.driver.mtu=x', 'x'],
  ];
  for (const [words, ...args] of rows) assert.match(await refused('network', 'create', ...args), words);
  const { status, body } = await d().api('POST', '/networks/create', {
    Name: 'x',
    IPAM: { Config: [{ Subnet: '10.8.0.0/24', Gateway: '10.9.0.1' }] },
  });
  assert.is(status, 400);
  assert.match(body, 'invalid gateway 10.9.0.1: parent subnet 10.8.0.0/24');
  for (const name of ['bridge', 'host', 'none'])
    assert.match(await refused('network', 'rm', name), 'is a pre-defined network and cannot be removed');
  assert.match(await refused('network', 'rm', 'nope'), 'network nope not found');
  await sameAs(held, d());
  await docker('network', 'rm', 'held');
});

s.test('options change the bridge: its name, its MTU, and what its rules let pass', async () => {
  const option = (name: string, value: string) => ['-o', `com.docker.network.${name}=${value}`];
  await docker(
    'network',
    'create',
    '--internal',
    ...option('bridge.name', 'named0'),
    ...option('driver.mtu', '1400'),
    ...option('bridge.enable_icc', 'false'),
    'special',
  );
  assert.match(sh('ip', '-o', 'link', 'show', 'named0'), 'mtu 1400');
  const rules = sh('nft', 'list', 'table', 'ip', 'named0');
  assert.not.match(rules, 'masquerade');
  assert.match(rules, /iifname "named0" oifname "named0" counter packets 0 bytes 0 drop/);
  await docker('run', '-d', '--name', 'aa', '--network', 'special', 'tiny', 'sleep', '1000');
  const inside = ['nsenter', '-n', '-t', await docker('inspect', '-f', '{{.State.Pid}}', 'aa'), 'ip'] as const;
  assert.match(sh(...inside, 'link', 'show', 'eth0'), 'mtu 1400');
  assert.is(sh(...inside, 'route', 'show', 'default'), '', 'no way out');
  await docker('rm', '-f', 'aa');
  await docker('network', 'rm', 'special');
});

s.test('drydock network create --break stands at a step; abort leaves nothing', async () => {
  const held = await atRest(d());
  const { status, body } = await d().api('POST', '/drydock/operations', {
    kind: 'network-create',
    Name: 'walked',
    break: ['network-create.rules'],
  });
  assert.is(status, 201, body);
  const { id } = JSON.parse(body) as { id: string };
  await until('it stands behind the bridge', () => links().includes('br-'));
  assert.match(await d().ok('operations', '--json'), '"network-create"');
  assert.is((await d().api('POST', `/drydock/operations/${id}/gate`, { command: 'abort' })).status, 204);
  await sameAs(held, d());
  assert.is(
    await d()
      .ok('network', 'create', 'walked')
      .then((made) => made.length),
    64,
  );
  assert.match(await d().ok('network', 'ls'), /walked +bridge +local/);
  await d().ok('network', 'rm', 'walked');
});

s.test('the data root has no directory of a network that is gone', () => {
  const dir = join(d().root, 'network');
  assert.equal(existsSync(dir) ? readdirSync(dir).filter((name) => name.length === 64) : [], []);
});

s.test.run();
