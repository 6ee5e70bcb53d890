/**
 * `docker save` and `docker load`, as dockerd since version 25 writes and reads archives. skopeo is the independent
 * reader and writer of them.
 */
import * as assert from 'uvu/assert';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeLayout } from '../image/layout.ts';
import { sample, type Sample } from '../image/sample.ts';
import { archive, entry, pax } from '../image/tarball.ts';
import { skopeo } from '../registry/skopeo.ts';
import { clients } from './daemon.ts';
import { overTcp } from './over-tcp.ts';
import { site } from './site.ts';

const s = await site('images as archives', { images: ['tiny', 'ubuntu'] });
const d = () => s.daemon;
const dir = mkdtempSync(join(tmpdir(), 'drydock-archives-'));
const at = (name: string) => join(dir, name);

interface Inspected {
  Id: string;
  RepoTags: string[];
  RootFS: { Layers: string[] };
}
const inspect = (name: string) => d().json<Inspected>(`/images/${name}/json`);
const listed = (file: string) => execFileSync('tar', ['-tf', file], { encoding: 'utf8' }).trim().split('\n');
const member = <T>(file: string, name: string) =>
  JSON.parse(execFileSync('tar', ['-xOf', file, name], { encoding: 'utf8' })) as T;
const remove = (...names: string[]) => Promise.all(names.map((name) => d().api('DELETE', `/images/${name}?force=1`)));
const files = (name: string) => (existsSync(join(d().root, name)) ? readdirSync(join(d().root, name)).sort() : []);
/** What a failed load must not change. */
const store = async () => ({
  blobs: files('blobs/sha256'),
  layers: files('layers'),
  archives: files('archives'),
  images: (await d().json<{ Id: string }[]>('/images/json?all=1')).map(({ Id }) => Id).sort(),
});
s.test('a saved archive has the layout of dockerd 25, and the same bytes each time', async () => {
  for (const client of clients) {
    const ran = await d().client(client, ['save', '-o', at(`${client}.tar`), 'tiny']);
    assert.is(ran.code, 0, ran.err);
  }
  const file = at('docker.tar');
  assert.ok(readFileSync(file).equals(readFileSync(at('drydock.tar'))));
  const { Id, RootFS } = await inspect('tiny');
  const hexes = RootFS.Layers.map((digest) => `blobs/sha256/${digest.slice(7)}`);
  const names = listed(file);
  assert.equal(
    names.filter((name) => !name.startsWith('blobs/sha256/')),
    ['blobs/', 'index.json', 'manifest.json', 'oci-layout', 'repositories'],
  );
  for (const hex of hexes) assert.ok(names.includes(hex), hex);
  type Listed = { Config: string; RepoTags: string[]; Layers: string[] };
  const [image] = member<[Listed]>(file, 'manifest.json');
  assert.equal([image.Config, image.RepoTags, image.Layers], [`blobs/sha256/${Id.slice(7)}`, ['tiny:latest'], hexes]);
  assert.equal(member(file, 'repositories'), { tiny: { latest: RootFS.Layers.at(-1)!.slice(7) } });
  const { manifests } = member<{ manifests: { annotations: object }[] }>(file, 'index.json');
  assert.equal(manifests[0]!.annotations, {
    'io.containerd.image.name': 'docker.io/library/tiny:latest',
    'org.opencontainers.image.ref.name': 'latest',
  });
  assert.equal(files('archives'), []);
});

s.test('skopeo reads a saved archive as one of docker and as one of OCI', async () => {
  await d().dockerOk('save', '-o', at('two.tar'), 'tiny', 'ubuntu');
  await d().dockerOk('save', '-o', at('one.tar'), 'ubuntu');
  const { Id, RootFS } = await inspect('ubuntu');
  const config = async (source: string) => {
    const out = at(`copied-${Math.random()}`);
    await skopeo('copy', source, `dir:${out}`);
    return JSON.parse(readFileSync(join(out, 'manifest.json'), 'utf8')) as {
      config: { digest: string };
      layers: unknown[];
    };
  };
  for (const source of [`docker-archive:${at('two.tar')}:ubuntu:latest`, `oci-archive:${at('one.tar')}`]) {
    const { config: found, layers } = await config(source);
    assert.equal([found.digest, layers.length], [Id, RootFS.Layers.length], source);
  }
});

