/** The steps of the layers: compress, upload. */
import { shortOf } from '../../../image/manifest/digest.ts';
import { readDocument } from '../../../image/manifest/manifest.ts';
import { parseReference } from '../../../image/manifest/reference.ts';
import type { PushContext, PushedLayer } from '../../../image/push.ts';
import { hasBlob, mount } from '../../../image/registry/push.ts';
import { translatePush } from '../../../image/registry/registry-error.ts';
import { upload } from '../../../image/registry/upload.ts';
import { packedLayer } from '../../../image/store/packed-layer.ts';
import type { Kernel } from '../../../kernel/kernel.ts';
import type { Step } from '../../../operation/step.ts';
import { inParallel } from '../parallel/in-parallel.ts';

/** How many layers are uploaded in parallel, as in dockerd. */
const PARALLEL = 5;
const TELL_MS = 100;

/** The manifest that the image came with, if the store still has exactly its layers. */
function ownManifest(c: PushContext): PushContext['manifest'] {
  const { images, image } = c;
  const record = images.record(image!.id);
  if (!record?.manifest || !images.blobs.has(record.manifest)) return undefined;
  const bytes = images.blobs.read(record.manifest);
  const document = readDocument(bytes, '');
  if (document.kind !== 'manifest' || document.config.digest !== image!.id) return undefined;
  const same =
    document.layers.length === record.blobs.length &&
    document.layers.every(({ digest }, j) => record.blobs[j]!.digest === digest && images.blobs.has(digest));
  return same ? { bytes, mediaType: document.mediaType } : undefined;
}

async function collect(_: Kernel, { lease, images }: PushContext): Promise<void> {
  lease.release();
  await images.collect();
}

export const compressStep: Step<PushContext> = {
  id: 'push.compress-layers',
  title: 'Compress the layers',
  explain: `A layer that came from a registry is sent back as it came, byte for byte: its digest is known there. A layer that was made here is a plain tar; a worker compresses it with \`gzip\` and computes the digest of the result.
That digest is the name under which the registry keeps the layer. The diffID, the digest of the plain tar, stays what it is, because the config lists it. OCI image spec, "Layer DiffID"; RFC 1952.`,
  async do(k, c) {
    c.manifest = ownManifest(c);
    const own = c.manifest && c.images.record(c.image!.id)!.blobs;
    c.layers = [];
    for (const { diffID } of c.image!.layers) c.progress({ id: shortOf(diffID), status: 'Preparing' });
    for (const [j, { diffID }] of c.image!.layers.entries()) {
      c.signal.throwIfAborted();
      c.layers.push({ diffID, blob: own?.[j] ?? (await packedLayer(k, c, diffID)) });
    }
    k.fact(...c.layers.map(({ diffID, blob }) => ({ kind: 'image' as const, key: diffID, value: blob.digest })));
  },
  undo: collect,
  async inspect(_, { layers = [] }) {
    return [{ title: 'layers', lines: layers.map(({ diffID, blob }) => `${diffID} ${blob.digest} ${blob.size}`) }];
  },
};

/** Repositories of the same registry from which the store knows the layer: they may lend it. */
function lenders(c: PushContext, { diffID, blob }: PushedLayer): string[] {
  const { domain, path } = c.reference;
  const paths = [...c.images.names()].flatMap(([name, id]) => {
    const other = parseReference(name);
    if (other.domain !== domain || other.path === path || !other.digest) return [];
    const record = c.images.record(id);
    const has = record?.blobs.some(({ digest }) => digest === blob.digest || digest === diffID);
    return has ? [other.path] : [];
  });
  return [...new Set(paths)].slice(0, 4);
}

async function sendOne(c: PushContext, layer: PushedLayer): Promise<void> {
  const { client, images, signal } = c;
  const { diffID, blob } = layer;
  const id = shortOf(diffID);
  const tell = (status: string, current?: number) =>
    c.progress({ id, status, ...(current !== undefined && { current, total: blob.size }) });
  if (/nondistributable|foreign/.test(blob.mediaType)) return tell('Skipped foreign layer');
  if (await hasBlob(client!, blob.digest)) return tell('Layer already exists');
  let begun: string | undefined;
  for (const from of lenders(c, layer)) {
    begun = await mount(client!, blob.digest, from);
    if (begun === undefined) return tell(`Mounted from ${from}`);
    break;
  }
  let last = 0;
  const sent = (current: number) => {
    if (current < blob.size && Date.now() - last < TELL_MS) return;
    last = Date.now();
    tell('Pushing', current);
  };
  await upload(
    client!,
    { digest: blob.digest, size: blob.size, path: images.blobs.path(blob.digest) },
    begun,
    sent,
    signal,
  );
  tell('Pushed');
}

export const uploadStep: Step<PushContext> = {
  id: 'push.upload-layers',
  title: 'Upload the layers',
  explain: `For each layer \`HEAD …/blobs/DIGEST\` asks whether the registry has it; then nothing is sent. If another repository there is known to have it, \`POST …/blobs/uploads/?mount=DIGEST&from=NAME\` lets the registry link it. Only what is left travels, five layers at a time: \`POST\` opens an upload, \`PATCH\` sends the bytes, \`PUT\` with the digest closes it, and the registry checks that the bytes have this digest.
An upload that is cut goes on where the registry says that it ended. What was uploaded when a push fails stays there without a name until the registry collects it. OCI distribution spec, "Pushing blobs", "Mounting a blob from another repository".`,
  async do(k, c) {
    const unique = [...new Map(c.layers!.map((layer) => [layer.blob.digest, layer])).values()].reverse();
    for (const { diffID } of unique.slice(PARALLEL)) c.progress({ id: shortOf(diffID), status: 'Waiting' });
    await inParallel(PARALLEL, unique, (layer) =>
      sendOne(c, layer).catch((error: unknown) => Promise.reject(translatePush(error))),
    );
    k.fact({ kind: 'image', key: 'layers', value: String(c.layers!.length) });
  },
};
