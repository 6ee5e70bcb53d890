/** Networks on a link of the host: macvlan with real packets to another machine, ipvlan as far as the kernel has it. */
import * as assert from 'uvu/assert';
import { sh } from '../harness.ts';
import { atRest, sameAs } from './leftovers.ts';
import { lookUp } from './name-asking.ts';
import { ask, inNetworkOf, outsideOf, serve, type Outside } from './ports/servers.ts';
import { run } from './ran.ts';
import { site } from './site.ts';
import { until } from '../until.ts';

const s = await site('networks on a link of the host', { images: ['tiny'] });
const d = () => s.daemon;
const docker = (...args: string[]) => d().dockerOk(...args);
const refused = (...args: string[]) => d().dockerRefused(...args);
const pidOf = async (name: string) => Number(await docker('inspect', '-f', '{{.State.Pid}}', name));
const within = async (name: string, ...args: string[]) =>
  sh(...(inNetworkOf(await pidOf(name)) as [string, ...string[]]), 'ip', ...args).trim();
const start = (name: string, ...flags: string[]) =>
  docker('run', '-d', '--name', name, ...flags, 'tiny', 'sleep', '1000');
const create = (name: string, ...flags: string[]) => ['network', 'create', ...flags, name];

/** Whether this kernel can make such a link. */
async function hasKind(...kind: string[]): Promise<boolean> {
  const { code } = await run('ip', ['link', 'add', 'link', 'out0', 'name', 'trial', 'type', ...kind]);
  if (code === 0) sh('ip', 'link', 'del', 'trial');
  return code === 0;
}

let outside: Outside;
let before: Record<string, string[]>;
s.test.before(async () => {
  outside = await outsideOf();
  sh(outside.where[0]!, ...outside.where.slice(1), 'ip', 'addr', 'add', '10.8.0.1/24', 'dev', 'in0');
  await docker('run', '--rm', 'tiny', 'true');
  before = await atRest(d());
});
s.test.after(() => outside.end());

s.test('the address of a container that has just been removed is had again at once', async () => {
  await docker(...create('again', '-d', 'macvlan', '-o', 'parent=out0', '--subnet', '10.9.3.0/24'));
  for (let j = 0; j < 10; j++) {
    await start('short', '--network', 'again');
    assert.match(await within('short', 'addr', 'show', 'eth0'), 'inet 10.9.3.2/24');
    await docker('rm', '-f', 'short');
  }
  await docker('network', 'rm', 'again');
});

s.test('with several subnets of one family the next is used when one is full, and --ip chooses', async () => {
  // docker's client sends several subnets in a random order
  const made = await d().api('POST', '/v1.45/networks/create', {
    Name: 'two',
    Driver: 'macvlan',
    Options: { parent: 'out0' },
    IPAM: {
      Config: [
        { Subnet: '10.9.0.0/30', Gateway: '10.9.0.1' },
        { Subnet: '10.9.1.0/24', Gateway: '10.9.1.9' },
      ],
    },
  });
  assert.is(made.status, 201, made.body);
  for (const [name, address, ...flags] of [
    ['one', '10.9.0.2/30 via 10.9.0.1'],
    ['next', '10.9.1.1/24 via 10.9.1.9'],
    ['chosen', '10.9.1.77/24 via 10.9.1.9', '--ip', '10.9.1.77'],
  ] as const) {
    await start(name, '--network', 'two', ...flags);
    const format = '{{with .NetworkSettings.Networks.two}}{{.IPAddress}}/{{.IPPrefixLen}} via {{.Gateway}}{{end}}';
    assert.is(await docker('inspect', '-f', format, name), address);
    assert.match(await within(name, 'addr', 'show', 'eth0'), `inet ${address.split(' ')[0]}`);
  }
  await docker('rm', '-f', 'one', 'next', 'chosen');
  await docker('network', 'rm', 'two');
  const bridge = create('two', '--subnet', '10.9.0.0/24', '--subnet', '10.9.1.0/24');
  assert.match(await refused(...bridge), "bridge driver doesn't support multiple subnets");
});

