import * as assert from 'uvu/assert';
import { suite } from '../harness.ts';
import { context, failure, runPull } from './sample.ts';

import { big, image, leftovers, registries } from './registries.ts';

const test = suite('registry client', 'root');
const { fresh, registry } = registries(test);

test("pulls over plain HTTP on loopback and says what it does in docker's words", async () => {
  const { host } = await registry();
  const c = context({ reference: `${host}/some/thing`, root: fresh() });
  await runPull(c);
  assert.equal(c.image?.tags, [`${host}/some/thing:latest`]);
  assert.equal(c.image?.digests, [`${host}/some/thing@${image.index}`]);
  assert.is(c.pull.state.fresh, true);
  const of = (id: string) => [...new Set(c.lines.filter((line) => line.id === id).map(({ status }) => status))];
  assert.equal(of(big.slice(7, 19)), [
    'Pulling fs layer',
    'Downloading',
    'Verifying Checksum',
    'Download complete',
    'Extracting',
    'Pull complete',
  ]);
});

test('goes on with Range where a connection was cut', async () => {
  let cuts = 0;
  const { host, requests } = await registry((req, res, path) => {
    const bytes = image.blobs.get(big)!;
    if (!path.endsWith(big) || cuts >= 3) return false;
    const from = Number(/\d+/.exec(req.headers.range ?? '0')![0]);
    cuts++;
    res.writeHead(from ? 206 : 200, {
      'Content-Length': bytes.length - from,
      ...(from && { 'Content-Range': `bytes ${from}-${bytes.length - 1}/${bytes.length}` }),
    });
    res.write(bytes.subarray(from, from + 500_000), () => setTimeout(() => res.destroy(), 20));
    return true;
  });
  const c = context({ reference: `${host}/a`, root: fresh() });
  await runPull(c);
  const ranges = requests.filter((line) => line.includes(big)).map((line) => line.split(' ')[2]);
  assert.is(ranges.length, 4);
  assert.match(ranges[3]!, /^bytes=1\d{6}-$/);
});

test('begins again when the registry knows no Range', async () => {
  let cuts = 0;
  const { host } = await registry((_, res, path) => {
    if (!path.endsWith(big)) return false;
    const bytes = image.blobs.get(big)!;
    res.writeHead(200, { 'Content-Length': bytes.length });
    if (cuts++) return (void res.end(bytes), true);
    res.write(bytes.subarray(0, 1_000_000), () => setTimeout(() => res.destroy(), 20));
    return true;
  });
  await runPull(context({ reference: `${host}/a`, root: fresh() }));
  assert.is(cuts, 2);
});

test('asks a busy registry again, and as late as it wants', async () => {
  let busy = 0;
  const times: number[] = [];
  const { host } = await registry((_, res, path) => {
    if (!path.endsWith('/latest')) return false;
    times.push(Date.now());
    if (++busy > 3) return false;
    res.writeHead(busy === 1 ? 429 : 503, busy === 1 ? { 'Retry-After': '1' } : {}).end();
    return true;
  });
  await runPull(context({ reference: `${host}/a`, root: fresh() }));
  assert.is(busy, 4);
  assert.ok(times[1]! - times[0]! >= 990, 'Retry-After');
});

test('tells another host nothing of its credentials', async () => {
  const other = await registry();
  const { host, seen } = await registry((req, res, path) => {
    if (!req.headers.authorization)
      return void res.writeHead(401, { 'WWW-Authenticate': 'Basic realm="r"' }).end() !== null;
    if (path.includes('/blobs/')) return void res.writeHead(307, { Location: `${other.url}${path}` }).end() !== null;
    return false;
  });
  await runPull(context({ reference: `${host}/a`, root: fresh(), auth: { username: 'me', password: 'secret' } }));
  assert.ok(seen.some((req) => req.headers.authorization === `Basic ${Buffer.from('me:secret').toString('base64')}`));
  assert.ok(other.seen.length >= 3);
  assert.not.ok(other.seen.some((req) => req.headers.authorization));
});

test('gets a Bearer token with and without a password, and trades an identity token', async () => {
  const asked: string[] = [];
  const one = await registry((req, res, path) => {
    if (path === '/token') {
      let body = '';
      req
        .on('data', (data) => (body += data))
        .on('end', () => {
          asked.push(
            `${req.method} ${new URL(req.url!, 'http://x').search} ${req.headers.authorization ?? '-'} ${body}`,
          );
          res.end(JSON.stringify(body ? { access_token: 'T' } : { token: 'T', expires_in: 300 }));
        });
      return true;
    }
    if (req.headers.authorization === 'Bearer T') return false;
    return (
      void res
        .writeHead(401, { 'WWW-Authenticate': `Bearer realm="${one.url}/token",service="the, service"` })
        .end() !== null
    );
  });
  await runPull(context({ reference: `${one.host}/x/y`, root: fresh(), auth: {} }));
  await runPull(context({ reference: `${one.host}/x/y`, root: fresh(), auth: { username: 'me', password: 'p' } }));
  await runPull(context({ reference: `${one.host}/x/y`, root: fresh(), auth: { identitytoken: 'id' } }));
  assert.equal(asked.length, 3);
  assert.match(asked[0]!, /^GET \?service=the%2C\+service&scope=repository%3Ax%2Fy%3Apull - $/);
  assert.match(asked[1]!, /account=me Basic bWU6cA==/);
  assert.match(asked[2]!, /^POST .*grant_type=refresh_token.*refresh_token=id/);
});