s.test('an image that was removed is the same one after its archive was loaded, and runs', async () => {
  for (const client of clients) {
    await d().dockerOk('tag', 'ubuntu', 'kept:1');
    await d().dockerOk('save', '-o', at('kept.tar'), 'ubuntu', 'kept:1');
    const before = await inspect('ubuntu');
    await remove('ubuntu', 'kept:1');
    assert.is((await d().api('GET', '/images/ubuntu/json')).status, 404);
    const { code, out, err } = await d().client(client, ['load', '-i', at('kept.tar')]);
    assert.equal([code, out.includes('Loaded image: ubuntu:latest\n')], [0, true], err);
    const after = await inspect('ubuntu');
    assert.equal([after.Id, after.RootFS, after.RepoTags], [before.Id, before.RootFS, ['kept:1', 'ubuntu:latest']]);
    assert.is(await d().dockerOk('run', '--rm', 'ubuntu', 'cat', '/etc/layered'), 'third');
    assert.equal(files('archives'), []);
    await remove('kept:1');
  }
});

s.test('progress is told for each layer, and nothing of it when quiet', async () => {
  await d().dockerOk('save', '-o', at('tiny.tar'), 'tiny');
  await remove('tiny');
  const loud = await d().client('drydock', ['load', '-i', at('tiny.tar')]);
  assert.is(loud.code, 0, loud.err);
  await remove('tiny');
  const post = async (quiet: number) => {
    const { port, close } = await overTcp(d().socket);
    const answer = await fetch(`http://127.0.0.1:${port}/images/load?quiet=${quiet}`, {
      method: 'POST',
      body: readFileSync(at('tiny.tar')),
    });
    const text = await answer.text();
    close();
    return text
      .trim()
      .split('\r\n')
      .map((line) => JSON.parse(line) as { status?: string; id?: string; stream?: string });
  };
  const lines = await post(0);
  const { RootFS } = await inspect('tiny');
  for (const layer of RootFS.Layers)
    assert.ok(
      lines.some(({ status, id }) => status === 'Loading layer' && id === layer.slice(7, 19)),
      layer,
    );
  await remove('tiny');
  assert.equal(await post(1), [{ stream: 'Loaded image: tiny:latest\n' }]);
});

s.test('archives are taken compressed by gzip, zstd, xz and bzip2, and from stdin', async () => {
  for (const [program, flags] of [
    ['gzip', []],
    ['zstd', ['-q']],
    ['xz', []],
    ['bzip2', []],
  ] as const) {
    if (program === 'zstd' && !existsSync('/usr/bin/zstd')) continue;
    await remove('tiny');
    execFileSync('sh', ['-c', `${program} ${flags.join(' ')} < ${at('tiny.tar')} > ${at(`tiny.${program}`)}`]);
    await d().dockerOk('load', '-q', '-i', at(`tiny.${program}`));
    assert.is(await d().dockerOk('run', '--rm', 'tiny', 'sh', '-c', 'echo $0'), 'sh');
  }
  await remove('tiny');
  execFileSync('sh', ['-c', `docker load -q < ${at('tiny.tar')}`], { env: { ...process.env, ...d().env } });
  assert.equal((await inspect('tiny')).RepoTags, ['tiny:latest']);
});

s.test('the layouts of older docker versions and of OCI tools are loaded', async () => {
  const image = sample([[{ name: 'a', content: 'x\n' }], [{ name: 'b', content: 'y\n' }]]);
  const [layout, tar] = [at('layout'), at('layout.tar')];
  mkdirSync(layout);
  writeLayout(layout, image);
  execFileSync('tar', ['-cf', tar, '-C', layout, '.']);
  assert.is(await d().dockerOk('load', '-q', '-i', tar), `Loaded image ID: ${image.config}`);
  const record = (await store()).blobs;
  for (const digest of image.layers) assert.ok(record.includes(digest.slice(7)), 'the compressed layer is kept');
  await remove(image.config);
  // skopeo writes the layout of docker 1.10 to 24
  await skopeo('copy', `oci:${layout}:latest`, `docker-archive:${at('old.tar')}:older/name:1.0`);
  assert.ok(listed(at('old.tar')).some((name) => name.endsWith('/layer.tar')));
  assert.is(await d().dockerOk('load', '-q', '-i', at('old.tar')), 'Loaded image: older/name:1.0');
  assert.is((await inspect('older/name:1.0')).Id, image.config);
  await skopeo('copy', `docker-archive:${at('old.tar')}`, `oci-archive:${at('oci.tar')}:other/name:2`);
  assert.is(await d().dockerOk('load', '-q', '-i', at('oci.tar')), 'Loaded image: other/name:2');
  await remove('older/name:1.0', 'other/name:2');
});

const packed = (name: string, image: Sample): string => {
  mkdirSync(at(name));
  writeLayout(at(name), image);
  execFileSync('tar', ['-cf', at(`${name}.tar`), '-C', at(name), '.']);
  return at(`${name}.tar`);
};

