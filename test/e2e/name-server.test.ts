/** Names of containers on networks that users made, asked for with real packets. */
import { cpSync, rmSync, writeFileSync } from 'node:fs';
import * as assert from 'uvu/assert';
import { sh } from '../harness.ts';
import { until } from '../until.ts';
import { atRest, sameAs } from './leftovers.ts';
import { lookUp, nameServer, send, type FakeServer } from './name-asking.ts';
import { site } from './site.ts';

const s = await site('names of containers');
const d = () => s.daemon;
const docker = (...args: string[]) => d().dockerOk(...args);
const pidOf = async (name: string) => Number(await docker('inspect', '-f', '{{.State.Pid}}', name));
const addressOn = (name: string, network: string) =>
  docker('inspect', '-f', `{{with index .NetworkSettings.Networks "${network}"}}{{.IPAddress}}{{end}}`, name);
const sleeping = (name: string, ...flags: string[]) =>
  docker('run', '-d', '--name', name, ...flags, 'ubuntu', 'sleep', '1000');
const getent = async (name: string, wanted: string) =>
  (await d().docker('exec', name, 'getent', 'ahostsv4', wanted)).out.split(/\s/)[0];
const servers = () =>
  sh('ps', '-eo', 'args')
    .split('\n')
    .filter((line) => line.startsWith('drydock-name-server')).length;

let before: Record<string, string[]>;
let upstream: FakeServer;
s.test.before(async () => {
  const etc = `${d().root}/etc`;
  cpSync('/etc', etc, { recursive: true, verbatimSymlinks: true });
  rmSync(`${etc}/resolv.conf`, { force: true });
  writeFileSync(`${etc}/resolv.conf`, 'search corp.example\noptions edns0\nnameserver 127.0.0.53\n');
  sh('mount', '--bind', etc, '/etc');
  upstream = await nameServer('127.0.0.53', {
    'outside.example': ['192.0.2.7'],
    'absent.example': 3,
    'broken.example': 2,
    'short.corp.example': ['192.0.2.8'],
  });
  await docker('network', 'create', '--subnet', '10.5.0.0/24', 'front');
  await docker('network', 'create', '--subnet', '10.6.0.0/24', 'back');
  await docker('network', 'create', '--subnet', '10.9.0.0/24', '--internal', 'inner');
  // so that all bridges and their rules are there already
  await docker('run', '--rm', 'ubuntu', 'true');
  const all = ['front', 'back', 'inner'].flatMap((name) => ['--network', name]);
  await docker('run', '--rm', ...all, 'ubuntu', 'true');
  before = await atRest(d());
});
s.test.after(() => {
  upstream.end();
  sh('umount', '/etc');
});

s.test('a container is found by name, alias, short id, hostname, and each with the network behind a dot', async () => {
  await sleeping('web', '--network', 'front', '--network-alias', 'www', '--hostname', 'box.example');
  await sleeping('db', '--network', 'front');
  const short = (await docker('inspect', '-f', '{{.Id}}', 'web')).slice(0, 12);
  const address = await addressOn('web', 'front');
  const pid = await pidOf('db');
  for (const name of ['web', 'www', short, 'box.example', 'WEB', 'web.front', 'www.front', `${short}.FRONT`]) {
    const answer = await lookUp(pid, name);
    assert.equal([answer.code, answer.data, answer.ttl], ['NOERROR', [address], [600]], name);
    assert.is(await getent('db', name), address, name);
  }
  assert.equal(JSON.parse(await docker('inspect', '-f', '{{json .NetworkSettings.Networks.front.DNSNames}}', 'web')), [
    'web',
    'www',
    short,
    'box.example',
  ]);
  assert.equal((await lookUp(pid, 'web', 'A', { how: 'tcp' })).data, [address]);
  assert.equal((await lookUp(await pidOf('web'), 'web')).data, [address], 'its own name');
});

s.test('a known name without such a record is empty, and no server is asked', async () => {
  upstream.asked.length = 0;
  const pid = await pidOf('db');
  for (const type of ['AAAA', 'MX', 'TXT', 'HTTPS'] as const) {
    const { code, data } = await lookUp(pid, 'web', type);
    assert.equal([code, data], ['NOERROR', []], type);
  }
  assert.equal(upstream.asked, []);
});

