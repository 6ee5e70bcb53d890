/**
 * Containers on several networks: from the start, connected and disconnected while they run, and what passes between
 * networks, tried with real packets.
 */
import * as assert from 'uvu/assert';
import { sh } from '../harness.ts';
import { atRest, sameAs } from './leftovers.ts';
import { run } from './ran.ts';
import { site } from './site.ts';
import { until } from '../until.ts';

const s = await site('containers on several networks');
const d = () => s.daemon;

const docker = (...args: string[]) => d().dockerOk(...args);
const refused = (...args: string[]) => d().dockerRefused(...args);
const addressOn = (name: string, network: string) =>
  docker('inspect', '-f', `{{with index .NetworkSettings.Networks "${network}"}}{{.IPAddress}}{{end}}`, name);
/** Name → address of each link inside, asked from the container's namespace. */
async function inside(name: string): Promise<Record<string, string>> {
  const pid = await docker('inspect', '-f', '{{.State.Pid}}', name);
  const found = JSON.parse(sh('nsenter', '-n', '-t', pid, 'ip', '-j', 'addr')) as {
    ifname: string;
    addr_info: { family: string; local: string }[];
  }[];
  return Object.fromEntries(
    found.map(({ ifname, addr_info }) => [ifname, addr_info.find(({ family }) => family === 'inet')?.local ?? '']),
  );
}
async function defaultRoute(name: string): Promise<string> {
  const pid = await docker('inspect', '-f', '{{.State.Pid}}', name);
  return sh('nsenter', '-n', '-t', pid, 'ip', 'route', 'show', 'default').trim();
}

const LISTEN = `my $s = IO::Socket::INET->new(LocalPort => 7777, Listen => 9, ReuseAddr => 1) or die;
  while (my $c = $s->accept) { print $c "here\\n"; close $c }`;
/** A container that answers `here` on port 7777 of each of its addresses. */
const serve = (name: string, ...flags: string[]) =>
  docker('run', '-d', '--name', name, ...flags, 'ubuntu', 'perl', '-MIO::Socket::INET', '-e', LISTEN);
/** Whether a container reaches port 7777 of that address: 'here', or '' after a second. */
const reaches = async (from: string, address: string) =>
  (await d().docker('exec', from, 'timeout', '1', 'bash', '-c', `cat </dev/tcp/${address}/7777`)).out.trim();

let before: Record<string, string[]>;
s.test.before(async () => {
  before = await atRest(d());
  await docker('network', 'create', '--subnet', '10.5.0.0/24', 'front');
  await docker('network', 'create', '--subnet', '10.6.0.0/24', 'back');
  await docker('network', 'create', '--subnet', '10.9.0.0/24', '--internal', 'inner');
});

s.test('a container that is created on two networks has a link on each, and one default route', async () => {
  await serve('both', '--network', 'front', '--network', 'name=back,ip=10.6.0.9,alias=db');
  assert.equal(await inside('both'), { lo: '127.0.0.1', eth0: '10.5.0.2', eth1: '10.6.0.9' });
  // by name: back before front, as dockerd chooses
  assert.is(await defaultRoute('both'), 'default via 10.6.0.1 dev eth1');
  const hosts = await docker('exec', 'both', 'cat', '/etc/hosts');
  assert.match(hosts, /10\.5\.0\.2\t/);
  assert.match(hosts, /10\.6\.0\.9\t/);
  const aliases = '{{json (index .NetworkSettings.Networks "back").Aliases}}';
  assert.is(await docker('inspect', '-f', aliases, 'both'), '["db"]');
});

s.test('what is on one network does not reach the other, and what is on both reaches both', async () => {
  await serve('ff', '--network', 'front');
  await serve('bb', '--network', 'back');
  await until('it listens', async () => (await reaches('both', await addressOn('bb', 'back'))) === 'here');
  const at = { f: await addressOn('ff', 'front'), b: await addressOn('bb', 'back') };
  assert.is(await reaches('both', at.f), 'here');
  assert.is(await reaches('ff', '10.5.0.2'), 'here', 'both, on its own network');
  assert.is(await reaches('ff', at.b), '', 'another network');
  assert.is(await reaches('bb', at.f), '', 'and back');
  assert.is(await reaches('ff', '10.6.0.9'), '', 'an address of both on the other network');
});

s.test('an internal network has no way out and none in, but its members reach each other', async () => {
  await serve('ii', '--network', 'inner');
  await serve('jj', '--network', 'inner');
  const [i, j] = [await addressOn('ii', 'inner'), await addressOn('jj', 'inner')];
  await until('it listens', async () => (await reaches('ii', j)) === 'here');
  assert.is(await defaultRoute('ii'), '');
  assert.is(await reaches('ff', i), '');
  const pid = await docker('inspect', '-f', '{{.State.Pid}}', 'ii');
  sh('nsenter', '-n', '-t', pid, 'ip', 'route', 'add', 'default', 'via', '10.9.0.1');
  assert.is(await reaches('ii', await addressOn('ff', 'front')), '', 'also when it has a route');
  await docker('rm', '-f', 'ii', 'jj');
});

