import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { OCI_CONFIG, OCI_INDEX, OCI_LAYER, OCI_MANIFEST } from '../../runtime/image/manifest/media-types.ts';
import { hostPlatform } from '../../runtime/image/manifest/platform.ts';
import { suite } from '../harness.ts';
import { faultyRegistry, type Faulty } from './faulty-registry.ts';
import { context, failure, runPull, sample, type Sample } from './sample.ts';
import { digestOf } from './tarball.ts';

const test = suite('indexes of every kind', 'root');
const work = mkdtempSync('/dev/shm/drydock-indexes-');
let count = 0;
const fresh = () => join(work, String(++count));
const open: Faulty[] = [];
test.after(async () => {
  for (const one of open) await one.close();
  rmSync(work, { recursive: true, force: true });
});

const { architecture } = hostPlatform();
const other = architecture === 'amd64' ? 's390x' : 'amd64';
const ours = sample([[{ name: 'ours' }]]);
const foreign = sample([[{ name: 'foreign' }]], { architecture: other });
type Entry = { mediaType: string; digest: string; size: number; platform?: object };
const entry = (of: Sample, platform?: object): Entry => ({
  mediaType: OCI_MANIFEST,
  digest: of.manifest,
  size: of.manifests.get(of.manifest)!.bytes.length,
  ...(platform && { platform }),
});

/** A registry's content whose tag is an index of given entries; it also holds the documents made by `put`. */
class Shelf {
  readonly blobs = new Map([...ours.blobs, ...foreign.blobs]);
  readonly manifests = new Map([...ours.manifests, ...foreign.manifests]);
  put(value: object, mediaType: string): Entry {
    const bytes = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType, ...value }));
    this.manifests.set(digestOf(bytes), { bytes, mediaType });
    return { mediaType, digest: digestOf(bytes), size: bytes.length };
  }
  index(...manifests: Entry[]): Entry {
    return this.put({ manifests }, OCI_INDEX);
  }
  /** An attestation manifest, as buildx adds it to an image's index. */
  attestation(): Entry {
    const config = Buffer.from(
      JSON.stringify({
        architecture: 'unknown',
        os: 'unknown',
        rootfs: { type: 'layers', diff_ids: [`sha256:${'0'.repeat(64)}`] },
      }),
    );
    this.blobs.set(digestOf(config), config);
    return this.put(
      {
        config: { mediaType: OCI_CONFIG, digest: digestOf(config), size: config.length },
        layers: [{ mediaType: 'application/vnd.in-toto+json', digest: `sha256:${'0'.repeat(64)}`, size: 10 }],
      },
      OCI_MANIFEST,
    );
  }
  async pull(
    tag: Entry,
    platform?: string,
  ): Promise<{ requests: string[]; layers: string[]; id: string | undefined; digest: string | undefined }> {
    const one = await faultyRegistry({ ...ours, blobs: this.blobs, manifests: this.manifests, index: tag.digest });
    open.push(one);
    const c = context({ reference: `${one.host}/a`, root: fresh(), ...(platform && { platform }) });
    await runPull(c);
    return {
      requests: one.requests,
      layers: c.image!.layers.flatMap(({ dir }) => readdirSync(dir)),
      id: c.image?.id,
      digest: c.pull.state.digest,
    };
  }
}

test('an index inside an index is pulled, and the digest is that of the outer one', async () => {
  const shelf = new Shelf();
  const inner = shelf.index(
    entry(foreign, { os: 'linux', architecture: other }),
    entry(ours, { os: 'linux', architecture }),
  );
  for (const platform of [undefined, { os: 'linux', architecture }]) {
    const outer = shelf.index(entry(foreign, { os: 'linux', architecture: other }), {
      ...inner,
      ...(platform && { platform }),
    });
    const { layers, id, digest } = await shelf.pull(outer);
    assert.equal([layers, id, digest], [['ours'], ours.config, outer.digest]);
  }
});