s.test('an address leads back to the name and its network', async () => {
  const reverse = `${(await addressOn('web', 'front')).split('.').reverse().join('.')}.in-addr.arpa`;
  assert.equal((await lookUp(await pidOf('db'), reverse, 'PTR')).data, ['web.front']);
});

s.test('what is no container is asked of the server on the loopback of the host', async () => {
  const pid = await pidOf('db');
  for (const how of ['udp', 'tcp'] as const) {
    assert.equal((await lookUp(pid, 'outside.example', 'A', { how })).data, ['192.0.2.7'], how);
    assert.is((await lookUp(pid, 'absent.example', 'A', { how })).code, 'NXDOMAIN', how);
    assert.is((await lookUp(pid, 'broken.example', 'A', { how })).code, 'SERVFAIL', how);
  }
  assert.is(await getent('db', 'outside.example'), '192.0.2.7');
  assert.is(await getent('db', 'short'), '192.0.2.8', "the host's search domain");
});

s.test('resolv.conf leads to it, with the search and options of the host', async () => {
  const file = await docker('exec', 'db', 'cat', '/etc/resolv.conf');
  assert.match(file, /^nameserver 127\.0\.0\.11\nsearch corp\.example\noptions edns0 ndots:0\n/);
  assert.match(file, /^# ExtServers: \[host\(127\.0\.0\.53\)\]$/m);
});

s.test(
  'several containers with one alias are all named, in changing order, and truncated when they do not fit',
  async () => {
    const names = Array.from({ length: 5 }, (_, j) => `many${j}`);
    for (const name of names) await sleeping(name, '--network', 'front', '--network-alias', 'many');
    const all = await Promise.all(names.map((name) => addressOn(name, 'front')));
    const pid = await pidOf('db');
    const orders = new Set<string>();
    for (let j = 0; j < 12; j++) {
      const { data } = await lookUp(pid, 'many');
      assert.equal([...data].sort(), [...all].sort());
      orders.add(data.join());
    }
    assert.ok(orders.size > 1, `always in the order ${[...orders].join()}`);
    const extended = await lookUp(pid, 'many', 'A', { edns: 1232 });
    assert.ok(extended.edns && extended.data.length === 5);
    await docker('rm', '-f', ...names);
    const gone = await lookUp(pid, 'many', 'A', { wait: 500 }).catch((error: Error) => error.message);
    assert.is(gone, 'many A: none', 'forwarded, and the server says nothing yet');
  },
);

s.test('connect, disconnect and rename are seen by running containers at once', async () => {
  await sleeping('late');
  const pid = await pidOf('db');
  assert.match(await docker('exec', 'late', 'cat', '/etc/resolv.conf'), /^nameserver 8\.8\.8\.8$/m);
  await docker('network', 'connect', '--alias', 'late-alias', 'front', 'late');
  assert.equal((await lookUp(pid, 'late-alias')).data, [await addressOn('late', 'front')]);
  assert.match(await docker('exec', 'late', 'cat', '/etc/resolv.conf'), /^nameserver 127\.0\.0\.11\n/);
  assert.is(await getent('late', 'web'), await addressOn('web', 'front'), 'it can ask now');
  await docker('rename', 'late', 'later');
  assert.equal((await lookUp(pid, 'later')).data, [await addressOn('later', 'front')]);
  await docker('network', 'connect', 'back', 'db');
  await docker('network', 'connect', 'back', 'later');
  await docker('network', 'disconnect', 'front', 'later');
  assert.equal((await lookUp(pid, 'later')).data, [await addressOn('later', 'back')]);
  assert.equal((await lookUp(pid, 'later.back')).data, [await addressOn('later', 'back')]);
  await docker('network', 'disconnect', 'back', 'db');
  const { data } = await lookUp(pid, 'later', 'A', { wait: 500 }).catch(() => ({ data: [] as string[] }));
  assert.equal(data, []);
  await docker('rm', '-f', 'later');
});

s.test('a start that fails after the network phase takes its names back', async () => {
  const pid = await pidOf('db');
  const named = ['--name', 'gone', '--network', 'front', '--network-alias', 'absent.example'];
  assert.is((await d().docker('run', '-d', ...named, 'ubuntu', '/no/such/program')).code, 127);
  // a server is asked, because it is the name of no container
  assert.equal((await lookUp(pid, 'absent.example')).code, 'NXDOMAIN');
  await docker('rm', 'gone');
});

s.test('a link is known to its own container only', async () => {
  await sleeping('linking', '--network', 'back');
  await docker('network', 'connect', '--link', 'web:store', 'front', 'linking');
  const address = await addressOn('web', 'front');
  assert.equal((await lookUp(await pidOf('linking'), 'store')).data, [address]);
  const other = await lookUp(await pidOf('db'), 'store', 'A', { wait: 500 }).catch((error: Error) => error.message);
  assert.is(other, 'store A: none');
  await docker('rm', '-f', 'linking');
});

s.test('names go on while the daemon is dead, and the next daemon keeps them up to date', async () => {
  const pid = await pidOf('db');
  const address = await addressOn('web', 'front');
  await d().kill9();
  assert.equal((await lookUp(pid, 'web')).data, [address]);
  assert.equal((await lookUp(pid, 'outside.example')).data, ['192.0.2.7']);
  await d().start();
  assert.equal((await lookUp(pid, 'web')).data, [address]);
  await sleeping('new', '--network', 'front', '--network-alias', 'newer');
  assert.equal((await lookUp(pid, 'newer')).data, [await addressOn('new', 'front')]);
  await docker('restart', '-t', '0', 'web');
  assert.equal((await lookUp(pid, 'web')).data, [await addressOn('web', 'front')]);
  assert.is(await getent('web', 'new'), await addressOn('new', 'front'), 'a restarted one asks');
  await docker('rm', '-f', 'new');
});

s.test('servers of --dns are asked from inside, --dns-search and ndots are obeyed', async () => {
  await sleeping('own', '--network', 'front', '--dns', '127.0.0.53', '--dns-search', 'here', '--dns-option', 'ndots:2');
  const pid = await pidOf('own');
  const file = await docker('exec', 'own', 'cat', '/etc/resolv.conf');
  assert.match(file, /^nameserver 127\.0\.0\.11\nsearch here\noptions ndots:2\n/);
  assert.is((await lookUp(pid, 'outside.example')).code, 'SERVFAIL', 'nothing listens on the loopback inside');
  const { code, data } = await lookUp(pid, 'nobody');
  assert.equal([code, data], ['NOERROR', []], 'one label is not asked of servers');
  await docker('rm', '-f', 'own');
});

s.test('on an internal network names are known, and nothing else is asked', async () => {
  await sleeping('one', '--network', 'inner');
  await sleeping('two', '--network', 'inner');
  const pid = await pidOf('one');
  upstream.asked.length = 0;
  assert.equal((await lookUp(pid, 'two')).data, [await addressOn('two', 'inner')]);
  assert.is((await lookUp(pid, 'outside.example')).code, 'SERVFAIL');
  assert.equal(upstream.asked, []);
  await docker('rm', '-f', 'one', 'two');
});

s.test('a name server of the container can have port 53', async () => {
  const script = 'my $s = IO::Socket::INET->new(LocalPort => 53, Proto => "udp") or die "$!"; print "bound\\n"';
  assert.is(await docker('exec', 'db', 'perl', '-MIO::Socket::INET', '-e', script), 'bound');
});

s.test('what is no query gets an error or nothing, and the server goes on', async () => {
  const pid = await pidOf('db');
  const garbage = [Buffer.alloc(3), Buffer.alloc(12), Buffer.alloc(600, 0xc0), Buffer.alloc(12, 0xff)];
  for (const bytes of garbage) for (const how of ['udp', 'tcp'] as const) await send(pid, how, bytes, 200);
  const formerr = await send(pid, 'udp', Buffer.from('123401000001000000000000', 'hex'));
  assert.is(formerr, '127.0.0.11:53 123481810000000000000000');
  assert.equal((await lookUp(pid, 'web')).data, [await addressOn('web', 'front')]);
});

s.test('the default bridge has no name server, and a container that ends takes its own along', async () => {
  const running = servers();
  await sleeping('plain');
  assert.is(servers(), running);
  await docker('rm', '-f', 'plain', 'web', 'db');
  await until('no name server is left', () => servers() === 0);
  await sameAs(before, d());
});

s.test.run();