s.test('a running container is connected and disconnected; its address, route and names follow', async () => {
  await docker('network', 'connect', '--alias', 'www', '--ip', '10.6.0.77', 'back', 'ff');
  assert.equal(await inside('ff'), { lo: '127.0.0.1', eth0: await addressOn('ff', 'front'), eth1: '10.6.0.77' });
  assert.is(await defaultRoute('ff'), 'default via 10.6.0.1 dev eth1', 'by name, back comes first');
  assert.is(await reaches('ff', await addressOn('bb', 'back')), 'here');
  assert.match(await docker('exec', 'ff', 'cat', '/etc/hosts'), /10\.6\.0\.77\t/);
  assert.match(await refused('network', 'connect', 'back', 'ff'), 'already exists in network back');
  await docker('network', 'disconnect', 'back', 'ff');
  assert.equal(await inside('ff'), { lo: '127.0.0.1', eth0: await addressOn('ff', 'front') });
  assert.is(await defaultRoute('ff'), 'default via 10.5.0.1 dev eth0');
  assert.not.match(await docker('exec', 'ff', 'cat', '/etc/hosts'), /10\.6\.0\.77/);
  assert.is(await reaches('ff', await addressOn('bb', 'back')), '');
  assert.match(await refused('network', 'disconnect', 'back', 'ff'), 'is not connected to network back');
});

s.test('ports are published on the network with the way out, and are free when it is left', async () => {
  await serve('pub', '--network', 'inner', '--network', 'front', '-p', '8088:7777');
  const knocks = (host: string) => run('timeout', ['1', 'bash', '-c', `cat </dev/tcp/${host}/8088`]);
  await until('the proxy answers', async () => (await knocks('127.0.0.1')).out.trim() === 'here');
  // an address of the host that is no loopback: rules lead this connection, not the proxy
  assert.is((await knocks('10.6.0.1')).out.trim(), 'here');
  assert.match(await docker('port', 'pub'), '7777/tcp -> 0.0.0.0:8088');
  await docker('network', 'connect', 'back', 'pub');
  assert.is((await knocks('10.6.0.1')).out.trim(), 'here', 'on three networks');
  await docker('network', 'disconnect', 'front', 'pub');
  assert.is((await knocks('127.0.0.1')).out.trim(), '', 'the port is given back');
  await docker('rm', '-f', 'pub');
});

s.test('a stopped container keeps what it is connected to, and starts with it', async () => {
  await docker('create', '--name', 'later', '--network', 'front', 'ubuntu', 'sleep', '1000');
  await docker('network', 'connect', 'back', 'later');
  await docker('network', 'disconnect', 'front', 'later');
  await docker('network', 'connect', 'inner', 'later');
  await docker('start', 'later');
  assert.equal(Object.keys(await inside('later')).length, 3);
  await docker('restart', '-t', '0', 'later');
  assert.is(await defaultRoute('later'), `default via 10.6.0.1 dev ${(await defaultRoute('later')).split(' ').at(-1)}`);
  await docker('rm', '-f', 'later');
});

s.test('a connection is taken back by the next daemon when its daemon is killed in the middle', async () => {
  const beforeConnect = await atRest(d());
  await d().ok('gate', 'ff', 'break', 'network.link-up@back');
  const connecting = d().docker('network', 'connect', 'back', 'ff');
  await until('it stands there', async () => (await inside('ff'))['eth1']?.startsWith('10.6.0.'));
  await d().kill9();
  await connecting;
  await d().start();
  const { descriptors: _, ...rest } = beforeConnect;
  await sameAs(rest, d());
  assert.equal(Object.keys(await inside('ff')), ['lo', 'eth0']);
  await docker('network', 'connect', 'back', 'ff');
  await docker('network', 'disconnect', 'back', 'ff');
});

s.test('host, none and another container’s network are no networks to connect to', async () => {
  await docker('run', '-d', '--name', 'hh', '--network', 'host', 'ubuntu', 'sleep', '1000');
  assert.match(await refused('network', 'connect', 'front', 'hh'), 'container sharing network namespace');
  await docker('rm', '-f', 'hh');
});

s.test('events name the network by its id, with the container', async () => {
  const since = String(Math.floor(Date.now() / 1000) - 60);
  const events = await docker(
    'events',
    '--since',
    since,
    '--until',
    // 0s is the beginning of this second
    (Date.now() / 1000).toFixed(3),
    '--filter',
    'type=network',
    '--format',
    '{{.Action}} {{.Actor.Attributes.name}}',
  );
  for (const line of ['connect back', 'disconnect back'])
    assert.ok(events.split('\n').includes(line), `${line} is not one of:\n${events}`);
});

s.test('when all are removed, nothing is left', async () => {
  await docker('rm', '-f', 'both', 'ff', 'bb');
  await docker('network', 'rm', 'front', 'back', 'inner');
  const { descriptors: _, ...rest } = before;
  await sameAs(rest, d());
});

s.test.run();
