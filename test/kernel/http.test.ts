import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import * as assert from 'uvu/assert';
import { readAll } from '../../runtime/image/registry/http-body.ts';
import { request } from '../../runtime/kernel/http.ts';
import { LinuxKernel } from '../../runtime/kernel/linux/linux.ts';
import { suite } from '../harness.ts';

const test = suite('http to registries');
const open: Server[] = [];
test.after(() => {
  for (const server of open) server.close().closeAllConnections();
});

async function serve(answer: RequestListener): Promise<string> {
  const server = createServer(answer);
  open.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}
const text = async (url: string): Promise<string> => (await readAll(await request(url), 1e6, 'it')).toString();

test('a body comes as it was sent: nothing undoes its Content-Encoding, and none is asked for', async () => {
  const packed = gzipSync('a layer');
  const host = await serve((req, res) =>
    res.writeHead(200, { 'Content-Encoding': 'gzip', asked: req.headers['accept-encoding'] }).end(packed),
  );
  const answer = await request(`http://${host}/`);
  assert.is(answer.headers.get('asked'), 'identity');
  assert.equal(await readAll(answer, 1000, 'it'), packed);
});

test('headers may be as long as signed addresses are', async () => {
  const host = await serve((_, res) =>
    res.writeHead(307, { Location: `https://store.example/?signature=${'a'.repeat(60_000)}` }).end(),
  );
  const answer = await request(`http://${host}/`);
  answer.body.resume();
  assert.ok(answer.headers.get('location')!.length > 60_000);
});

test('a password in the address is sent, and is not in the journal', async () => {
  const host = await serve((req, res) => res.end(req.headers.authorization ?? 'none'));
  assert.is(await text(`http://me:p%40ss@${host}/`), `Basic ${Buffer.from('me:p@ss').toString('base64')}`);
  assert.is(await text(`http://${host}/`), 'none');
  const seen: string[] = [];
  const k = new LinuxKernel({
    beforeCall: () => undefined,
    holds: () => false,
    event: (event) => void seen.push(JSON.stringify(event)),
  });
  (await k.fetch(`http://me:p%40ss@${host}/x`)).body.resume();
  assert.is(seen.length, 1);
  assert.ok(seen[0]!.includes(`http://${host}/x`) && !seen[0]!.includes('p%40ss'));
});

test('a connection that breaks while nothing reads its body ends only that request', async () => {
  const host = await serve((_, res) => {
    res.writeHead(200, { 'Content-Length': 1000 });
    res.write('a', () => setTimeout(() => res.destroy(), 10));
  });
  const answer = await request(`http://${host}/`);
  await new Promise((resolve) => answer.body.once('close', resolve));
  assert.match(
    ((await readAll(answer, 1000, 'it').catch((error: unknown) => error as Error)) as Error).message,
    /^the connection was closed before the end of the answer$/,
  );
});

test('a request on a kept connection that the server closed meanwhile is made again', async () => {
  let requests = 0;
  const host = await serve((req, res) => {
    if (++requests === 2) return void req.socket.resetAndDestroy();
    res.end(String(requests));
  });
  assert.equal([await text(`http://${host}/`), await text(`http://${host}/`)], ['1', '3']);
});

test('a server that hangs up is named', async () => {
  const host = await serve((req) => void req.socket.destroy());
  const error = await request(`http://${host}/`).then(
    () => undefined,
    (error: unknown) => error as Error & { code: string },
  );
  assert.equal([error!.message, error!.code], [`${host} closed the connection without an answer`, 'ECONNRESET']);
});

test('the signal ends a request with its own reason, before the answer and within it', async () => {
  const host = await serve(
    (req, res) => req.url === '/begun' && void res.writeHead(200, { 'Content-Length': 9 }).write('a'),
  );
  const failure = (work: Promise<unknown>) =>
    work.then(
      () => 'done',
      (error: unknown) => (error as Error).message,
    );
  const before = new AbortController();
  const asked = failure(request(`http://${host}/`, { signal: before.signal }));
  setTimeout(() => before.abort(new Error('enough')), 20);
  assert.is(await asked, 'enough');
  assert.is(await failure(request(`http://${host}/`, { signal: before.signal })), 'enough');
  const within = new AbortController();
  const answer = await request(`http://${host}/begun`, { signal: within.signal });
  setTimeout(() => within.abort(new Error('enough')), 20);
  assert.is(await failure(readAll(answer, 100, 'it')), 'enough');
});

test('of a name with several addresses, none of which answers, the error says why', async () => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  const error = await request(`http://localhost:${port}/`).then(
    () => undefined,
    (error: unknown) => error as Error & { code: string },
  );
  assert.match(error!.message, /ECONNREFUSED/);
  assert.is(error!.code, 'ECONNREFUSED');
});

test.run();
