/** commit: what a container has changed becomes a layer, and with its config an image. */
import type { Container } from '../../container/container.ts';
import type { LayerFile } from '../../image/layer/layer-file.ts';
import type { ImageConfig, Image } from '../../image/manifest/image.ts';
import type { ImageRecord } from '../../image/store/image-list.ts';
import type { Lease } from '../../image/store/lease.ts';
import { isEmptyLayer, unpackBlob, writeBlob } from '../../image/store/new-layer.ts';
import type { ImageStore } from '../../image/store/store.ts';
import type { Kernel } from '../../kernel/kernel.ts';
import type { Phase } from '../../operation/step.ts';

/** What is asked for, and what the steps find. */
export interface Committing {
  readonly images: ImageStore;
  /** absent in an undo after the daemon was killed */
  readonly container?: Container;
  /** writes the archive of its own layer; throws when the container is removed meanwhile */
  layer?(k: Kernel, path: string): Promise<LayerFile>;
  /** the image of the container, and its blobs */
  readonly parent?: { config: ImageConfig; blobs: ImageRecord['blobs'] };
  /** true when the container runs and is to stand still while its files are read */
  readonly pause: boolean;
  /** the canonical name that the image gets */
  readonly name?: string | undefined;
  /** the config of the image with this layer; undefined: without a new layer */
  config?(diffID: string | undefined): ImageConfig;
  readonly signal?: AbortSignal;
  readonly lease: Lease;
  /** whether `docker pause` has stopped the container meanwhile */
  isPaused?(): boolean;
  frozen?: boolean;
  file?: LayerFile;
  blob?: ImageRecord['blobs'][number];
  image?: Image;
}

async function thaw(k: Kernel, c: Committing): Promise<void> {
  if (!c.frozen) return;
  if (!c.isPaused?.()) await c.container?.cgroup.thaw(k);
  c.frozen = false;
}

async function collect(_: Kernel, { lease, images }: Committing): Promise<void> {
  lease.release();
  await images.collect();
}

const changed = ({ file }: Committing): boolean => file !== undefined && !isEmptyLayer(file);

export const commit: Phase<Committing> = {
  id: 'commit',
  title: 'Commit a container',
  steps: [
    {
      id: 'commit.freeze',
      title: 'Let the container stand still',
      explain: `The freezer takes all processes of the container off the processor while its files are read.
A program that writes two files that belong together could otherwise be caught between them, and the image would hold a state that never was. \`--pause=false\` leaves this out. See cgroups(7), freezer.`,
      when: (c) => c.pause,
      async do(k, c) {
        c.frozen = true;
        await c.container?.cgroup.freeze(k);
      },
      undo: thaw,
      inspect: async (_k, { container }) => container?.cgroup.inspect() ?? [],
    },
    {
      id: 'commit.write-layer',
      title: 'Archive what the container has changed',
      explain: `A worker walks through the container's own layer and writes a tar archive of it: new and changed files whole, a file \`.wh.NAME\` for each deleted one. Volumes, binds and what was made only for mounting are no part of it.
The sha256 of the archive is computed while it is written, and is its name: the diffID of a layer. A changed byte in the layer would change this name. See the OCI image spec, "Image Layer Filesystem Changeset".`,
      async do(k, c) {
        const { images, lease } = c;
        if (!c.layer) return;
        c.file = await writeBlob(images, lease, (path) => c.layer!(k, path));
        k.fact({ kind: 'image', key: 'layer', value: `${c.file.digest} ${c.file.size} bytes` });
      },
      undo: collect,
      async inspect(_k, { file, images }) {
        return file ? [{ title: images.blobs.path(file.digest), lines: [`${file.size} bytes`, file.digest] }] : [];
      },
    },
    {
      id: 'commit.thaw',
      title: 'Let the container go on',
      explain: `Its files are read, so every process goes on exactly where it was. What it writes from now on is no part of the image. A container that was paused meanwhile stays paused. See cgroups(7), freezer.`,
      when: (c) => c.pause,
      do: thaw,
    },
    {
      id: 'commit.unpack-layer',
      title: 'Unpack the new layer',
      explain: `The archive is unpacked into a directory of its own, as a pulled layer is, and its digest is checked once more. The directory becomes a lowerdir of each container that is made from the image.
The container's own layer cannot serve for this: the container goes on writing into it. See the OCI image spec, "Layer ChainID"; overlayfs.rst.`,
      when: changed,
      async do(k, c) {
        const { images, lease, parent, file, signal } = c;
        const below = parent?.config.rootfs.diff_ids ?? [];
        c.blob = await unpackBlob(k, images, lease, below, file!, signal);
        k.fact({ kind: 'file', key: images.blobs.path(file!.digest), value: file!.digest });
      },
      undo: collect,
    },
    {
      id: 'commit.write-image',
      title: 'Write the image down',
      explain: `The config lists the diffIDs of all layers, and says how to start the program. Its sha256 is the image's id: it depends on the config, the config on the layers, and these on each byte of their files.
Then the image and its name go into \`images.json\`, which is replaced by one rename(2). After a crash there is no new image or a whole one. See the OCI image spec, "Image Configuration".`,
      async do(k, c) {
        const { images, name, parent, blob } = c;
        const config = c.config!(blob?.digest);
        c.image = images.commit({
          config: Buffer.from(JSON.stringify(config)),
          blobs: [...(parent?.blobs ?? []), ...(blob ? [blob] : [])],
          names: name ? [name] : [],
        });
        c.lease.release();
        k.fact({ kind: 'image', key: 'id', value: c.image.id });
      },
    },
  ],
};