test('asks mirrors first, goes on when one does not have it, and gives them no credentials', async () => {
  const empty = await registry(
    (_, res, path) => path.includes('/manifests/') && void res.writeHead(404).end() !== null,
  );
  const full = await registry();
  const c = context({
    reference: 'library/ubuntu',
    root: fresh(),
    auth: { username: 'me', password: 'p' },
    settings: { registryMirrors: ['http://127.0.0.1:9', empty.url, `${full.url}/`] },
  });
  await runPull(c);
  assert.equal(c.image?.tags, ['ubuntu:latest']);
  assert.ok(empty.requests.includes('GET /v2/library/ubuntu/manifests/latest'));
  assert.not.ok([...empty.seen, ...full.seen].some((req) => req.headers.authorization));
});

test('needs one HEAD to see that a tag has not moved', async () => {
  const { host, requests } = await registry();
  const root = fresh();
  await runPull(context({ reference: `${host}/a`, root }));
  requests.length = 0;
  const again = context({ reference: `${host}/a`, root, policy: 'always' });
  await runPull(again);
  assert.equal(requests, ['GET /v2/', 'HEAD /v2/a/manifests/latest']);
  assert.is(again.pull.state.fresh, false);
  assert.is(again.pull.state.digest, image.index);
  requests.length = 0;
  assert.equal(await runPull(context({ reference: `${host}/a`, root })), [
    'pull.resolve-reference',
    'pull.look-in-store',
  ]);
  assert.equal(requests, []);
});

test('shares one download and one unpacking between two pulls, and fetches no layer twice', async () => {
  const { host, requests } = await registry();
  const c = context({ reference: `${host}/a`, root: fresh() });
  const other = context({ reference: `${host}/b`, images: c.images });
  await Promise.all([runPull(c), runPull(other)]);
  assert.is(requests.filter((line) => line.includes(`/blobs/${big}`)).length, 1);
  assert.ok(
    other.lines.some(({ status }) => status === 'Pull complete') &&
      c.lines.some(({ status }) => status === 'Pull complete'),
  );
  const third = context({ reference: `${host}/c`, images: c.images });
  await runPull(third);
  assert.is(requests.filter((line) => line.includes(`/blobs/${big}`)).length, 1);
  assert.equal(
    third.lines.map(({ status }) => status),
    ['Already exists', 'Already exists'],
  );
});

test('stops when it is told to; another pull of the same layer goes on', async () => {
  let release = (): void => undefined;
  let held = new Promise<void>((resolve) => (release = resolve));
  const { host } = await registry((_, res, path) => {
    if (!path.endsWith(big)) return false;
    const bytes = image.blobs.get(big)!;
    res.writeHead(200, { 'Content-Length': bytes.length });
    res.write(bytes.subarray(0, 1000));
    void held.then(() => res.end(bytes.subarray(1000)));
    return true;
  });
  const stop = new AbortController();
  const c = context({ reference: `${host}/a`, root: fresh(), signal: stop.signal });
  const other = context({ reference: `${host}/b`, images: c.images });
  const [first, second] = [failure(runPull(c)), runPull(other)];
  while (!other.lines.some(({ status }) => status === 'Downloading'))
    await new Promise((resolve) => setTimeout(resolve, 5));
  stop.abort(new Error('enough'));
  assert.is((await first).message, 'enough');
  release();
  await second;
  assert.ok(other.image && !c.image);

  held = new Promise<void>(() => undefined);
  const alone = new AbortController();
  const last = context({ reference: `${host}/a`, root: fresh(), signal: alone.signal });
  setTimeout(() => alone.abort(new Error('enough')), 100);
  await failure(runPull(last));
  assert.equal(leftovers(last.images.root), []);
});

test('reports a registry that is not there', async () => {
  const gone = await registry();
  await gone.close();
  const error = await failure(runPull(context({ reference: `${gone.host}/a`, root: fresh() })));
  // Both https and http are tried on loopback; the error is that of the last try, as in dockerd.
  assert.match(
    error.message,
    /^Get "http:\/\/127\.0\.0\.1:\d+\/v2\/": .*ECONNREFUSED.*; is the name right, and the network up\?$/,
  );
});

test.run();
