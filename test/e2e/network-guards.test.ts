/** Networks do not harm each other, the host's own links and rules, or the daemon. */
import * as assert from 'uvu/assert';
import { readFileSync } from 'node:fs';
import { sh } from '../harness.ts';
import { atRest, sameAs } from './leftovers.ts';
import { site } from './site.ts';

const s = await site('networks that stay apart', { images: ['tiny'] });
const d = () => s.daemon;
const docker = (...args: string[]) => d().dockerOk(...args);
const refused = (...args: string[]) => d().dockerRefused(...args);
const bridgeNamed = (name: string) => ['-o', `com.docker.network.bridge.name=${name}`];
const subnetOf = (name: string) => docker('network', 'inspect', '-f', '{{(index .IPAM.Config 0).Subnet}}', name);
const removed = (...names: string[]) => docker('network', 'rm', ...names);

let before: Record<string, string[]>;
s.test.before(async () => {
  await docker('run', '-d', '--name', 'neighbour', 'tiny', 'sleep', '1000');
  // with its first named network it gets a name server, until it ends
  await docker('network', 'create', 'first');
  await docker('network', 'connect', 'first', 'neighbour');
  await docker('network', 'disconnect', 'first', 'neighbour');
  await removed('first');
  before = await atRest(d());
});
/** After each of them everything is as before it. */
const guard = (name: string, body: () => Promise<void>) =>
  s.test(name, async () => {
    await body();
    // one of the tests starts another daemon
    const { descriptors: _, ...rest } = before;
    await sameAs(rest, d());
  });

guard('networks that are made at the same time get different subnets', async () => {
  const names = ['one', 'two', 'three'];
  await Promise.all(names.map((name) => docker('network', 'create', name)));
  const subnets = await Promise.all([...names, 'bridge'].map(subnetOf));
  assert.is(new Set(subnets).size, 4, subnets.join(' '));
  await removed(...names);
});

guard("the default network's subnet cannot be requested", async () => {
  assert.match(await refused('network', 'create', '--subnet', await subnetOf('bridge'), 'x'), 'Pool overlaps');
});

guard('a bridge of another network, and a name that is none, are refused', async () => {
  await docker('network', 'create', ...bridgeNamed('mine0'), 'mine');
  for (const name of [d().bridge, 'mine0'])
    assert.match(await refused('network', 'create', ...bridgeNamed(name), 'x'), 'networks have same bridge name');
  for (const name of ['x%d', 'a/b', 'ö', '.', 'sixteen-letters-'])
    assert.match(await refused('network', 'create', ...bridgeNamed(name), 'x'), 'is no name of a link');
  await removed('mine');
});

guard('rules and bridges that were there before stay', async () => {
  sh('nft', 'add', 'table', 'ip', 'users0');
  assert.match(
    await refused('network', 'create', ...bridgeNamed('users0'), 'x'),
    'there is an nf_tables table ip users0',
  );
  assert.match(sh('nft', 'list', 'tables'), /^table ip users0$/m);
  sh('nft', 'delete', 'table', 'ip', 'users0');

  sh('ip', 'link', 'add', 'users0', 'type', 'bridge');
  await docker('network', 'create', ...bridgeNamed('users0'), 'x');
  await removed('x');
  assert.match(sh('ip', '-o', 'link', 'show', 'users0'), 'users0');
  sh('ip', 'link', 'del', 'users0');
});

guard('no container comes to a network that is being removed', async () => {
  await docker('network', 'create', 'leaving');
  await docker('create', '--name', 'late', '--network', 'leaving', 'tiny', 'true');
  const { body } = await d().api('POST', '/drydock/operations', {
    kind: 'network-remove',
    Network: 'leaving',
    break: ['network-remove.rules'],
  });
  const { id } = JSON.parse(body) as { id: string };
  assert.match(await refused('start', 'late'), 'network leaving is being removed');
  assert.match(await refused('network', 'connect', 'leaving', 'neighbour'), 'network leaving is being removed');
  assert.match(await refused('create', '--network', 'leaving', 'tiny'), 'network leaving is being removed');
  await d().kill9();
  await d().start();
  assert.match(await refused('network', 'inspect', 'leaving'), 'not found', 'the next daemon goes on with the removal');
  assert.match(await refused('start', 'late'), /network [0-9a-f]{64} not found/);
  await docker('rm', 'late');
  assert.is((await d().api('GET', `/drydock/operations/${id}`)).status, 404);
  before = await atRest(d());
});

