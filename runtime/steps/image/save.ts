/** save: from images in the store to an archive that docker and OCI tools read. */
import { join } from 'node:path';
import { documentsOf, type Descriptor, type SavedAs, type SavedImage } from '../../image/archive/documents.ts';
import type { ArchivedContent, ArchiveEntry } from '../../image/archive/send.ts';
import { archiveParts, makeDirectory } from '../../image/archive/work.ts';
import { ApiError, notFound } from '../../errors/api-error.ts';
import type { LayerFile } from '../../image/layer/layer-file.ts';
import { hexOf, shortOf } from '../../image/manifest/digest.ts';
import type { Image, Layer } from '../../image/manifest/image.ts';
import type { Platform } from '../../image/manifest/manifest.ts';
import { matches, showPlatform } from '../../image/manifest/platform.ts';
import { familiarName } from '../../image/manifest/reference.ts';
import { blobOf } from '../../image/store/layer-blobs.ts';
import type { Lease } from '../../image/store/lease.ts';
import { namedBy } from '../../image/store/named-by.ts';
import type { ImageStore } from '../../image/store/store.ts';
import type { Parts } from '../../kernel/jobs.ts';
import type { Kernel } from '../../kernel/kernel.ts';
import { removeTree } from '../../kernel/tree/remove-tree.ts';
import type { Phase } from '../../operation/step.ts';

/** What is asked for, and what the steps find. */
export interface Saving {
  readonly images: ImageStore;
  /** for layers that have to be uncompressed */
  readonly dir: string;
  readonly asked: readonly string[];
  readonly platform?: Platform | undefined;
  /** the exporter of a build says how */
  readonly as?: SavedAs | undefined;
  /** takes the archive */
  send(parts: Parts<Uint8Array>): Promise<void>;
  /** takes the blobs in place of the archive */
  readonly put?: ((entries: readonly ArchiveEntry[]) => Promise<void>) | undefined;
  readonly signal?: AbortSignal;
  readonly lease: Lease;
  found?: SavedImage[];
  /** by the layers' diffIDs */
  layers?: Map<string, ArchivedContent>;
  entries?: ArchiveEntry[];
  /** what index.json lists */
  index?: Descriptor[];
}

/** The images with the names that are asked for; each image once. */
function findAll({ images, asked, platform }: Saving): SavedImage[] {
  const found = new Map<string, SavedImage>();
  for (const name of asked) {
    for (const { image, reference } of namedBy(images, name)) {
      if (platform && !matches(platform, image.config))
        throw notFound(
          `image with reference ${name} was found but does not provide the specified platform (${showPlatform(platform)})`,
        );
      const one = found.get(image.id) ?? { image, names: [] };
      if (reference && !one.names.some((known) => familiarName(known) === familiarName(reference)))
        one.names.push(reference);
      found.set(image.id, one);
    }
  }
  return [...found.values()];
}

/** The layer's archive as it is stored, or a file that a worker writes when the length of its tar is not known. */
async function contentOf(
  k: Kernel,
  c: Saving,
  image: Image,
  { diffID, chainID, tarSize }: Layer,
): Promise<ArchivedContent> {
  const blob = blobOf(c.images, diffID, image);
  if (!blob)
    throw new ApiError(
      500,
      `the archive of layer ${shortOf(diffID)} of ${image.tags[0] ?? shortOf(image.id)} was not kept; pull the image again`,
    );
  c.lease.hold(blob.digest);
  const source = c.images.blobs.path(blob.digest);
  if (blob.digest === diffID) return { path: source, size: blob.size };
  const known = tarSize ?? c.images.layers.get(chainID)?.tarSize;
  if (known !== undefined) return { path: source, size: known, diffID };
  const path = join(c.dir, hexOf(diffID));
  const { size } = await k.job<LayerFile>('images-expand', { blob: source, path, diffID });
  return { path, size };
}

async function discard(_k: Kernel, { dir, lease }: Saving): Promise<void> {
  lease.release();
  await removeTree(dir);
}

