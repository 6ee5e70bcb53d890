/** The steps of the layers: fetch, unpack, commit. */
import { chainIDs, shortOf } from '../../../image/manifest/digest.ts';
import type { Descriptor } from '../../../image/manifest/manifest.ts';
import { canonicalName } from '../../../image/manifest/reference.ts';
import { translate } from '../../../image/registry/registry-error.ts';
import type { Kernel } from '../../../kernel/kernel.ts';
import type { PullContext } from '../../../image/pull.ts';
import { ApiError } from '../../../errors/api-error.ts';
import type { Step } from '../../../container/step.ts';
import { inParallel } from '../parallel/in-parallel.ts';

/** How many layers are fetched in parallel, as in dockerd. */
const PARALLEL = 3;
const TELL_MS = 100;
const nothingFound = (c: PullContext): boolean => !c.pull.state.found;

/** Sends progress lines for one layer, at most ten a second for the same status. */
function teller(c: PullContext, layer: Descriptor): (status: string, current?: number) => void {
  let last = 0;
  return (status, current) => {
    if (current !== undefined && current < layer.size && Date.now() - last < TELL_MS) return;
    last = current === undefined ? 0 : Date.now();
    c.pull.progress({
      id: shortOf(layer.digest),
      status,
      ...(current !== undefined && { current, total: layer.size }),
    });
  };
}

/** The layers to fetch and unpack, with their chainIDs; each blob only once. */
function missing(c: PullContext): { layer: Descriptor; chainID: string; diffID: string }[] {
  const { manifest, config } = c.pull.state;
  const chain = chainIDs(config!.rootfs.diff_ids);
  return manifest!.layers
    .map((layer, j) => ({ layer, chainID: chain[j]!, diffID: config!.rootfs.diff_ids[j]! }))
    .filter(({ chainID }) => !c.images.layers.get(chainID));
}

async function fetchOne(c: PullContext, layer: Descriptor): Promise<void> {
  const { client, ref } = c.pull.state;
  const tell = teller(c, layer);
  await c.images.blobs
    .fetch(
      client!,
      layer,
      (p) => (p.phase === 'verifying' ? tell('Verifying Checksum') : tell('Downloading', p.current)),
      c.pull.signal,
    )
    .catch((error: unknown) => Promise.reject(translate(ref!, error)));
  tell('Download complete');
}

async function collect(_: Kernel, c: PullContext): Promise<void> {
  c.pull.state.lease?.release();
  await c.images.collect();
}

export const fetchLayersStep: Step<PullContext> = {
  id: 'pull.fetch-layers',
  title: 'Fetch the layers',
  explain: `Download the layers that are not here, three at a time, each hashed while it streams.

A layer is a compressed tar of what one build step changed. It is stored under its sha256 only if the bytes have it and are as many as the manifest says; a
connection that is cut goes on with \`Range\` where it ended, a busy registry (429, 5xx) is asked again later. Two pulls of the same layer share one download, and
a layer that another image brought is not fetched. Without the digest check a machine on the way could change the programs that are about to run.

OCI distribution spec, "Pulling blobs".`,
  when: nothingFound,
  async do(_, c) {
    const { manifest, config, lease } = c.pull.state;
    lease!.hold(...chainIDs(config!.rootfs.diff_ids), ...manifest!.layers.map(({ digest }) => digest));
    const wanted = new Map(missing(c).map(({ layer }) => [layer.digest, layer]));
    manifest!.layers.forEach((layer, j) => {
      const status = !wanted.has(layer.digest) ? 'Already exists' : 'Pulling fs layer';
      teller(c, layer)(status);
      if (wanted.has(layer.digest) && j >= PARALLEL) teller(c, layer)('Waiting');
    });
    await inParallel(PARALLEL, [...wanted.values()], (layer) => fetchOne(c, layer));
  },
  undo: collect,
  async inspect(_, c) {
    const { manifest } = c.pull.state;
    const lines = manifest?.layers.map(
      ({ digest, size }) =>
        `${digest} ${c.images.blobs.has(digest) ? c.images.blobs.size(digest) : 0} of ${size} bytes`,
    );
    return lines ? [{ title: c.images.blobs.dir, lines }] : [];
  },
};