s.test('a container on macvlan is a machine of the network outside', async () => {
  await docker(
    ...create('lan', '-d', 'macvlan', '--subnet', '10.8.0.0/24', '--ip-range', '10.8.0.128/25', '-o', 'parent=out0'),
  );
  await start('aa', '--network', 'lan', '--network-alias', 'www');
  await start('bb', '--network', 'lan', '--ip', '10.8.0.7', '--mac-address', '02:42:00:00:00:07');
  assert.match(await within('aa', '-d', 'link', 'show', 'eth0'), 'macvlan mode bridge');
  assert.match(await within('bb', 'addr', 'show', 'eth0'), /02:42:00:00:00:07[^]*inet 10\.8\.0\.7\/24/);
  assert.is(await within('aa', 'route', 'show', 'default'), 'default via 10.8.0.1 dev eth0');
  const trace = await d().ok('trace', 'aa');
  for (const step of ['network.ensure-parent', 'network.create-macvlan']) assert.match(trace, step);
  const server = await serve(outside.where, 7000);
  const inside = await serve(inNetworkOf(await pidOf('bb')), 7777);
  assert.is(await ask(inNetworkOf(await pidOf('aa')), '10.8.0.1', 7000), 'you are 10.8.0.128', 'no masquerade');
  assert.is(await ask(outside.where, '10.8.0.7', 7777), 'you are 10.8.0.1', 'without a published port');
  assert.is(await ask(inNetworkOf(await pidOf('aa')), '10.8.0.7', 7777), 'you are 10.8.0.128');
  for (const one of [server, inside]) one.kill();
  assert.equal((await lookUp(await pidOf('bb'), 'www')).data, ['10.8.0.128']);
});

s.test('a running container is connected to it and disconnected', async () => {
  await start('cc');
  await docker('network', 'connect', '--ip', '10.8.0.9', 'lan', 'cc');
  assert.match(await within('cc', 'addr', 'show', 'eth1'), 'inet 10.8.0.9/24');
  await docker('network', 'disconnect', 'lan', 'cc');
  assert.not.match(await within('cc', 'link'), 'eth1');
  assert.match(await within('cc', 'route', 'show', 'default'), 'dev eth0');
});

s.test('a connection is taken back when its daemon is killed in the middle', async () => {
  for (const step of ['network.find-peer', 'network.link-up']) {
    await d().ok('gate', 'cc', 'break', `${step}@lan`);
    const connecting = d().docker('network', 'connect', 'lan', 'cc');
    await until('the link is there', async () => /macvlan|peer|eth1/.test(await within('cc', '-d', 'link')));
    await d().kill9();
    await connecting;
    await d().start();
    assert.not.match(await within('cc', 'link'), /peer|eth1/);
  }
  // a disconnection is finished by the next daemon
  await docker('network', 'connect', 'lan', 'cc');
  await d().ok('gate', 'cc', 'break', 'disconnect.remove-link@lan');
  const leaving = d().docker('network', 'disconnect', 'lan', 'cc');
  await until('it stands there', async () => (await d().ok('operations', '--json')).includes('network-disconnect'));
  await d().kill9();
  await leaving;
  await d().start();
  await until('the link is gone', async () => !/eth1/.test(await within('cc', 'link')));
  await docker('rm', '-f', 'cc');
});

s.test('what cannot be had is refused in dockerd’s words', async () => {
  // the cable of a container that has just ended goes a little later
  const links = () =>
    (JSON.parse(sh('ip', '-j', 'link')) as { ifname: string }[])
      .map(({ ifname }) => ifname)
      .filter((name) => !name.startsWith('veth'));
  const held = [links(), await docker('network', 'ls', '-q')];
  const rows: [words: string, ...flags: string[]][] = [
    ['invalid subinterface vlan name eth9, example formatting is eth0.10', '-d', 'macvlan', '-o', 'parent=eth9'],
    ['-o parent interface was not found on the host: eth9', '-d', 'macvlan', '-o', 'parent=eth9.10'],
    ['vlan id must be between 1-4094, received: 5000', '-d', 'macvlan', '-o', 'parent=out0.5000'],
    ["requested macvlan mode 'x' is not valid, 'bridge' mode is the", '-d', 'macvlan', '-o', 'macvlan_mode=x'],
    ["requested ipvlan mode 'x' is not valid, 'l2' mode is the", '-d', 'ipvlan', '-o', 'ipvlan_mode=x'],
    ["requested ipvlan flag 'x' is not valid, 'bridge' is the", '-d', 'ipvlan', '-o', 'ipvlan_flag=x'],
  ];
  for (const [words, ...flags] of rows) assert.match(await refused(...create('x', ...flags)), words);
  assert.equal([links(), await docker('network', 'ls', '-q')], held);
});

