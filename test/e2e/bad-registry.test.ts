import * as assert from 'uvu/assert';
import { randomBytes } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { type Fault, faultyRegistry } from '../image/faulty-registry.ts';
import type { Sample } from '../image/sample.ts';
import { archive, digestOf, header, type Made } from '../image/tarball.ts';
import { brokenImage } from './broken-image.ts';
import { clients, type Client } from './daemon.ts';
import { atRest, sameAs } from './leftovers.ts';
import { site } from './site.ts';

const s = await site('a registry that sends what it should not', { images: ['tiny'] });
let before: Record<string, string[]>;
/** All files in the data root that a pull could leave behind. */
const stored = () =>
  ['layers', 'blobs', 'images', 'downloads', 'tmp', 'l']
    .map((dir) => join(s.daemon.root, dir))
    .flatMap((dir) =>
      existsSync(dir) ? readdirSync(dir, { recursive: true, encoding: 'utf8' }).map((name) => join(dir, name)) : [],
    )
    .filter((path) => !path.includes('/diff/'))
    .sort();
s.test.before(async () => {
  await s.daemon.ok('run', '--rm', 'tiny', 'true');
  before = await atRest(s.daemon);
});

const file: Made = { name: 'file', content: 'bytes\n' };
const good = brokenImage({ tar: archive(file) });
const layer = (...parts: (Made | Buffer)[]) => brokenImage({ tar: archive(...parts) });
const link = (name: string, linkname: string): Made => ({ name, type: '2', linkname });
const json = (code: string, message: string) => JSON.stringify({ errors: [{ code, message }] });
const answer =
  (is: (path: string) => boolean, status: number, body: string | Buffer, headers: Record<string, string> = {}): Fault =>
  (_, res, path) => {
    if (!is(path)) return false;
    res.writeHead(status, headers).end(body);
    return true;
  };
const manifests = (path: string) => path.includes('/manifests/');
const big = archive({ name: 'big', content: randomBytes(3_000_000) });

const rows: { name: string; image?: Sample; fault?: Fault; err: RegExp; clients?: readonly Client[] }[] = [
  {
    name: '401',
    fault: answer(manifests, 401, json('UNAUTHORIZED', 'authentication required'), {
      'WWW-Authenticate': 'Basic realm="x"',
    }),
    err: /unauthorized: authentication required/,
    clients: ['drydock'],
  }, // docker prompts for a password
  {
    name: '429 for longer than anybody waits',
    fault: answer(manifests, 429, json('TOOMANYREQUESTS', 'rate limit'), { 'Retry-After': '3600' }),
    err: /toomanyrequests: rate limit/,
  },
  {
    name: 'a manifest of another digest',
    fault: answer((path) => path.endsWith(good.manifest), 200, '{"schemaVersion":2}'),
    err: /manifest verification failed for digest/,
  },
  {
    name: 'a layer of another digest',
    fault: answer((path) => path.endsWith(good.layers[0]!), 200, Buffer.alloc(good.blobs.get(good.layers[0]!)!.length)),
    err: /filesystem layer verification failed for digest sha256/,
  },
  {
    name: 'a layer of another diffID',
    image: brokenImage({ tar: archive(file), diffID: digestOf(Buffer.from('other')) }),
    err: /failed to register layer.*config promises sha256/,
  },
  {
    name: 'a gzip that is cut short',
    image: brokenImage({ tar: big, blob: gzipSync(big, { level: 1 }).subarray(0, 100_000) }),
    err: /failed to register layer.*(unexpected end|cut short|ends in the middle)/i,
  },
  {
    name: 'a gzip that is none',
    image: brokenImage({ tar: big, blob: randomBytes(5000) }),
    err: /failed to register layer/,
  },
  {
    name: 'an entry that climbs',
    image: layer({ name: '../../escaped', content: 'x' }),
    err: /the layer climbs out of its root: "\.\.\/\.\.\/escaped"/,
  },
  {
    name: 'a link that climbs, and a file through it',
    image: layer(link('out', '../../../../tmp'), { name: 'out/escaped', content: 'x' }),
    err: /the layer climbs out of its root/,
  },
  {
    name: 'links through links out of the root',
    image: layer({ name: 'a/', type: '5' }, link('a/up', '..'), link('b', 'a/up/..'), {
      name: 'b/escaped',
      content: 'x',
    }),
    err: /the layer climbs out of its root/,
  },
  {
    name: 'a hard link to what is not in the layer',
    image: layer({ name: 'passwd', type: '1', linkname: '/etc/passwd' }),
    err: /cannot be linked to "etc\/passwd"/,
  },
  {
    name: 'ten gigabytes that never come',
    image: brokenImage({ tar: header({ name: 'huge', size: 10 * 2 ** 30 }, 0) }),
    err: /the layer ends in the middle of a file/,
  },
  {
    name: 'a list without this platform',
    image: brokenImage({ tar: archive(file), architecture: 's390x' }),
    err: /no matching manifest for linux\/\w+ in the manifest list entries/,
  },
  {
    name: 'a manifest of schema 1',
    image: brokenImage({
      tar: archive(file),
      manifest: { schemaVersion: 1, name: 'x', fsLayers: [] },
      mediaType: 'application/vnd.docker.distribution.manifest.v1+prettyjws',
    }),
    err: /schema version 1/,
  },
  {
    name: 'a tag that is not there',
    fault: answer(manifests, 404, json('MANIFEST_UNKNOWN', 'manifest unknown')),
    err: /manifest unknown/,
  },
];

for (const { name, image = good, fault, err, clients: asking = clients } of rows) {
  s.test(`${name}: a clear message, exit code 1 or 125, nothing left behind`, async () => {
    const registry = await faultyRegistry(image, fault);
    try {
      const there = stored();
      for (const client of asking) {
        for (const [args, code] of [
          [['pull', `${registry.host}/some/image`], 1],
          [['run', '--rm', `${registry.host}/some/image`], 125],
        ] as const) {
          const ran = await s.daemon.client(client, args);
          assert.is(ran.code, code, `${client} ${args[0]}: ${ran.err}${ran.out}`);
          assert.match(ran.err, err, `${client} ${args[0]}`);
          assert.not.match(ran.err, /\n {4}at |undefined|\[object/, 'no stack, no internals');
        }
      }
      assert.equal(stored(), there, 'nothing is stored of it');
      assert.not.ok(existsSync('/tmp/escaped') || existsSync('/escaped'));
      await sameAs(before, s.daemon);
    } finally {
      await registry.close();
    }
  });
}

s.test('of two entries with one name the last counts, and links within the layer are followed', async () => {
  const image = layer(
    { name: 'etc/', type: '5' },
    { name: 'etc/twice', content: 'first\n' },
    { name: 'etc/twice', content: 'second\n' },
    link('abs', '/etc'),
    { name: 'abs/through', content: 'followed\n' },
  );
  const registry = await faultyRegistry(image);
  try {
    await s.daemon.ok('pull', '-q', `${registry.host}/some/image`);
    const inLayers = (end: string) =>
      readdirSync(join(s.daemon.root, 'layers'), { recursive: true, encoding: 'utf8' })
        .filter((path) => path.endsWith(end))
        .map((path) => readFileSync(join(s.daemon.root, 'layers', path), 'utf8'));
    assert.equal([...inLayers('/etc/twice'), ...inLayers('/etc/through')], ['second\n', 'followed\n']);
    await s.daemon.ok('rmi', `${registry.host}/some/image`);
    await sameAs(before, s.daemon);
  } finally {
    await registry.close();
  }
});

s.test.run();
