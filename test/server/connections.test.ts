import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { request } from 'node:http';
import * as assert from 'uvu/assert';
import { ownerOf } from '../../runtime/kernel/netlink/socket-owner.ts';
import { peerOf } from '../../server/sockets/connections.ts';
import { suite } from '../harness.ts';
import { Site } from '../live/visitor.ts';
import { FakeEngine } from './fake-engine.ts';
import { createDockerServer } from '../../server/docker/app.ts';
import { until } from '../until.ts';

const test = suite('connections that say nothing');
const opened: Socket[] = [];
const sites: Site[] = [];
test.after(async () => {
  for (const socket of opened) socket.destroy();
  for (const site of sites) await site.close();
});

function idle(count: number, to: { port: number; host: string } | { path: string }): Promise<Socket[]> {
  return Promise.all(
    Array.from(
      { length: count },
      () =>
        new Promise<Socket>((resolve, reject) => {
          const come = (): void => {
            const socket = connect(to as { path: string });
            // EAGAIN: the queue of listen(2) is full.
            socket
              .once('connect', () => resolve(socket))
              .on('error', (error: NodeJS.ErrnoException) =>
                error.code === 'EAGAIN' ? void setTimeout(come, 5) : reject(error),
              );
            socket.resume();
            opened.push(socket);
          };
          come();
        }),
    ),
  );
}
const closed = (sockets: readonly Socket[]) => sockets.filter((socket) => socket.closed || socket.readableEnded).length;

test('300 of another user do not keep the page shut, before and after one has a session', async () => {
  const site = new Site();
  sites.push(site);
  const token = await site.invite();
  const first = await idle(300, { port: site.port, host: '127.0.0.1' });
  const begun = Date.now();
  const { status, headers } = await site.get(`/open?token=${token}`);
  assert.is(status, 200);
  const Cookie = (headers['set-cookie']?.[0] ?? '').split(';')[0]!;
  await idle(300, { port: site.port, host: '127.0.0.1' });
  assert.is((await site.get('/page.js', { Cookie })).status, 200);
  assert.ok(Date.now() - begun < 3000, `${Date.now() - begun} ms`);
  await until('the oldest have gone', () => closed(first) >= 300 - 64);
});

test(['root', 'setpriv'], 'another user of the machine is another peer, also on loopback', async () => {
  const site = await new Site().open();
  sites.push(site);
  const [mine] = await idle(1, { port: site.port, host: '127.0.0.1' });
  const flood = `const all = []; let closed = 0;
    for (let j = 0; j < 100; j++) all.push(require('node:net').connect(${site.port}, '127.0.0.1').on('error', () => {})
      .on('close', () => ++closed === 36 && console.log('enough')).resume());`;
  const child = spawn('setpriv', ['--reuid', '65534', '--clear-groups', process.execPath, '-e', flood]);
  try {
    let said = '';
    child.stdout.on('data', (data) => (said += String(data)));
    child.stderr.on('data', (data) => (said += String(data)));
    await until(`its oldest 36 have gone ${said}`, () => said.includes('enough'));
    assert.is(closed([mine!]), 0, 'the oldest of all is of another user');
  } finally {
    child.kill('SIGKILL');
  }
});

test('the kernel says whose a connection is', async () => {
  for (const host of ['127.0.0.1', '::1']) {
    const server = createServer().listen(0, host);
    await once(server, 'listening');
    const accepted = once(server, 'connection') as Promise<[Socket]>;
    const client = connect((server.address() as AddressInfo).port, host);
    opened.push(client);
    const [socket] = await accepted;
    opened.push(socket);
    const here = { address: socket.localAddress!, port: socket.localPort! };
    const there = { address: socket.remoteAddress!, port: socket.remotePort! };
    assert.is(ownerOf(there, here), process.getuid!(), host);
    assert.is(ownerOf({ ...there, port: 1 }, here), undefined);
    server.close();
  }
  assert.is(ownerOf({ address: '127.0.0.1', port: 1 }, { address: '::1', port: 1 }), undefined);
});

test('one that has shown a session stays, whoever comes after it', async () => {
  const site = await new Site().open();
  sites.push(site);
  const mine = connect({ port: site.port, host: '127.0.0.1' });
  opened.push(mine);
  let answers = '';
  mine.on('data', (data) => (answers += String(data)));
  const ask = () => mine.write(`GET /page.js HTTP/1.1\r\nHost: ${site.host}\r\nCookie: ${site.cookie}\r\n\r\n`);
  ask();
  await until('the first answer', () => answers.includes('export {}'));
  await idle(300, { port: site.port, host: '127.0.0.1' });
  ask();
  await until('the second', () => answers.split('export {}').length === 3);
  assert.equal(answers.match(/HTTP\/1\.1 \d+/g), ['HTTP/1.1 200', 'HTTP/1.1 200']);
  assert.is(closed([mine]), 0);
});

test('on the API socket 3,000 idle connections take no more descriptors than there is room for, and requests are answered', async () => {
  const path = `/tmp/ddtest-${process.pid}.sock`;
  const server = createDockerServer(new FakeEngine());
  await new Promise<void>((resolve) => server.listen(path, resolve));
  const long = connect(path);
  opened.push(long);
  let heard = '';
  long.on('data', (data) => (heard += String(data)));
  // A response that has not ended: the connection is not idle.
  long.write('GET /events HTTP/1.1\r\nHost: docker\r\n\r\n');
  await until('the events have begun', () => heard.includes('200 OK'));
  for (let n = 0; n < 30; n++) await idle(100, { path });
  const status = await new Promise((resolve, reject) =>
    request({ socketPath: path, path: '/_ping', agent: false }, (res) => resolve(res.resume().statusCode))
      .on('error', reject)
      .end(),
  );
  assert.is(status, 200);
  const count = await new Promise<number>((resolve) => server.getConnections((_error, n) => resolve(n)));
  assert.ok(count <= 1024 + 2, `${count} connections`);
  assert.not.ok(long.destroyed || long.readableEnded);
  server.close();
  server.closeAllConnections();
  for (const socket of opened) socket.destroy();
});

test('a peer is an address, of IPv6 the network that it may choose addresses from', () => {
  assert.equal(['127.0.0.1', '127.9.9.9', '::1', '::ffff:127.0.0.1'].map(peerOf), Array(4).fill('loopback'));
  assert.equal(['192.0.2.7', '::ffff:192.0.2.7'].map(peerOf), ['192.0.2.7', '192.0.2.7']);
  assert.is(peerOf('2001:db8:1:2:3:4:5:6'), peerOf('2001:db8:1:2::9'));
  assert.is.not(peerOf('2001:db8:1:2::9'), peerOf('2001:db8:1:3::9'));
});

test.run();
