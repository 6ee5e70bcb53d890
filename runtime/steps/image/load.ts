/** load: from an archive of images to images in the store. */
import type { ArchivedImage } from '../../image/archive/archived-image.ts';
import { imagesIn } from '../../image/archive/images-in.ts';
import { makeDirectory } from '../../image/archive/work.ts';
import type { Received } from '../../image/archive/receive.ts';
import type { Image } from '../../image/manifest/image.ts';
import type { Platform } from '../../image/manifest/manifest.ts';
import { canonicalName, type Reference } from '../../image/manifest/reference.ts';
import type { LayerBlob } from '../../image/store/layer-blobs.ts';
import type { Lease } from '../../image/store/lease.ts';
import type { ImageStore } from '../../image/store/store.ts';
import type { PullProgress } from '../../image/pull.ts';
import { badParameter } from '../../errors/api-error.ts';
import { decidedAtGate, hasCode, SyscallError } from '../../kernel/errors.ts';
import type { Kernel } from '../../kernel/kernel.ts';
import { removeTree } from '../../kernel/tree/remove-tree.ts';
import type { Phase } from '../../operation/step.ts';
import { keepLayer } from './archive/keep-layer.ts';
import { type Pass, passedTo } from './archive/passed-to.ts';

export interface Loaded {
  image: Image;
  names: Reference[];
  /** the images that had these names before, which stay without them */
  replaced: { name: Reference; id: string }[];
}

/** What is asked for, and what the steps find. */
export interface Loading {
  readonly images: ImageStore;
  /** for the files of the archive; made by the first step */
  readonly dir: string;
  readonly platform?: Platform | undefined;
  readonly pass: Pass;
  progress(line: PullProgress): void;
  readonly signal?: AbortSignal;
  readonly lease: Lease;
  received?: Received;
  found?: ArchivedImage[];
  /** the blobs of each found image, in the same order */
  blobs?: LayerBlob[][];
  loaded?: Loaded[];
}

async function collect(_: Kernel, { lease, images }: Loading): Promise<void> {
  lease.release();
  await images.collect();
}

export const load: Phase<Loading> = {
  id: 'load',
  title: 'Load images from an archive',
  steps: [
    {
      id: 'load.receive',
      title: 'Receive the archive',
      explain: `The client sends a tar archive, compressed or not. A worker writes each file of it into a directory of the daemon's own, and computes its sha256 meanwhile.
The names in the archive never become paths: the files are numbered, and the names are keys of a table. So neither \`../\` nor a link can lead anywhere. See tar(5).`,
      async do(k, c) {
        makeDirectory(c.dir);
        const receive = (body: number) => k.job<Received>('images-receive', { dir: c.dir, body });
        const received = await passedTo(k, c.pass, receive).catch((error: unknown) => {
          c.signal?.throwIfAborted();
          if (decidedAtGate(error) || error instanceof SyscallError || hasCode(error, 'ENOSPC', 'EDQUOT')) throw error;
          throw badParameter(`the archive of images cannot be read: ${(error as Error).message}`);
        });
        c.received = received;
        k.fact({ kind: 'file', key: c.dir, value: `${received.files.size} files` });
      },
      async undo(_k, c) {
        await removeTree(c.dir);
      },
      async inspect(_k, { received }) {
        if (!received) return [];
        const lines = [...received.files].map(([name, { size, digest }]) => `${digest} ${size} ${name}`);
        return [{ title: 'files of the archive', lines: lines.slice(0, 200) }];
      },
    },
    {
      id: 'load.read-documents',
      title: 'Read which images it has',
      explain: `\`manifest.json\` is Docker's own list: for each image its config, its names and its layers. An OCI layout has \`index.json\` instead, which leads over manifests to the same things, and names everything by digest. Since version 25 \`docker save\` writes both into one archive.
Everything is checked before anything is stored: that each named file is there, that blobs have the digest that is their name, and that there are as many layers as the config promises. See the OCI image spec, "Image Layout".`,
      async do(k, c) {
        c.found = await imagesIn(c.received!, c.platform);
        k.fact(
          ...c.found.map(({ id, names }) => ({ kind: 'image' as const, key: names[0]?.path ?? 'image', value: id })),
        );
      },
      async inspect(_k, { found = [] }) {
        return found.map(({ id, names, layers }) => ({
          title: `${id} ${names.map(canonicalName).join(' ')}`,
          lines: layers.map(({ digest, size, mediaType }) => `${digest} ${size} ${mediaType}`),
        }));
      },
    },
    {
      id: 'load.unpack-layers',
      title: 'Store and unpack the layers',
      explain: `Each layer's file becomes a blob of the store by one rename(2); nothing is copied. Then it is unpacked into a directory of its own, as a pulled layer is, and its tar must have the diffID that the config promises. A layer that the store has already is not unpacked again, and its blob there stays; if the store has only the tree, a worker checks that the archive's blob unpacks to the same diffID.
The archive comes from a stranger just as a pulled layer does: each name in a layer is created below a descriptor of its directory. See the OCI image spec, "Layer ChainID"; openat2(2).`,
      async do(k, c) {
        c.blobs = [];
        for (const { layers, config, manifest } of c.found!) {
          const diffIDs = config.rootfs.diff_ids;
          const blobs: LayerBlob[] = [];
          for (const [j, layer] of layers.entries()) {
            c.signal?.throwIfAborted();
            blobs.push(await keepLayer(k, c, layer, diffIDs.slice(0, j + 1), manifest !== undefined));
          }
          c.blobs.push(blobs);
        }
        k.fact({ kind: 'image', key: 'layers', value: String(c.blobs.flat().length) });
      },
      undo: collect,
    },
    {
      id: 'load.discard',
      title: 'Remove the rest of the archive',
      explain: `What became no blob of the store is removed: documents, and layers that were there already. See unlink(2).`,
      async do(_k, c) {
        await removeTree(c.dir);
      },
    },
    {
      id: 'load.write-images',
      title: 'Write the images down',
      explain: `All images of the archive and their names go into \`images.json\` together, which is replaced by one rename(2): after a crash all of them are there, or none. A name that another image had moves over; that image stays without it. See the OCI image spec, "Image Configuration".`,
      async do(k, c) {
        const { images, found, blobs, lease } = c;
        const before = new Map(images.names());
        const made = images.commitAll(
          found!.map(({ configBytes, layers, manifest, names }, j) => ({
            config: configBytes,
            // a manifest is kept only together with the blobs that it names
            ...(manifest && layers.every(({ digest }, n) => blobs![j]![n]!.digest === digest) && { manifest }),
            blobs: blobs![j]!,
            names: names.map(canonicalName),
          })),
        );
        c.loaded = made.map((image, j) => ({
          image,
          names: found![j]!.names,
          replaced: found![j]!.names.flatMap((name) => {
            const id = before.get(canonicalName(name));
            return id && id !== image.id ? [{ name, id }] : [];
          }),
        }));
        lease.release();
        k.fact(...c.loaded.map(({ image: { id } }) => ({ kind: 'image' as const, key: 'id', value: id })));
      },
    },
  ],
};
