/** Archives of many parts: the worker writes them into the client's connection by itself (server/docker/http). */
import { createHash } from 'node:crypto';
import { readFileSync, readdirSync } from 'node:fs';
import { Agent, request, type IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import * as assert from 'uvu/assert';
import { site } from './site.ts';
import { until } from '../until.ts';

const s = await site('large archives', { images: ['tiny'] });
const d = () => s.daemon;
const MiB = 2 ** 20;
let id: string;
let path: string;

s.test.before(async () => {
  const make = 'mkdir /d; busybox head -c 20000000 /dev/urandom > /d/big; busybox sha256sum /d/big > /d/sum';
  id = await d().ok('run', '-d', 'tiny', 'sh', '-c', `${make}; echo > /d/made; exec busybox sleep 100000`);
  path = `/containers/${id}/archive?path=/d`;
  await until('the files are there', async () => (await d().api('GET', `${path}/made`)).status === 200);
});

const get = (target: string, agent: Agent | false): Promise<IncomingMessage> =>
  new Promise((resolve, reject) =>
    request({ socketPath: d().socket, path: target, agent }, resolve).on('error', reject).end(),
  );
async function read(from: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of from) parts.push(part as Buffer);
  return Buffer.concat(parts);
}
/** The tar's file `d/big` has the sum that the container computed. */
function checkWhole(tar: Buffer): void {
  const at = tar.indexOf('d/big\0');
  const begin = at + 512;
  assert.is(tar.length % 512, 0);
  const sum = createHash('sha256')
    .update(tar.subarray(begin, begin + 20_000_000))
    .digest('hex');
  assert.ok(tar.includes(sum), 'the sum is in the archive, in d/sum');
}
const descriptors = () => readdirSync(`/proc/${d().pid}/fd`).length;

s.test('an archive arrives whole, and the same connection serves the next requests', async () => {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const ports = new Set<unknown>();
  for (let round = 0; round < 3; round++) {
    const answer = await get(path, agent);
    ports.add(answer.socket);
    assert.is(answer.headers['transfer-encoding'], 'chunked');
    checkWhole(await read(answer));
    assert.is(String(await read(await get('/_ping', agent))), 'OK');
  }
  assert.is(ports.size, 1, 'one connection');
  const whole = await read(await get(`/containers/${id}/export`, agent));
  assert.ok(whole.includes('d/big\0'));
  assert.ok((await read(await get('/images/get?names=tiny', agent))).includes('manifest.json'));
  agent.destroy();
});

s.test('a client of HTTP/1.0 gets it too, without chunks', async () => {
  const answer = await new Promise<Buffer>((resolve, reject) => {
    const parts: Buffer[] = [];
    const socket = connect(d().socket, () => socket.write(`GET ${path} HTTP/1.0\r\n\r\n`));
    socket.on('data', (data) => parts.push(data)).on('error', reject);
    socket.on('close', () => resolve(Buffer.concat(parts)));
  });
  const end = answer.indexOf('\r\n\r\n');
  assert.not.match(answer.subarray(0, end).toString(), /chunked/);
  checkWhole(answer.subarray(end + 4));
});

s.test('clients that leave in the middle, or read nothing, hold no descriptor and no worker', async () => {
  await read(await get(path, false));
  const before = descriptors();
  const stalled: IncomingMessage[] = [];
  for (let j = 0; j < 6; j++) stalled.push(await get(path, false));
  // those read nothing: the worker still answers others
  checkWhole(await read(await get(path, false)));
  for (const one of stalled) one.destroy();
  await until('their descriptors are closed', () => descriptors() <= before);
  checkWhole(await read(await get(path, false)));
});

s.test('the daemon itself reads no more than the first part', async () => {
  // proc(5), /proc/pid/task/tid/io
  const written = () => Number(/^wchar: (\d+)/m.exec(readFileSync(`/proc/${d().pid}/task/${d().pid}/io`, 'utf8'))![1]);
  const before = written();
  await read(await get(path, false));
  assert.ok(written() - before < 2 * MiB, 'bytes that the main thread wrote');
});

s.test.run();
