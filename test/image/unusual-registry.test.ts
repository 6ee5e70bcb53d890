import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { suite } from '../harness.ts';
import { faultyRegistry, type Fault, type Faulty } from './faulty-registry.ts';
import { context, failure, runPull, sample } from './sample.ts';

const test = suite('unusual registries', 'root');
const work = mkdtempSync('/dev/shm/drydock-unusual-');
const image = sample([[{ name: 'a' }], [{ name: 'b' }]]);
let count = 0;
const fresh = () => join(work, String(++count));
const open: Faulty[] = [];
test.after(async () => {
  for (const one of open) await one.close();
  rmSync(work, { recursive: true, force: true });
});

async function registry(fault?: Fault, served = image): Promise<Faulty> {
  const one = await faultyRegistry(served, fault);
  open.push(one);
  return one;
}

/** A registry on a port that fetch() refuses; the first such port that is free. */
async function onBlockedPort(): Promise<Faulty> {
  for (const port of [10080, 6000, 5060, 6667, 6566, 5061, 6665]) {
    const one = await faultyRegistry(image, undefined, port).catch(() => undefined);
    if (!one) continue;
    open.push(one);
    return one;
  }
  throw new Error('all the ports are taken');
}

test('pulls from a port that browsers block, and is led to one by a redirect', async () => {
  const blocked = await onBlockedPort();
  const c = context({ reference: `${blocked.host}/a`, root: fresh() });
  await runPull(c);
  assert.equal(c.image?.tags, [`${blocked.host}/a:latest`]);
  const { host } = await registry(
    (_, res, path) =>
      path.includes('/blobs/') && void res.writeHead(307, { Location: `${blocked.url}${path}` }).end() !== null,
  );
  blocked.requests.length = 0;
  await runPull(context({ reference: `${host}/a`, root: fresh() }));
  assert.is(blocked.requests.length, 3);
});

test('an empty token field counts as missing', async () => {
  let answer: object = {};
  const one = await registry((req, res, path) => {
    if (path === '/token') return void res.end(JSON.stringify(answer)) !== null;
    if (req.headers.authorization === 'Bearer X') return false;
    return void res.writeHead(401, { 'WWW-Authenticate': `Bearer realm="${one.url}/token"` }).end() !== null;
  });
  for (answer of [
    { token: '', access_token: 'X' },
    { token: 'X', access_token: '' },
    { token: null, access_token: 'X' },
  ]) {
    const c = context({ reference: `${one.host}/a`, root: fresh() });
    await runPull(c);
    assert.ok(c.image, JSON.stringify(answer));
  }
  for (answer of [{ token: '', access_token: '' }, {}]) {
    const error = await failure(runPull(context({ reference: `${one.host}/a`, root: fresh() })));
    assert.match(
      error.message,
      /^authorization server did not include a token in the response: that of 127\.0\.0\.1:\d+ has neither token nor access_token$/,
    );
  }
});

test('says which host always cuts the connection, where, and how often that was tried', async () => {
  const big = image.layers[0]!;
  let cutCount = 0;
  const cuts: [what: string, fault: Fault, message: RegExp][] = [
    [
      'each',
      (req) => void req.socket.destroy() !== null,
      /^Get "http:\/\/(127\.0\.0\.1:\d+)\/v2\/": \1 closed the connection without an answer$/,
    ],
    [
      'manifests',
      (req, _, path) => path.includes('/manifests/') && void req.socket.destroy() !== null,
      /^GET http:\/\/(127\.0\.0\.1:\d+)\/v2\/a\/manifests\/latest: \1 closed the connection without an answer, 5 times in a row$/,
    ],
    [
      'a layer',
      (_, res, path) => {
        if (!path.endsWith(big)) return false;
        res.writeHead(200, { 'Content-Length': image.blobs.get(big)!.length });
        res.flushHeaders();
        return void setTimeout(() => res.destroy(), 20) !== null;
      },
      /^blob sha256:\w+ of http:\/\/127\.0\.0\.1:\d+ is not complete \(0 of \d+ bytes\): the connection was closed before the end of the answer, 5 times in a row$/,
    ],
    [
      'a layer, from its beginning, and each second time later',
      (_, res, path) => {
        if (!path.endsWith(big)) return false;
        const bytes = image.blobs.get(big)!;
        res.writeHead(200, { 'Content-Length': bytes.length });
        res.write(bytes.subarray(0, Math.floor(bytes.length / (cutCount++ % 2 ? 2 : 3))));
        return void setTimeout(() => res.destroy(), 20) !== null;
      },
      /^blob sha256:\w+ of http:\/\/127\.0\.0\.1:\d+ is not complete \(\d+ of \d+ bytes\): the connection was closed before the end of the answer, 5 times in a row$/,
    ],
    [
      'the token',
      (req, res, path) =>
        path === '/token'
          ? void req.socket.destroy() !== null
          : void res.writeHead(401, { 'WWW-Authenticate': `Bearer realm="http://${req.headers.host}/token"` }).end() !==
            null,
      /^the token server (127\.0\.0\.1:\d+): \1 closed the connection without an answer$/,
    ],
  ];
  await Promise.all(
    cuts.map(async ([what, fault, message]) => {
      const { host } = await registry(fault);
      assert.match((await failure(runPull(context({ reference: `${host}/a`, root: fresh() })))).message, message, what);
    }),
  );
});

test.run();
