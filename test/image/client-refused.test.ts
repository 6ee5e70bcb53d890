/** Answers of registries that end a pull, each with its status and message, and nothing left on the disk. */
import { createHash } from 'node:crypto';
import * as assert from 'uvu/assert';
import { suite } from '../harness.ts';
import { type Fault } from './faulty-registry.ts';
import { context, failure, runPull, sample } from './sample.ts';

import { big, image, leftovers, registries } from './registries.ts';

const test = suite('answers of a registry that are refused', 'root');
const { fresh, registry } = registries(test);
const json = (code: string, message: string) => JSON.stringify({ errors: [{ code, message }] });

const refusals: [what: string, fault: Fault, status: number, message: RegExp][] = [
  [
    'an unknown tag',
    (_, res, path) =>
      path.includes('/manifests/') &&
      void res.writeHead(404).end(json('MANIFEST_UNKNOWN', 'manifest unknown')) !== null,
    404,
    /^manifest for .*\/a:latest not found: manifest unknown: manifest unknown$/,
  ],
  [
    'a HEAD-less 404 without a body',
    (_, res, path) => path.includes('/manifests/') && void res.writeHead(404).end() !== null,
    404,
    /not found: manifest unknown: manifest unknown$/,
  ],
  [
    'an unknown repository',
    (_, res, path) =>
      path.includes('/manifests/') &&
      void res.writeHead(404).end(json('NAME_UNKNOWN', 'repository name not known to registry')) !== null,
    404,
    /^repository .*\/a not found: name unknown: repository name not known to registry$/,
  ],
  [
    'a registry that denies',
    (_, res, path) =>
      path.includes('/manifests/') &&
      void res
        .writeHead(401, { 'WWW-Authenticate': 'Basic realm="x",error="insufficient_scope"' })
        .end(json('UNAUTHORIZED', 'authentication required')) !== null,
    404,
    /^pull access denied for .*\/a, repository does not exist or may require 'docker login': denied: requested access to the resource is denied$/,
  ],
  [
    '401',
    (_, res, path) =>
      path.includes('/manifests/') &&
      void res
        .writeHead(401, { 'WWW-Authenticate': 'Basic realm="x"' })
        .end(json('UNAUTHORIZED', 'authentication required')) !== null,
    401,
    /^unauthorized: authentication required$/,
  ],
  [
    '429 for longer than anybody waits',
    (_, res, path) =>
      path.includes('/manifests/') &&
      void res
        .writeHead(429, { 'Retry-After': '3600' })
        .end(json('TOOMANYREQUESTS', 'You have reached your pull rate limit')) !== null,
    503,
    /^toomanyrequests: You have reached your pull rate limit$/,
  ],
  [
    'a manifest of another digest',
    (_, res, path) => path.endsWith(image.manifest) && void res.end(image.manifests.get(image.index)!.bytes) !== null,
    500,
    /manifest verification failed for digest/,
  ],
  [
    'a manifest without an end',
    (_, res, path) => path.includes('/manifests/') && void res.end(Buffer.alloc(5 * 2 ** 20)) !== null,
    500,
    /larger than 4194304 bytes/,
  ],
  [
    'a layer of another digest',
    (_, res, path) => path.endsWith(big) && void res.end(Buffer.alloc(image.blobs.get(big)!.length)) !== null,
    500,
    /^filesystem layer verification failed for digest sha256/,
  ],
  [
    'a layer that is longer than promised',
    (_, res, path) => path.endsWith(big) && void res.end(Buffer.alloc(4_000_000)) !== null,
    500,
    /is larger than the \d+ bytes that the manifest announces/,
  ],
  [
    'an endless layer',
    (_, res, path) => {
      if (!path.endsWith(big)) return false;
      // Write from the event loop: since Node 24, write() on a broken connection calls back at once without end, so
      // "close" would never be seen.
      const more = (): void => void (res.destroyed || res.write(Buffer.alloc(100_000), () => setImmediate(more)));
      more();
      return true;
    },
    500,
    /is larger than the \d+ bytes/,
  ],
  [
    'a range that was not asked for',
    (req, res, path) => {
      if (!path.endsWith(big)) return false;
      if (req.headers.range) return void res.writeHead(206, { 'Content-Range': 'bytes 7-9/10' }).end('abc') !== null;
      res.writeHead(200, { 'Content-Length': image.blobs.get(big)!.length });
      res.write(image.blobs.get(big)!.subarray(0, 100), () => setTimeout(() => res.destroy(), 20));
      return true;
    },
    500,
    /asked for the bytes from 100 on/,
  ],
  [
    'redirects in a circle',
    (req, res, path) => path.endsWith(big) && void res.writeHead(302, { Location: req.url! }).end() !== null,
    500,
    /redirects more than 5 times/,
  ],
  [
    'a redirect to a file',
    (_, res, path) => path.endsWith(big) && void res.writeHead(302, { Location: 'file:///etc/passwd' }).end() !== null,
    500,
    /which is not followed/,
  ],
  [
    'a web server that is no registry',
    (_, res, path) => path === '/v2/' && void res.writeHead(404).end() !== null,
    500,
    /is no registry/,
  ],
];
for (const [what, fault, status, message] of refusals) {
  test(`reports ${what} and leaves nothing behind`, async () => {
    const { host } = await registry(fault);
    const root = fresh();
    const error = await failure(runPull(context({ reference: `${host}/a`, root })));
    assert.match(error.message, message);
    assert.is(error.status ?? 500, status);
    assert.equal(leftovers(root), []);
  });
}

test('refuses a config with another number of layers, and a layer with another diffID', async () => {
  const none = `sha256:${createHash('sha256').update('other').digest('hex')}`;
  const fewer = await registry(undefined, sample([[{ name: 'a' }], [{ name: 'b' }]], { diffIDs: [none] }));
  assert.match(
    (await failure(runPull(context({ reference: `${fewer.host}/a`, root: fresh() })))).message,
    /the config lists 1 layers, the manifest 2/,
  );
  const other = await registry(undefined, sample([[{ name: 'a' }]], { diffIDs: [none] }));
  const root = fresh();
  assert.match(
    (await failure(runPull(context({ reference: `${other.host}/a`, root })))).message,
    /^failed to register layer .*config promises/,
  );
  assert.equal(leftovers(root), []);
});

test.run();
