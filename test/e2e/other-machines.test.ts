/** The API on TCP with mutual TLS, on several sockets at once, over `docker system dial-stdio`, and by fd://. */
import { createHash } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join, resolve } from 'node:path';
import { connect as tlsConnect } from 'node:tls';
import * as assert from 'uvu/assert';
import { certificates, tlsFlags } from './certificates.ts';
import { drydock } from './daemon.ts';
import { begin, run, type Ran } from './ran.ts';
import { site } from './site.ts';
import { until } from '../until.ts';

const s = await site('the API for other machines', { also: ['openssl'] });
const d = () => s.daemon;
let certs: { server: string; client: string };
/** tcp://127.0.0.1:PORT, the last one that the daemon printed */
let tcp: string;
let second: string;

/** The addresses in the daemon's last line about them. */
const printed = (): string[] =>
  /listening on (.*), data in/
    .exec(
      readFileSync(d().log, 'utf8')
        .trim()
        .split('\n')
        .findLast((l) => l.includes('listening on'))!,
    )![1]!
    .split(', ');

s.test.before(async () => {
  certs = certificates(join(d().root, 'certs'));
  second = `${d().execRoot}/second.sock`;
  await d().stop();
  await d().start(
    '-H',
    `unix://${d().socket}`,
    '-H',
    `unix://${second}`,
    '-H',
    'tcp://127.0.0.1:0',
    ...tlsFlags(certs.server),
  );
  tcp = printed()[2]!;
});

/** Without the socket of the test's daemon in the environment. */
const alone = () => ({ ...d().env, DOCKER_HOST: '', DRYDOCK_HOST: '' });
const docker = (args: string[], input?: string): Promise<Ran> =>
  run('docker', args, { env: alone(), ...(input !== undefined && { input }) });
async function ok(ran: Promise<Ran>): Promise<string> {
  const { code, out, err } = await ran;
  assert.is(code, 0, err + out);
  return out.trimEnd();
}
const overTls = (...args: string[]) => ['-H', tcp, ...tlsFlags(certs.client), ...args];

s.test('docker works over TCP with mutual TLS: run, attached input to its end, logs, a context', async () => {
  assert.is(await ok(docker(overTls('run', '--rm', 'ubuntu', 'echo', 'there'))), 'there');
  // the client ends its half of the connection; sort answers after that
  assert.is(await ok(docker(overTls('run', '--rm', '-i', 'ubuntu', 'sort'), 'b\na\n')), 'a\nb');
  const file = (name: string) => join(certs.client, `${name}.pem`);
  const endpoint = `host=${tcp},ca=${file('ca')},cert=${file('cert')},key=${file('key')}`;
  await ok(docker(['context', 'create', 'far', '--docker', endpoint]));
  const container = await ok(docker(['--context', 'far', 'run', '-d', 'ubuntu', 'sh', '-c', 'echo logged; sleep 100']));
  assert.is(await ok(docker(['--context', 'far', 'exec', '-i', container, 'cat'], 'in')), 'in');
  assert.is(await ok(docker(['--context', 'far', 'logs', container])), 'logged');
  await ok(docker(['--context', 'far', 'rm', '-f', container]));
  await ok(docker(['context', 'rm', 'far']));
});

s.test('an archive of many parts comes through TLS unchanged', async () => {
  const make = 'head -c 3000000 /dev/urandom > /big; sha256sum /big';
  const container = await ok(docker(overTls('run', '-d', 'ubuntu', 'bash', '-c', `${make}; exec sleep 1000`)));
  const sum = () => ok(docker(overTls('logs', container)));
  await until('the file is there', async () => (await sum()) !== '');
  const file = join(d().root, 'big');
  await ok(docker(overTls('cp', '-q', `${container}:/big`, file)));
  assert.is(createHash('sha256').update(readFileSync(file)).digest('hex'), (await sum()).split(' ')[0]);
  await ok(docker(overTls('rm', '-f', container)));
});

s.test('drydock works over it by flags and by the environment', async () => {
  const env = { ...alone(), DRYDOCK_HOST: tcp, DRYDOCK_TLS_VERIFY: '1', DRYDOCK_CERT_PATH: certs.client };
  assert.is(await ok(run(drydock, ['run', '--rm', '-i', 'ubuntu', 'sort'], { env, input: 'b\na\n' })), 'a\nb');
  assert.match(await ok(run(drydock, overTls('version'), { env: alone() })), /Server:\n Version/);
  const stranger = await run(drydock, ['-H', tcp, 'ps'], { env: alone() });
  assert.is(stranger.code, 1, stranger.out);
});