/** A link that is made with the network is there while it is, or the kernel has no such links and says so. */
async function madeParent(kind: readonly string[], name: RegExp, ...flags: string[]): Promise<void> {
  const made = await d().docker(...create('made', '-d', 'macvlan', ...flags));
  if (!(await hasKind(...kind))) return assert.match(made.err, `this kernel has no links of kind ${kind[0]}`);
  assert.is(made.code, 0, made.err);
  assert.match(sh('ip', 'link'), name);
  await docker('run', '--rm', '--network', 'made', 'tiny', 'true');
  await docker('network', 'rm', 'made');
  assert.not.match(sh('ip', 'link'), name);
}
s.test('eth0.10 is made as a VLAN sub-interface, and deleted with the network', () =>
  madeParent(['vlan', 'id', '77'], /out0\.77/, '-o', 'parent=out0.77'),
);
s.test('without a parent a dummy link is made, and deleted with the network', () =>
  madeParent(['dummy'], /dm-/, '--internal'),
);

s.test('ipvlan gives a link with the hardware address of its parent, where the kernel has it', async () => {
  await docker(
    ...create('ipv', '-d', 'ipvlan', '--subnet', '10.9.0.0/24', '-o', 'parent=out0', '-o', 'ipvlan_mode=l3'),
  );
  const { code, err } = await d().docker('run', '-d', '--name', 'ii', '--network', 'ipv', 'tiny', 'sleep', '1000');
  if (await hasKind('ipvlan')) {
    assert.is(code, 0, err);
    assert.match(await within('ii', '-d', 'link', 'show', 'eth0'), 'ipvlan');
    assert.is(await within('ii', 'route', 'show', 'default'), 'default via 10.9.0.1 dev eth0');
  } else assert.match(err, 'this kernel has no links of kind ipvlan');
  assert.match(await d().ok('trace', 'ii'), 'network.create-ipvlan');
  await docker('rm', '-f', 'ii');
  await docker('network', 'rm', 'ipv');
});

s.test('making it stands at a breakpoint and is aborted, and removing it goes through its own step', async () => {
  const body = { Name: 'walked', Driver: 'macvlan', Options: { parent: 'out0' } };
  const before = { kind: 'network-create', break: ['network-create.parent'] };
  const { id } = JSON.parse((await d().api('POST', '/drydock/operations', { ...body, ...before })).body) as {
    id: string;
  };
  await until('it stands', async () => (await d().ok('operations', '--json')).includes(id));
  assert.is((await d().api('POST', `/drydock/operations/${id}/gate`, { command: 'abort' })).status, 204);
  await until('it is taken back', async () => !(await docker('network', 'ls')).includes('walked'));
  await docker(...create('walked', '-d', 'macvlan', '-o', 'parent=out0'));
  const removed = await d().api('POST', '/drydock/operations', { kind: 'network-remove', Network: 'walked' });
  const operation = (JSON.parse(removed.body) as { id: string }).id;
  await until('it is gone', async () => !(await docker('network', 'ls')).includes('walked'));
  assert.match(await d().ok('trace', operation), 'network-remove.parent');
});

s.test('when all are removed, nothing is left, and the parent stays as it was', async () => {
  await docker('rm', '-f', 'aa', 'bb');
  await docker('network', 'rm', 'lan');
  const { descriptors: _, ...rest } = before;
  await sameAs(rest, d());
});

s.test.run();
