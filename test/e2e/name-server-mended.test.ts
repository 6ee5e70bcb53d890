/** Name servers in bad days: killed ones, those without descriptors, hosts that change their resolv.conf meanwhile. */
import { type ChildProcess, spawn } from 'node:child_process';
import { cpSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import * as assert from 'uvu/assert';
import { sh } from '../harness.ts';
import { until } from '../until.ts';
import { lookUp, nameServer, type FakeServer } from './name-asking.ts';
import { site } from './site.ts';

const s = await site('name servers in trouble');
const d = () => s.daemon;
const docker = (...args: string[]) => d().dockerOk(...args);
const pidOf = async (name: string) => Number(await docker('inspect', '-f', '{{.State.Pid}}', name));
const idOf = (name: string) => docker('inspect', '-f', '{{.Id}}', name);
const addressOn = (name: string, network: string) =>
  docker('inspect', '-f', `{{with index .NetworkSettings.Networks "${network}"}}{{.IPAddress}}{{end}}`, name);
const sleeping = (name: string, ...flags: string[]) =>
  docker('run', '-d', '--name', name, ...flags, 'ubuntu', 'sleep', '1000');
const resolvConfOf = (name: string) => docker('exec', name, 'cat', '/etc/resolv.conf');

/** The pids of the name servers of this container. */
const serversOf = (id: string): number[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      const path = `/proc/${pid}/cmdline`;
      return existsSync(path) && readFileSync(path, 'utf8').startsWith(`drydock-name-server\0${id}`);
    })
    .map(Number);
async function serverOf(name: string): Promise<number> {
  const [pid, ...more] = serversOf(await idOf(name));
  assert.ok(pid && !more.length, `name servers of ${name}: ${[pid, ...more].join()}`);
  return pid;
}

