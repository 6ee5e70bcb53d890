/** import: from an archive of files to an image with one layer. */
import type { ImageConfig, Image } from '../../image/manifest/image.ts';
import '../../image/archive/jobs.ts';
import type { LayerFile } from '../../image/layer/layer-file.ts';
import type { Lease } from '../../image/store/lease.ts';
import type { LayerBlob } from '../../image/store/layer-blobs.ts';
import { unpackBlob, writeBlob } from '../../image/store/new-layer.ts';
import type { ImageStore } from '../../image/store/store.ts';
import { ApiError, badParameter } from '../../errors/api-error.ts';
import { decidedAtGate, hasCode, SyscallError } from '../../kernel/errors.ts';
import type { Kernel } from '../../kernel/kernel.ts';
import type { Phase } from '../../operation/step.ts';
import { type Pass, passedTo } from './archive/passed-to.ts';

/** What is asked for, and what the steps find. */
export interface Importing {
  readonly images: ImageStore;
  readonly pass: Pass;
  /** the canonical name that the image gets */
  readonly name?: string | undefined;
  config(diffID: string): ImageConfig;
  readonly signal?: AbortSignal;
  readonly lease: Lease;
  file?: LayerFile;
  blob?: LayerBlob;
  image?: Image;
}

async function collect(_: Kernel, { lease, images }: Importing): Promise<void> {
  lease.release();
  await images.collect();
}

export const importing: Phase<Importing> = {
  id: 'import',
  title: 'Import files as an image',
  steps: [
    {
      id: 'import.receive',
      title: 'Receive the archive',
      explain: `A tar archive of a whole root file system comes from the client or from a URL, compressed or not. A worker uncompresses it into a blob and computes its sha256 meanwhile: that is the diffID of the image's only layer.
Nothing of it is unpacked yet. See tar(5); OCI image spec, "Layer DiffID".`,
      async do(k, c) {
        const { images, lease, signal } = c;
        const write = (path: string) =>
          passedTo(k, c.pass, (body) => k.job<LayerFile>('images-import', { body, path }));
        c.file = await writeBlob(images, lease, write).catch((error: unknown) => {
          signal?.throwIfAborted();
          const own = error instanceof ApiError || error instanceof SyscallError || decidedAtGate(error);
          if (own || hasCode(error, 'ENOSPC', 'EDQUOT')) throw error;
          throw badParameter(`the archive cannot be read: ${(error as Error).message}`);
        });
        k.fact({ kind: 'image', key: 'layer', value: `${c.file.digest} ${c.file.size} bytes` });
      },
      undo: collect,
      async inspect(_k, { file, images }) {
        return file ? [{ title: images.blobs.path(file.digest), lines: [`${file.size} bytes`, file.digest] }] : [];
      },
    },
    {
      id: 'import.unpack-layer',
      title: 'Unpack the layer',
      explain: `The archive is unpacked into a directory of its own, as a pulled layer is: it comes from a stranger, so each name is created below a descriptor of its directory. What is no tar archive, or a damaged one, ends here. See openat2(2); OCI image spec, "Layer ChainID".`,
      async do(k, c) {
        const { images, lease, file, signal } = c;
        c.blob = await unpackBlob(k, images, lease, [], file!, signal).catch((error: unknown) => {
          signal?.throwIfAborted();
          if (decidedAtGate(error) || hasCode(error, 'ENOSPC', 'EDQUOT')) throw error;
          throw badParameter(`the archive cannot be unpacked: ${(error as Error).message}`);
        });
        k.fact({ kind: 'file', key: images.blobs.path(file!.digest), value: file!.digest });
      },
      undo: collect,
    },
    {
      id: 'import.write-image',
      title: 'Write the image down',
      explain: `The archive has files and no settings: which program to start comes from \`--change\` alone. The config gets these, the diffID and the message; its sha256 is the image's id. Then image and name go into \`images.json\` by one rename(2). See the OCI image spec, "Image Configuration".`,
      async do(k, c) {
        const { images, name, blob, lease } = c;
        c.image = images.commit({
          config: Buffer.from(JSON.stringify(c.config(blob!.digest))),
          blobs: [blob!],
          names: name ? [name] : [],
        });
        lease.release();
        k.fact({ kind: 'image', key: 'id', value: c.image.id });
      },
    },
  ],
};