export const save: Phase<Saving> = {
  id: 'save',
  title: 'Save images in an archive',
  steps: [
    {
      id: 'save.find-images',
      title: 'Find the images',
      explain: `A name with a tag means one image, a repository's name all its tags, and an id the image without a name. Names are kept in the archive, ids give none.
From now on a lease protects what the images need: they can be removed meanwhile without harm to the archive. See the OCI image spec, "Image Layout".`,
      do(k, c) {
        c.found = findAll(c).map((one) => (c.as ? { ...one, names: c.as.names } : one));
        for (const { image } of c.found) c.lease.hold(image.id, ...image.layers.map(({ chainID }) => chainID));
        k.fact(...c.found.map(({ image }) => ({ kind: 'image' as const, key: 'id', value: image.id })));
        return Promise.resolve();
      },
      async inspect(_k, { found = [] }) {
        return [
          {
            title: 'images',
            lines: found.map(({ image, names }) => `${image.id} ${names.map(familiarName).join(' ')}`),
          },
        ];
      },
    },
    {
      id: 'save.expand-layers',
      title: "Find the layers' archives",
      explain: `The archive holds each layer as an uncompressed tar under its diffID, because the same layer may be compressed in many ways but has one diffID. The head of an entry says how long its data is, so the length must be known before the data is sent. It was counted when the layer was unpacked. Where it is not known, a worker uncompresses the layer into a file now.
Layers that several of the images share are there once. See the OCI image spec, "Layer DiffID"; tar(5).`,
      async do(k, c) {
        makeDirectory(c.dir);
        c.layers = new Map();
        for (const { image } of c.found!) {
          for (const layer of image.layers) {
            c.signal?.throwIfAborted();
            if (!c.layers.has(layer.diffID)) c.layers.set(layer.diffID, await contentOf(k, c, image, layer));
          }
        }
        k.fact({ kind: 'file', key: c.dir, value: `${c.layers.size} layers` });
      },
      undo: discard,
      async inspect(_k, { layers = new Map() }) {
        return [{ title: 'layers', lines: [...layers].map(([diffID, { size }]) => `${diffID} ${size} bytes`) }];
      },
    },
    {
      id: 'save.write-documents',
      title: 'Write the documents',
      explain: `For each image a manifest that lists its config and its layers by digest; \`index.json\`, which lists the manifests with the images' names; \`oci-layout\`, the version of all this. \`manifest.json\` and \`repositories\` say the same in Docker's older words.
The manifests are not those of a registry: they name the uncompressed layers. The images' ids stay, because an id is the digest of the config. See the OCI image spec, "Image Layout".`,
      do(k, c) {
        const files = {
          configOf: (id: string) => c.images.blobs.read(id).toString('utf8'),
          layerOf: (diffID: string) => c.layers!.get(diffID)!,
        };
        Object.assign(c, documentsOf(c.found!, files, c.as));
        k.fact({ kind: 'file', key: 'archive', value: `${c.entries!.length} entries` });
        return Promise.resolve();
      },
      async inspect(_k, { entries = [] }) {
        return entries
          .filter(({ name, text }) => text !== undefined && !name.startsWith('blobs/'))
          .map(({ name, text }) => ({ title: name, lines: JSON.stringify(JSON.parse(text!), null, 1).split('\n') }));
      },
    },
    {
      id: 'save.send',
      title: 'Send the archive',
      explain: `A worker uncompresses the layers, checks their digests and writes the tar as fast as the client reads. A damaged layer cuts the archive off, so that the client sees that it is not whole. Owners are root and times are 1970 everywhere, so that the same images always give the same bytes. The client of a build may ask for a directory in place of the archive (\`tar=false\`): then each blob goes into its content store under its digest. See tar(5).`,
      async do(_k, c) {
        c.signal?.throwIfAborted();
        if (c.put) await c.put(c.entries!);
        else await c.send(archiveParts(c.entries!, c.signal));
      },
    },
    {
      id: 'save.discard',
      title: 'Remove the uncompressed layers',
      explain: `The files that were made for the archive are removed; the images are untouched. See unlink(2).`,
      do: discard,
    },
  ],
};
