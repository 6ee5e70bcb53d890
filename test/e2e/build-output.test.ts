/** --output type=oci and type=docker: an archive of the image, or a directory, as docker buildx gets it. */
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { startRegistry } from '../../server/registry/registry.ts';
import { sh } from '../harness.ts';
import { skopeo } from '../registry/skopeo.ts';
import { buildSite } from './build-site.ts';

const { test, d, context, left } = await buildSite('archives that builds give to docker buildx', 'skopeo');
const DOCKERFILE = 'FROM base\nLABEL of=archive\nRUN echo made >/made\n';
const build = (dir: string, ...args: string[]) => d.docker('build', '--progress', 'plain', ...args, dir);

interface Manifest {
  config: { digest: string };
  layers: { digest: string; mediaType: string }[];
  annotations?: Record<string, string>;
}
const inspect = (at: string, ...args: string[]) => sh('skopeo', 'inspect', ...args, at);

test('type=oci is an archive that skopeo reads, with annotations of the manifest and of its descriptor', async () => {
  const dir = context({ Dockerfile: DOCKERFILE });
  const notes = ['--annotation', 'org.example.a=one', '--annotation', 'manifest-descriptor:org.example.b=two'];
  const { code, err } = await build(dir, '-t', 'kept:v1', '--output', `type=oci,dest=${dir}/x.tar`, ...notes);
  assert.is(code, 0, err);
  assert.match(err, 'exporting to oci image format');
  const raw = JSON.parse(inspect(`oci-archive:${dir}/x.tar`, '--raw')) as Manifest;
  assert.equal(raw.annotations, { 'org.example.a': 'one' });
  const { Labels } = JSON.parse(inspect(`oci-archive:${dir}/x.tar`)) as { Labels: Record<string, string> };
  assert.is(Labels['of'], 'archive');
  const index = JSON.parse(sh('tar', '-xOf', `${dir}/x.tar`, 'index.json')) as { manifests: Manifest[] };
  assert.is(index.manifests[0]!.annotations!['org.example.b'], 'two');
  assert.is(index.manifests[0]!.annotations!['org.opencontainers.image.ref.name'], 'v1');
  assert.not.match(sh('tar', '-tf', `${dir}/x.tar`), 'manifest.json');
  assert.is(await d.ok('images', '-q', 'kept:v1'), '', 'an archive gives no name in the store');
  // skopeo checks each digest while it copies
  sh('skopeo', 'copy', '--quiet', `oci-archive:${dir}/x.tar`, `dir:${dir}/copied`);
  const image = /sha256:\w+/.exec(await d.ok('load', '-i', `${dir}/x.tar`))?.[0];
  assert.is(image ?? raw.config.digest, raw.config.digest);
  assert.match(await d.ok('run', '--rm', '--network', 'none', raw.config.digest, 'cat', '/made'), 'made');
  assert.equal(await left(), []);
});

test('tar=false writes the same image as a directory, whose index.json the client writes', async () => {
  const dir = context({ Dockerfile: DOCKERFILE });
  const file = await build(dir, '-t', 'kept:v2', '--output', `type=oci,dest=${dir}/x.tar`);
  assert.is(file.code, 0, file.err);
  for (const _ of ['made', 'made again over what is there']) {
    const { code, err } = await build(dir, '-t', 'kept:v2', '--output', `type=oci,tar=false,dest=${dir}/out`);
    assert.is(code, 0, err);
  }
  const index = JSON.parse(readFileSync(join(dir, 'out/index.json'), 'utf8')) as { manifests: object[] };
  assert.is(index.manifests.length, 1);
  assert.is(inspect(`oci:${dir}/out`, '--raw'), inspect(`oci-archive:${dir}/x.tar`, '--raw'));
  sh('skopeo', 'copy', '--quiet', `oci:${dir}/out`, `dir:${dir}/copied`);
  assert.equal(await left(), []);
});

test('type=docker is an archive that docker load reads with its name', async () => {
  const dir = context({ Dockerfile: DOCKERFILE });
  const { code, err } = await build(dir, '-t', 'kept:v3', '--output', `type=docker,dest=${dir}/x.tar`);
  assert.is(code, 0, err);
  assert.is(await d.ok('images', '-q', 'kept:v3'), '');
  assert.match(inspect(`docker-archive:${dir}/x.tar`), '"of": "archive"');
  assert.match(await d.ok('load', '-i', `${dir}/x.tar`), 'Loaded image: kept:v3');
  await d.ok('rmi', 'kept:v3');
});

test('push=true is the push of the daemon, and a client that pushes by itself finds all there', async () => {
  const registry = await startRegistry({ root: join(d.root, 'registry'), port: 0 });
  try {
    const name = `127.0.0.1:${registry.port}/pushed:v1`;
    const { code, err } = await build(
      context({ Dockerfile: DOCKERFILE }),
      '--output',
      `type=image,name=${name},push=true`,
    );
    assert.is(code, 0, err);
    assert.match(err, `pushing ${name}\n`);
    const id = (await d.ok('images', '--no-trunc', '-q', name)).trim();
    const raw = JSON.parse(await skopeo('inspect', '--raw', '--tls-verify=false', `docker://${name}`)) as Manifest;
    assert.is(raw.config.digest, id);
  } finally {
    await registry.close();
  }
});

test('what an archive cannot have is refused by name, before anything is built', async () => {
  const dir = context({ Dockerfile: 'FROM base\nRUN false never\n' });
  const asked = (output: string, ...more: string[]) => build(dir, '--output', `${output},dest=${dir}/x.tar`, ...more);
  assert.match((await asked('type=oci,compression=zstd')).err, /compression=zstd of a build/);
  assert.match((await asked('type=oci,oci-mediatypes=false')).err, /cannot have oci-mediatypes=false/);
  const index = await asked('type=oci', '--annotation', 'index:a=b');
  assert.match(index.err, /index annotations not supported for single platform export/);
  // the client has opened the file that it was to write
  assert.is(statSync(join(dir, 'x.tar'), { throwIfNoEntry: false })?.size ?? 0, 0);
});

test.run();