s.test('a client without a certificate, with one of another authority, or without TLS gets no answer', async () => {
  const port = Number(new URL(tcp).port);
  const others = certificates(join(d().root, 'others'));
  const pem = (home: string, name: string) => readFileSync(join(home, `${name}.pem`));
  const ask = (own: object): Promise<string> =>
    new Promise((resolve) => {
      let heard = '';
      const socket = tlsConnect({ port, host: '127.0.0.1', ca: pem(certs.client, 'ca'), ...own }, () =>
        socket.write('GET /_ping HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n'),
      );
      socket.on('data', (data) => (heard += String(data))).on('error', (error) => (heard += error.message));
      socket.on('close', () => resolve(heard));
    });
  const own = (home: string) => ({ cert: pem(home, 'cert'), key: pem(home, 'key') });
  assert.match(await ask(own(certs.client)), /200 OK/);
  assert.match(await ask({}), /certificate required/);
  // Node's server closes such a connection without an alert
  assert.not.match(await ask(own(others.client)), /HTTP/);
  assert.match(
    await ask({ ...own(certs.client), maxVersion: 'TLSv1.1', minVersion: 'TLSv1', ciphers: 'ALL:@SECLEVEL=0' }),
    /protocol version/,
  );
  const plain = await new Promise<string>((resolve) => {
    let heard = '';
    const socket = connect(port, '127.0.0.1', () => socket.write('GET /_ping HTTP/1.1\r\nHost: x\r\n\r\n'));
    socket.on('data', (data) => (heard += String(data))).on('error', () => undefined);
    socket.on('close', () => resolve(heard));
  });
  assert.not.match(plain, /OK/);
  assert.is((await d().api('GET', '/_ping')).status, 200);
});

s.test('TCP without --tlsverify is refused, and allowed in words', async () => {
  const args = ['daemon', '--root', join(d().root, 'x'), '--exec-root', join(d().root, 'y'), '-H', 'tcp://127.0.0.1:0'];
  const { code, err } = await run(drydock, args, { env: alone() });
  assert.is(code, 125);
  assert.match(err, /needs --tlsverify/);
});

s.test('each of several sockets answers, and goes with the daemon', async () => {
  assert.equal(printed().slice(0, 2), [`unix://${d().socket}`, `unix://${second}`]);
  for (const host of [`unix://${second}`, `unix://${d().socket}`])
    assert.is(await ok(docker(['-H', host, 'run', '--rm', '-i', 'ubuntu', 'cat'], 'x')), 'x');
});

/** The environment in which a program stands for ssh(1): it runs what the client wants to have run over there. */
function withSsh(): Record<string, string | undefined> {
  const bin = join(d().root, 'bin');
  mkdirSync(bin, { recursive: true });
  const program = (name: string, text: string) => {
    writeFileSync(join(bin, name), `#!/bin/sh\n${text}\n`);
    chmodSync(join(bin, name), 0o755);
  };
  const host = `unix://${second}`;
  const say = `echo "$@" >> ${bin}/asked; while [ "$1" != -- ]; do shift; done; shift; there=$1; shift`;
  const run = `[ $there != nowhere ] || { echo ssh: no route >&2; exit 255; }; DOCKER_HOST=${host} DRYDOCK_HOST=${host}`;
  program('ssh', `${say}; ${run} exec "$@"`);
  program('drydock', `exec ${process.execPath} ${resolve(drydock)} "$@"`);
  return { ...alone(), PATH: `${bin}:${process.env['PATH']}` };
}

s.test('drydock -H ssh:// works: streams, half-closed input, exit codes, and what ssh says', async () => {
  const env = withSsh();
  const far = (args: string[], input = '', host = 'ssh://me@far:2222') =>
    run(drydock, ['-H', host, ...args], { env, input });
  assert.is(await ok(far(['run', '--rm', '-i', 'ubuntu', 'sort'], 'b\na\n')), 'a\nb');
  assert.is((await far(['run', '--rm', 'ubuntu', 'sh', '-c', 'exit 7'])).code, 7);
  assert.match(await ok(far(['version'])), /Server:\n Version/);
  assert.match(
    readFileSync(join(d().root, 'bin/asked'), 'utf8'),
    /^-l me -p 2222 -T .*-- far drydock system dial-stdio/,
  );
  assert.match(await ok(far(['version'], '', `ssh://far${d().socket}`)), /Server:\n Version/);
  assert.match(readFileSync(join(d().root, 'bin/asked'), 'utf8'), /drydock -H unix:\/\/\S+ system dial-stdio\n$/);
  const { code, err } = await far(['ps'], '', 'ssh://nowhere');
  assert.is(code, 1);
  assert.match(err, /ssh: no route/);
  assert.match(err, /cannot connect to the daemon at ssh:\/\/nowhere: ssh ended with 255/);
  for (const host of [
    'ssh://',
    'ssh://-oProxyCommand=x',
    'ssh://a/b c',
    'ssh://a/$(id)',
    'ssh://a:99999',
    'ssh://-l@a',
  ]) {
    const refused = await far(['ps'], '', host);
    assert.is(refused.code, 125, host);
    assert.match(refused.err, /invalid host/);
  }
});