s.test("an archive with an image's config and other layers does not change the image", async () => {
  const good = sample([[{ name: 'a', content: 'good\n' }], [{ name: 'b', content: 'good\n' }]]);
  const diffIDs = (JSON.parse(good.blobs.get(good.config)!.toString()) as { rootfs: { diff_ids: string[] } }).rootfs
    .diff_ids;
  const evil = sample([[{ name: 'a', content: 'evil\n' }], [{ name: 'b', content: 'evil\n' }]], { diffIDs });
  assert.is(evil.config, good.config);
  const [goods, evils] = [packed('good', good), packed('evil', evil)];
  await d().dockerOk('load', '-q', '-i', goods);
  const before = await store();
  await d().dockerOk('load', '-q', '-i', evils);
  const evilBlobs = async () => (await store()).blobs.filter((hex) => evil.layers.includes(`sha256:${hex}`));
  assert.equal(await evilBlobs(), []);
  await d().dockerOk('save', '-o', at('still.tar'), good.config);
  for (const diffID of diffIDs) assert.ok(listed(at('still.tar')).includes(`blobs/sha256/${diffID.slice(7)}`), diffID);
  // an image whose blobs were not kept: only its trees are there
  for (const digest of good.layers) rmSync(join(d().root, 'blobs/sha256', digest.slice(7)));
  assert.match(await d().dockerRefused('load', '-q', '-i', evils), /but the image's config promises/);
  assert.equal(await evilBlobs(), []);
  await d().dockerOk('load', '-q', '-i', goods);
  assert.equal(await store(), before);
  await remove(good.config);
});

s.test('a wrong platform is answered with 400, before anything is read', async () => {
  const { status, body } = await d().api('POST', '/images/load?platform=garbage');
  assert.equal([status, body.includes('failed to parse platform')], [400, true], body);
});

s.test('a name that would be read as a digest is refused in both layouts', async () => {
  const from = at('ambiguous');
  mkdirSync(from);
  await d().dockerOk('save', '-o', at('ambiguous.tar'), 'tiny');
  execFileSync('tar', ['-xf', at('ambiguous.tar'), '-C', from]);
  const rewritten = (name: string) => {
    const file = join(from, name);
    writeFileSync(file, readFileSync(file, 'utf8').replaceAll('tiny:latest', 'sha256:latest'));
    execFileSync('tar', ['-cf', at('ambiguous.tar'), '-C', from, '.']);
    return d().dockerRefused('load', '-q', '-i', at('ambiguous.tar'));
  };
  assert.match(await rewritten('manifest.json'), /ambiguous tag using digest algorithm as name/);
  rmSync(join(from, 'manifest.json'));
  assert.match(await rewritten('index.json'), /ambiguous tag using digest algorithm as name/);
  assert.equal((await d().api('GET', '/images/sha256:latest/json')).status, 404);
});

s.test('an archive whose names alone fill the memory is refused', async () => {
  const long = `${'d'.repeat(199)}/`.repeat(20);
  const entries = Array.from({ length: 4300 }, (_, j) => [pax([['path', `${long}${j}`]]), entry({ name: 'x' })]);
  writeFileSync(at('names.tar'), archive(...entries.flat()));
  assert.match(await d().dockerRefused('load', '-q', '-i', at('names.tar')), /names in the archive have more than/);
  assert.equal(files('archives'), []);
});

s.test('a name moves to the loaded image, and the client is told which image lost it', async () => {
  await d().dockerOk('tag', 'ubuntu', 'tiny:latest');
  const { Id } = await inspect('ubuntu');
  const out = await d().dockerOk('load', '-q', '-i', at('tiny.tar'));
  assert.is(
    out,
    `The image tiny:latest already exists, renaming the old one with ID ${Id} to empty string\nLoaded image: tiny:latest`,
  );
  assert.equal((await inspect('ubuntu')).RepoTags, ['ubuntu:latest']);
});

s.test('a repository saves all its tags, and an id saves no name', async () => {
  await d().dockerOk('tag', 'tiny', 'many:a');
  await d().dockerOk('tag', 'ubuntu', 'many:b');
  await d().dockerOk('save', '-o', at('many.tar'), 'many');
  type Listed = { RepoTags: string[] | null };
  const tags = member<Listed[]>(at('many.tar'), 'manifest.json').map(({ RepoTags }) => RepoTags);
  assert.equal(tags, [['many:a'], ['many:b']]);
  const { Id } = await inspect('tiny');
  await d().dockerOk('save', '-o', at('id.tar'), Id.slice(7, 19));
  assert.equal(member<Listed[]>(at('id.tar'), 'manifest.json')[0]!.RepoTags, null);
  assert.not.ok(listed(at('id.tar')).includes('repositories'));
  await remove('many:a', 'many:b');
  assert.match(await d().dockerRefused('save', '-o', at('none.tar'), 'nope'), /reference does not exist/);
  assert.match(
    await d().dockerRefused('save', '--platform', 'linux/s390x', '-o', at('none.tar'), 'tiny'),
    /does not provide the specified platform \(linux\/s390x\)/,
  );
});

s.test.run();