guard('what a container has written into its hosts file is kept, and does not keep the daemon busy', async () => {
  await docker('network', 'create', 'second');
  const write = (text: string) => docker('exec', 'neighbour', 'sh', '-c', `printf '${text}' >/etc/hosts`);
  const file = await docker('inspect', '-f', '{{.HostsPath}}', 'neighbour');
  const original = readFileSync(file, 'latin1');
  await write('10.0.0.1 \\377\\376 bytes\\n\\n\\n');
  await docker('network', 'connect', 'second', 'neighbour');
  assert.match(readFileSync(file, 'latin1'), /^10\.0\.0\.1 \xff\xfe bytes\n172\.\d+\.0\.2\t[0-9a-f]{12}\n$/);
  await docker('network', 'disconnect', 'second', 'neighbour');
  assert.is(readFileSync(file, 'latin1'), '10.0.0.1 \xff\xfe bytes\n');
  await docker(
    'exec',
    'neighbour',
    'sh',
    '-c',
    "head -c 1000000 /dev/zero | tr '\\0' '\\n' >/etc/hosts; echo x >>/etc/hosts",
  );
  const since = Date.now();
  await docker('network', 'connect', 'second', 'neighbour');
  await docker('network', 'disconnect', 'second', 'neighbour');
  assert.ok(Date.now() - since < 30_000, 'it took minutes when the time was quadratic');
  await docker('exec', 'neighbour', 'sh', '-c', 'head -c 3000000 /dev/zero >/etc/hosts');
  await docker('network', 'connect', 'second', 'neighbour');
  assert.is(readFileSync(file).length, 3_000_000, 'a file of more than 1 MiB is left as it is');
  await docker('network', 'disconnect', 'second', 'neighbour');
  await write(original.replaceAll('\n', '\\n').replaceAll('\t', '\\t'));
  await removed('second');
});

guard('an address may lie outside of the range for others, but not be a reserved one', async () => {
  const range = ['--subnet', '10.5.0.0/24', '--ip-range', '10.5.0.128/25', '--aux-address', 'router=10.5.0.9'];
  await docker('network', 'create', ...range, 'ranged');
  const on = (...flags: string[]) => [
    'run',
    '-d',
    '--name',
    'on',
    '--network',
    'ranged',
    ...flags,
    'tiny',
    'sleep',
    '9',
  ];
  for (const [flags, address] of [
    [['--ip', '10.5.0.5'], '10.5.0.5'],
    [[], '10.5.0.128'],
  ] as const) {
    await docker(...on(...flags));
    assert.is(await docker('inspect', '-f', '{{.NetworkSettings.Networks.ranged.IPAddress}}', 'on'), address);
    await docker('rm', '-f', 'on');
  }
  assert.match(
    await refused(...on('--ip', '10.5.0.9')),
    'Address already in use: 10.5.0.9 is an auxiliary address in 10.5.0.0/',
  );
  await docker('rm', 'on');
  await removed('ranged');
});

guard('one network by two names is one attachment too many; predefined networks do not dangle', async () => {
  const id = await docker('network', 'create', 'twice');
  const { status, body } = await d().api('POST', '/containers/create?name=both', {
    Image: 'tiny',
    NetworkingConfig: { EndpointsConfig: { twice: {}, [id]: {} } },
  });
  assert.is(status, 400);
  assert.match(body, 'conflicting attachments provided to network twice');
  const list = (value: string) => docker('network', 'ls', '-q', '--no-trunc', '--filter', `dangling=${value}`);
  assert.is(await list('true'), id);
  assert.is((await list('false')).split('\n').length, 3);
  await removed('twice');
});

s.test.run();