s.test('host=ssh:// works: docker system dial-stdio at the far side, with half-closed streams', async () => {
  const env = withSsh();
  const far = (args: string[], input = '') => ok(run('docker', ['--context', 'ssh', ...args], { env, input }));
  await ok(docker(['context', 'create', 'ssh', '--docker', 'host=ssh://root@far']));
  assert.is(await far(['run', '--rm', '-i', 'ubuntu', 'sort'], 'b\na\n'), 'a\nb');
  assert.is(await far(['run', '--rm', 'ubuntu', 'sh', '-c', 'echo out; exit 0']), 'out');
  assert.match(await far(['version', '-f', '{{.Server.Os}}']), /linux/);
  await ok(docker(['context', 'rm', 'ssh']));
});

s.test('fd:// takes the sockets of the service manager, and leaves their paths', async () => {
  const activated = `${d().execRoot}/activated.sock`;
  // stands for systemd: listens, and passes descriptor 3 to the program that it becomes
  const script =
    'use Socket; socket(S,AF_UNIX,SOCK_STREAM,0); bind(S,sockaddr_un(shift)) or die; listen(S,9); require POSIX;' +
    'POSIX::dup2(fileno(S),3); $^F=99; fcntl(S,2,0); $ENV{LISTEN_PID}=$$; $ENV{LISTEN_FDS}=1; exec @ARGV or die';
  await d().stop();
  const flags = ['--registry-mirror', `http://${s.registry.host}`, '--idle', '0', '-H', 'fd://'];
  const child = begin('perl', ['-e', script, activated, process.execPath, drydock, 'daemon', ...flags], {
    env: alone(),
  });
  // the connection waits in the socket's queue until the daemon accepts it
  const host = `unix://${activated}`;
  await until('the socket is there', () => existsSync(activated));
  assert.is(await ok(docker(['-H', host, 'run', '--rm', '-i', 'ubuntu', 'sort'], 'b\na\n')), 'a\nb');
  assert.match(child.ran.out, /listening on fd:\/\/3, data/);
  child.kill('SIGTERM');
  await child.done;
  assert.ok(existsSync(activated));
  const nothing = await run(drydock, ['daemon', '-H', 'fd://'], { env: alone() });
  assert.is(nothing.code, 1);
  assert.match(nothing.err, /no sockets found via socket activation/);
});

for (const [kind, socket] of [
  ['a path', (root: string) => join(root, 'notify.sock')],
  ['an abstract name', () => `@drydock-notify-${process.pid}`],
] as const)
  s.test(
    `the daemon tells ${kind} in NOTIFY_SOCKET that it is ready and that it ends, and passes it on to none`,
    async () => {
      const name = socket(d().root);
      const sock = `${d().execRoot}/notified.sock`;
      // stands for systemd: prints each datagram
      const script =
        'use Socket; $|=1; socket(S,AF_UNIX,SOCK_DGRAM,0); bind(S,pack("S a*",AF_UNIX,shift=~s/^@/\\0/r)) or die;' +
        'print "bound\\n"; while(defined recv(S,$m,4096,0)){ print "$m\\n" }';
      const manager = begin('perl', ['-e', script, name], { env: alone() });
      await until('the socket is bound', () => manager.ran.out === 'bound\n');
      await d().stop();
      const daemon = begin(process.execPath, [drydock, 'daemon', '--idle', '0', '-H', `unix://${sock}`], {
        env: { ...alone(), NOTIFY_SOCKET: name },
      });
      await until('it is ready', () => manager.ran.out === 'bound\nREADY=1\n');
      const host = ['-H', `unix://${sock}`];
      const id = await ok(docker([...host, 'run', '-d', 'ubuntu', 'sleep', '1000']));
      const init = await ok(docker([...host, 'inspect', '-f', '{{.State.Pid}}', id]));
      const parent = /\nPPid:\t(\d+)/.exec(readFileSync(`/proc/${init}/status`, 'utf8'))![1]!;
      for (const pid of [init, parent])
        assert.not.match(readFileSync(`/proc/${pid}/environ`, 'utf8'), /NOTIFY_SOCKET/, `process ${pid}`);
      await ok(docker([...host, 'rm', '-f', id]));
      daemon.kill('SIGTERM');
      await daemon.done;
      await until('it has said that it ends', () => manager.ran.out === 'bound\nREADY=1\nSTOPPING=1\n');
      manager.kill('SIGTERM');
      await manager.done;
    },
  );

s.test.run();