export const unpackStep: Step<PullContext> = {
  id: 'pull.unpack-layers',
  title: 'Unpack the layers',
  explain: `Unpack each layer into a directory of its own, and check that its tar has the diffID that the config promises.

The directories become the lowerdirs of the container's overlay. Owners, modes, times, hard links, devices, holes and extended attributes are kept; \`.wh.name\` becomes a
whiteout (a character device 0:0, which hides \`name\` in the layers below), \`.wh..wh..opq\` an opaque directory (\`trusted.overlay.opaque\`). The vfs driver keeps both as files of
these names, and obeys them when it copies the layers. A layer is a stranger's archive:
every parent directory is opened with openat2(2) below the layer's root, so that neither \`..\` nor a link leads out of it. A directory gets its name only when it is
complete; the name is the chainID, so images share it.

OCI image spec, "Image Layer Filesystem Changeset", "Layer ChainID"; openat2(2); overlayfs.rst.`,
  when: nothingFound,
  async do(k, c) {
    for (const { layer, chainID, diffID } of missing(c)) {
      const tell = teller(c, layer);
      const request = { blob: c.images.blobs.path(layer.digest), blobSize: layer.size, diffID, chainID };
      await c.images.layers
        .unpack(k, request, (bytes) => tell('Extracting', bytes), c.pull.signal)
        .catch((error: unknown) => {
          c.pull.signal?.throwIfAborted();
          const why = error instanceof Error ? error.message : String(error);
          throw new ApiError(500, `failed to register layer ${shortOf(layer.digest)}: ${why}`, { cause: error });
        });
      tell('Pull complete');
    }
    c.pull.state.layers = chainIDs(c.pull.state.config!.rootfs.diff_ids).map((chainID) =>
      c.images.layers.get(chainID)!,
    );
    k.fact(...c.pull.state.layers.map(({ chainID, dir }) => ({ kind: 'file' as const, key: dir, value: chainID })));
  },
  undo: collect,
  async inspect(_, c) {
    const lines = c.pull.state.layers?.map(
      ({ chainID, diffID, size, dir }) => `${dir} chainID ${shortOf(chainID)} diffID ${shortOf(diffID)} ${size} bytes`,
    );
    return lines ? [{ title: 'layers, lowest first', lines }] : [];
  },
};

export const commitStep: Step<PullContext> = {
  id: 'pull.commit',
  title: 'Commit the image',
  explain: `Write the image and its names into \`images.json\`: from now on it is there.

The file is written beside the old one, synced and renamed over it (rename(2) is atomic), so after a crash there is either no new image or a whole one.
If the tag pointed to another image, that one stays, without the name.`,
  when: nothingFound,
  async do(k, c) {
    const { state } = c.pull;
    const { ref, manifest, config, client } = state;
    const tagged = ref!.tag ? canonicalName({ domain: ref!.domain, path: ref!.path, tag: ref!.tag }) : undefined;
    const before = tagged ? c.images.find(tagged)?.id : undefined;
    const names = [
      ...(tagged ? [tagged] : []),
      canonicalName({ domain: ref!.domain, path: ref!.path, digest: state.digest! }),
    ];
    const id = manifest!.config.digest;
    const practice = client!.endpoint.kind === 'practice';
    c.image = c.images.commit({
      config: c.images.blobs.read(id),
      manifest: c.images.blobs.read(state.manifestDigest!),
      names,
      practice,
      blobs: manifest!.layers.map(({ digest, size, mediaType }) => ({ digest, size, mediaType })),
    });
    state.fresh = before !== id;
    state.lease?.release();
    k.fact(
      { kind: 'image', key: 'layers', value: String(config!.rootfs.diff_ids.length) },
      { kind: 'image', key: 'id', value: id },
    );
  },
};