const started: ChildProcess[] = [];
/** A program in the container's network namespace, which prints a line when it has begun. */
async function inside(pid: number, script: string): Promise<ChildProcess> {
  const child = spawn('nsenter', ['-n', '-t', String(pid), process.execPath, '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  started.push(child);
  await new Promise((resolve) => child.stdout!.once('data', resolve));
  return child;
}

let etc: string;
const hostHas = (...servers: string[]) =>
  writeFileSync(`${etc}/resolv.conf`, servers.map((server) => `nameserver ${server}\n`).join(''));
const upstreams: FakeServer[] = [];
s.test.before(async () => {
  etc = `${d().root}/etc`;
  cpSync('/etc', etc, { recursive: true, verbatimSymlinks: true });
  rmSync(`${etc}/resolv.conf`, { force: true });
  hostHas('127.0.0.53');
  sh('mount', '--bind', etc, '/etc');
  const slow = { 'slow.example': 1500 };
  upstreams.push(
    await nameServer('127.0.0.53', { 'absent.example': 3, 'refused.example': 5, 'slow.example': ['192.0.2.7'] }, slow),
    await nameServer('127.0.0.54', { 'absent.example': ['192.0.2.1'], 'refused.example': ['192.0.2.2'] }),
  );
  await docker('network', 'create', 'front');
  await docker('network', 'create', 'back');
  await sleeping('web', '--network', 'front');
  await sleeping('db', '--network', 'front');
});
s.test.after(() => {
  for (const child of started) child.kill();
  for (const one of upstreams) one.end();
  sh('umount', '/etc');
});

s.test('"no such name" is the answer, whoever gives it, and after a refusal the next server is asked', async () => {
  hostHas('127.0.0.53', '127.0.0.54');
  await sleeping('two', '--network', 'front');
  hostHas('127.0.0.53');
  const pid = await pidOf('two');
  for (const how of ['udp', 'tcp'] as const) {
    assert.is((await lookUp(pid, 'absent.example', 'A', { how })).code, 'NXDOMAIN', how);
    assert.equal((await lookUp(pid, 'refused.example', 'A', { how })).data, ['192.0.2.2'], how);
  }
  await docker('rm', '-f', 'two');
});

s.test('a query under way outlasts connections that say nothing', async () => {
  const pid = await pidOf('db');
  const answer = lookUp(pid, 'slow.example', 'A', { how: 'tcp', wait: 8000 });
  await until('the server was asked', () => upstreams[0]!.asked.includes('slow.example'));
  // more than a name server holds
  const idle = await inside(
    pid,
    `const net = require('node:net'); let open = 0;
     for (let j = 0; j < 40; j++)
       net.connect(53, '127.0.0.11', () => { if (++open === 40) console.log('open') }).on('error', () => {});
     setTimeout(() => {}, 60000)`,
  );
  assert.equal((await answer).data, ['192.0.2.7']);
  idle.kill();
});

s.test('a name server that was killed is started again by the next daemon, at whatever port is free', async () => {
  const [pid, server] = [await pidOf('db'), await serverOf('db')];
  const address = await addressOn('web', 'front');
  await d().kill9();
  process.kill(server, 'SIGKILL');
  // its port is another program's now
  const taken = `const s = require('node:dgram').createSocket('udp4'); s.bind(40053, '127.0.0.11', () => console.log('bound'))`;
  const holder = await inside(pid, taken);
  await d().start();
  assert.is.not(await serverOf('db'), server);
  for (const how of ['udp', 'tcp'] as const)
    assert.equal((await lookUp(pid, 'web', 'A', { how })).data, [address], how);
  holder.kill();
});

s.test('one that is killed while the daemon runs is started again at once, and is no zombie', async () => {
  const [id, pid] = [await idOf('db'), await pidOf('db')];
  for (let time = 0; time < 2; time++) {
    const server = await serverOf('db');
    process.kill(server, 'SIGKILL');
    await until('another one runs', () => serversOf(id).some((one) => one !== server));
    await until('it answers', async () => (await lookUp(pid, 'web')).data.length === 1);
    assert.not(existsSync(`/proc/${server}`), 'it was reaped');
  }
});

s.test('one that ends again and again is left alone, and started by the connection to one more network', async () => {
  const [id, pid] = [await idOf('db'), await pidOf('db')];
  const warned = async () => (await d().api('GET', `/drydock/containers/${id}/journal`)).body.includes('has ended');
  await until('the daemon gives up', async () => {
    for (const one of serversOf(id)) process.kill(one, 'SIGKILL');
    return warned();
  });
  assert.equal(serversOf(id), []);
  const server = 0;
  await docker('network', 'connect', 'back', 'db');
  assert.is.not(await serverOf('db'), server);
  for (const how of ['udp', 'tcp'] as const)
    assert.equal((await lookUp(pid, 'web', 'A', { how })).data, [await addressOn('web', 'front')], how);
  await docker('network', 'disconnect', 'back', 'db');
});

s.test('one that a killed daemon had no time to note is found and ended', async () => {
  await sleeping('late');
  const id = await idOf('late');
  await docker('network', 'connect', 'front', 'late');
  const server = await serverOf('late');
  await d().kill9();
  // as after SIGKILL between the start of the process and the file with its pid
  const record = `${d().root}/containers/${id}/container.json`;
  const content = JSON.parse(readFileSync(record, 'utf8')) as { endpoints: { network: string; moving?: string }[] };
  content.endpoints.find(({ network }) => network === 'front')!.moving = 'connecting';
  writeFileSync(record, JSON.stringify(content));
  const noted = sh('find', d().execRoot, '-name', 'names.pid').trim().split('\n');
  const file = noted.find((path) => Number(readFileSync(path, 'utf8')) === server);
  assert.ok(file, `no pid file has ${server}: ${noted.join()}`);
  rmSync(file!);
  await d().start();
  assert.equal(serversOf(id), []);
  await docker('network', 'connect', 'front', 'late');
  assert.is.not(await serverOf('late'), server);
  await docker('rm', '-f', 'late');
});

s.test('resolv.conf leads to the first name server also when the host has other servers by now', async () => {
  hostHas('192.0.2.53');
  await sleeping('early');
  assert.match(await resolvConfOf('early'), /^nameserver 192\.0\.2\.53$/m);
  hostHas('192.0.2.54');
  await docker('network', 'connect', 'front', 'early');
  assert.match(await resolvConfOf('early'), /^nameserver 127\.0\.0\.11$/m);
  await docker('rm', '-f', 'early');
  hostHas('127.0.0.53');
});

s.test('one that was changed inside stays as it is, and a warning says so', async () => {
  await sleeping('own');
  await docker('exec', 'own', 'sh', '-c', 'echo nameserver 192.0.2.99 > /etc/resolv.conf');
  await docker('network', 'connect', 'front', 'own');
  assert.is(await resolvConfOf('own'), 'nameserver 192.0.2.99');
  // not from the file, which is written some milliseconds after the event
  const journal = (await d().api('GET', `/drydock/containers/${await idOf('own')}/journal`)).body;
  assert.match(journal, /warning: \/etc\/resolv\.conf was changed in the container and stays as it is/);
  await docker('rm', '-f', 'own');
});

s.test.run();