test('of an entry without a platform the config tells for what it is', async () => {
  const shelf = new Shelf();
  for (const platform of [undefined, {}, { os: '', architecture: '' }]) {
    const { layers, requests } = await shelf.pull(shelf.index(entry(foreign, platform), entry(ours, platform)));
    assert.equal(layers, ['ours']);
    assert.is(new Set(requests).size, requests.length, `nothing is fetched twice: ${requests.join(', ')}`);
  }
  assert.equal((await shelf.pull(shelf.index(entry(ours), entry(foreign)), `linux/${other}`)).layers, ['foreign']);
  assert.match(
    (await failure(shelf.pull(shelf.index(entry(foreign))))).message,
    new RegExp(`^no matching manifest for linux/${architecture} in the manifest list entries$`),
  );
});

test('an entry that says its platform goes first, and costs no further request', async () => {
  const shelf = new Shelf();
  const { requests, layers } = await shelf.pull(
    shelf.index(entry(foreign), entry(ours, { os: 'linux', architecture })),
  );
  assert.equal(layers, ['ours']);
  assert.equal(
    requests.filter((line) => line.includes('/manifests/')),
    ['GET /v2/a/manifests/latest', `GET /v2/a/manifests/${ours.manifest}`],
  );
});

test('what stands in an index without being an image is passed over, and named when there is nothing else', async () => {
  const shelf = new Shelf();
  assert.equal((await shelf.pull(shelf.index(shelf.attestation(), entry(ours)))).layers, ['ours']);
  assert.match(
    (await failure(shelf.pull(shelf.index(shelf.attestation())))).message,
    /in-toto.*no part of a container image/,
  );
});

test('indexes that never end are refused', async () => {
  const shelf = new Shelf();
  let deep = shelf.index(entry(ours, { os: 'linux', architecture }));
  for (let level = 0; level < 6; level++) deep = shelf.index(deep);
  assert.match((await failure(shelf.pull(deep))).message, /indexes more than 4 levels deep/);
  const many = shelf.index(
    ...Array.from({ length: 60 }, (_, j) =>
      shelf.put(
        {
          config: { mediaType: OCI_CONFIG, digest: foreign.config, size: foreign.blobs.get(foreign.config)!.length },
          annotations: { j: String(j) },
          layers: [
            {
              mediaType: `${OCI_LAYER}+gzip`,
              digest: foreign.layers[0],
              size: foreign.blobs.get(foreign.layers[0]!)!.length,
            },
          ],
        },
        OCI_MANIFEST,
      ),
    ),
  );
  assert.match((await failure(shelf.pull(many))).message, /more than 50 manifests without a platform/);
});

test('a config without os and architecture is one of this machine', async () => {
  for (const more of [
    { os: undefined, architecture: undefined },
    { os: '', architecture: '' },
  ]) {
    const bare = sample([[{ name: 'bare' }]], { config: more });
    const one = await faultyRegistry(bare);
    open.push(one);
    const c = context({ reference: `${one.host}/a`, root: fresh() });
    await runPull(c);
    assert.equal([c.image?.config.os, c.image?.config.architecture], ['linux', '']);
    const again = context({ reference: `${one.host}/a`, images: c.images, policy: 'always' });
    await runPull(again);
    assert.is(again.pull.state.fresh, false);
  }
});

test('an image whose config names no variant is there for --platform with one', async () => {
  const one = await faultyRegistry(ours);
  open.push(one);
  const c = context({ reference: `${one.host}/a`, root: fresh() });
  await runPull(c);
  const variant = architecture === 'arm64' ? 'v9' : 'v3';
  const again = context({
    reference: `${one.host}/a`,
    images: c.images,
    platform: `linux/${architecture}/${variant}`,
    policy: 'never',
  });
  await runPull(again);
  assert.is(again.image?.id, ours.config);
  const always = context({ reference: `${one.host}/a`, root: fresh(), platform: `linux/${architecture}/${variant}` });
  await runPull(always);
  assert.is(always.image?.id, ours.config);
});

test.run();
