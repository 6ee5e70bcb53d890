/** --cache-to and --cache-from in a directory and in a registry, by docker buildx. */
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { startRegistry, type Registry } from '../../server/registry/registry.ts';
import { debianRegistry, type DebianRegistry } from '../image/debian-registry.ts';
import { skopeo } from '../registry/skopeo.ts';
import { buildSite } from './build-site.ts';

const { test, d, context, left } = await buildSite('a cache outside of the daemon', 'skopeo');
const build = (dir: string, ...args: string[]) => d.docker('build', '--progress', 'plain', ...args, dir);
let own: Registry;
let debian: DebianRegistry;
test.before(async () => {
  own = await startRegistry({ root: join(d.root, 'own'), port: 0 });
  debian = await debianRegistry(join(d.root, 'debian'));
});
test.after(async () => {
  await own.close();
  await debian.close();
});

const files = (name: string) => ({
  Dockerfile: `FROM base AS tools
LABEL of=${name}
RUN head -c 8 /dev/urandom | od -x >/tool
FROM base
ENV A="b C=d"
RUN head -c 8 /dev/urandom | od -x >/random
COPY a /a
COPY --from=tools /tool /tool
RUN head -c 8 /dev/urandom | od -x >/last
`,
  a: `of a ${name}\n`,
});
const random = (image: string) => d.ok('run', '--rm', '--network', 'none', image, 'cat', '/random', '/tool', '/last');
const cached = (err: string) => err.match(/CACHED/g)?.length ?? 0;
/** As on another machine: nothing is left of what was built, but the base. */
async function forget(...images: string[]): Promise<void> {
  await d.ok('rmi', '-f', ...images);
  await d.dockerOk('builder', 'prune', '-af');
  for (const id of (await d.ok('images', '-aq', '--no-trunc', '--filter', 'dangling=true')).split('\n').filter(Boolean))
    await d.docker('rmi', '-f', id);
}

async function kept(name: string, to: string, from: string, hits: number): Promise<void> {
  const dir = context(files(name));
  const made = await build(dir, '--cache-to', to.replace('DIR', dir), '-t', 'first');
  assert.is(made.code, 0, made.err);
  assert.match(made.err, 'exporting cache to');
  const [{ id: operation }] = await d.json<[{ id: string }]>('/drydock/operations?kind=build');
  const { out: trace } = await d.cli('trace', operation);
  assert.match(trace, 'build.export-cache');
  assert.match(trace, / instructions, \d layers/);
  const [first, id] = [await random('first'), await d.ok('images', '-q', '--no-trunc', 'first')];
  await forget('first');
  const again = await build(dir, '--cache-from', from.replace('DIR', dir), '-t', 'again');
  assert.is(again.code, 0, again.err);
  assert.match(again.err, /importing cache manifest from /);
  assert.not.match(again.err, 'not read');
  assert.is(cached(again.err), hits, again.err);
  if (hits === 7) {
    assert.is(await random('again'), first);
    assert.is(await d.ok('images', '-q', '--no-trunc', 'again'), id, 'the very same image');
  }
  await forget('again');
  assert.equal(await left(), []);
}

test('mode=max in a directory has the results of all stages', () =>
  kept('one', 'type=local,dest=DIR/cache,mode=max', 'type=local,src=DIR/cache', 7));

test('mode=min has those of the last stage, up to what another one made anew', () =>
  kept('two', 'type=local,dest=DIR/cache,compression=uncompressed', 'type=local,src=DIR/cache', 3));

for (const [what, registry] of [
  ["Drydock's own registry", () => own],
  ["Debian's registry", () => debian],
] as const)
  test(`mode=max in ${what} has the results of all stages`, async () => {
    const ref = `127.0.0.1:${registry().port}/app:cache`;
    await kept(`at${what.length}`, `type=registry,ref=${ref},mode=max`, `type=registry,ref=${ref}`, 7);
    const raw = JSON.parse(await skopeo('inspect', '--raw', '--tls-verify=false', `docker://${ref}`)) as {
      config: { mediaType: string };
    };
    assert.is(raw.config.mediaType, 'application/vnd.buildkit.cacheconfig.v0');
  });

test('a file that differs ends the hits where it is copied', async () => {
  const dir = context(files('three'));
  assert.is((await build(dir, '--cache-to', `type=local,dest=${dir}/cache,mode=max`, '-t', 'first')).code, 0);
  const first = (await random('first')).split('\n');
  await forget('first');
  writeFileSync(join(dir, 'a'), 'another\n');
  writeFileSync(join(dir, '.dockerignore'), 'cache\n');
  const { code, err } = await build(dir, '--cache-from', `type=local,src=${dir}/cache`, '-t', 'again');
  assert.is(code, 0, err);
  assert.is(cached(err), 4, err);
  const again = (await random('again')).split('\n');
  assert.equal([again[0] === first[0], again[2] === first[2], again[4] === first[4]], [true, true, false]);
  await forget('again');
});

test('a layer and a config that were exchanged are not taken, and the build is right without them', async () => {
  const dir = context(files('four'));
  assert.is((await build(dir, '--cache-to', `type=local,dest=${dir}/cache,mode=max`, '-t', 'first')).code, 0);
  await forget('first');
  interface Blob {
    digest: string;
  }
  const index = JSON.parse(readFileSync(join(dir, 'cache/index.json'), 'utf8')) as { manifests: Blob[] };
  const at = (blob: Blob) => join(dir, 'cache/blobs', blob.digest.replace(':', '/'));
  const manifest = JSON.parse(readFileSync(at(index.manifests[0]!), 'utf8')) as { config: Blob; layers: Blob[] };
  const [one, other] = manifest.layers as [Blob, Blob];
  writeFileSync(at(one), readFileSync(at(other)));
  const layer = await build(dir, '--cache-from', `type=local,src=${dir}/cache`, '-t', 'again');
  assert.is(layer.code, 0, layer.err);
  assert.ok(cached(layer.err) < 7, layer.err);
  await forget('again');
  writeFileSync(at(manifest.config), '{"layers":[],"records":[]}');
  const config = await build(dir, '--cache-from', `type=local,src=${dir}/cache`, '-t', 'again');
  assert.is(config.code, 0, config.err);
  assert.match(config.err, /ERROR: not read: .*with the digest/);
  assert.is(cached(config.err), 0);
  await forget('again');
  rmSync(join(dir, 'cache'), { recursive: true });
  assert.equal(await left(), []);
});

test('a registry that is not there fails the build, unless its errors are to be ignored', async () => {
  const dir = context(files('five'));
  const to = 'type=registry,ref=127.0.0.1:1/app:cache';
  const failed = await build(dir, '--cache-to', to, '-t', 'failed');
  assert.is(failed.code, 1);
  assert.match(failed.err, /127\.0\.0\.1:1/);
  assert.is(await d.ok('images', '-q', 'failed'), '', 'it has no name');
  const ignored = await build(dir, '--cache-to', `${to},ignore-error=true`, '-t', 'first');
  assert.is(ignored.code, 0, ignored.err);
  await forget('first');
  assert.equal(await left(), []);
});

test.run();
