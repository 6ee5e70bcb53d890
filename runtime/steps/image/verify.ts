/** verify: computes every digest of an image again, from the bytes on the disk, and compares it with the name. */
import { ApiError, notFound } from '../../errors/api-error.ts';
import type { CheckInput, CheckResult } from '../../image/archive/check-layer.ts';
import '../../image/archive/jobs.ts';
import { chainIDs, sha256, shortOf } from '../../image/manifest/digest.ts';
import type { Image } from '../../image/manifest/image.ts';
import { blobOf } from '../../image/store/layer-blobs.ts';
import type { Lease } from '../../image/store/lease.ts';
import type { ImageStore } from '../../image/store/store.ts';
import type { Kernel } from '../../kernel/kernel.ts';
import type { Phase } from '../../operation/step.ts';

/** One node of the tree of digests. Without `why` it is whole. */
export interface Verified {
  kind: 'manifest' | 'config' | 'layer';
  /** of a layer: its place, from the lowest on */
  at?: number;
  /** the digest that names it; of a layer its diffID */
  digest: string;
  why?: string;
}

/** What is asked for, and what the steps find. */
export interface Verifying {
  readonly images: ImageStore;
  readonly asked: string;
  readonly signal?: AbortSignal;
  readonly lease: Lease;
  image?: Image;
  nodes: Verified[];
}

const release = async (_k: Kernel, { lease }: Verifying): Promise<void> => lease.release();

/** A small blob, whose digest is computed here. */
function checkDocument({ images, nodes }: Verifying, kind: 'manifest' | 'config', digest: string): void {
  let why: string | undefined;
  try {
    const found = sha256(images.blobs.read(digest));
    if (found !== digest) why = `its bytes have the digest ${found}`;
  } catch (error) {
    why = `it cannot be read: ${(error as Error).message}`;
  }
  nodes.push({ kind, digest, ...(why !== undefined && { why }) });
}

async function readAgain(k: Kernel, blob: string, signal?: AbortSignal): Promise<CheckResult> {
  const control = new SharedArrayBuffer(4);
  const stop = () => void Atomics.store(new Int32Array(control), 0, 1);
  signal?.throwIfAborted();
  signal?.addEventListener('abort', stop);
  try {
    const input: CheckInput = { blob, control };
    return await k.job<CheckResult>('images-check', input);
  } catch (error) {
    signal?.throwIfAborted();
    throw error;
  } finally {
    signal?.removeEventListener('abort', stop);
  }
}

async function whyBroken(k: Kernel, c: Verifying, diffID: string): Promise<string | undefined> {
  const blob = blobOf(c.images, diffID, c.image);
  if (!blob) return 'its archive is not there';
  c.lease.hold(blob.digest);
  const found = await readAgain(k, c.images.blobs.path(blob.digest), c.signal);
  if (found.digest !== blob.digest) return `its archive ${shortOf(blob.digest)} has the digest ${found.digest}`;
  if (found.why !== undefined) return `its archive cannot be unpacked: ${found.why}`;
  return found.diffID === diffID ? undefined : `its archive unpacks to ${found.diffID}`;
}

const shown = ({ kind, at, digest, why }: Verified) =>
  `${at === undefined ? kind : `${kind} ${at + 1}`} ${digest}: ${why ?? 'whole'}`;
const facts = (k: Kernel, nodes: readonly Verified[]) =>
  k.fact(...nodes.map((node) => ({ kind: 'image' as const, key: `verified ${node.digest}`, value: shown(node) })));

export const verify: Phase<Verifying> = {
  id: 'verify',
  title: 'Verify an image',
  steps: [
    {
      id: 'verify.find-image',
      title: 'Find the image',
      explain: `The name leads to an id, and the id is itself a digest: that of the image's config. A lease protects the blobs from removal while they are read. See the OCI image spec, "ImageID".`,
      async do(k, c) {
        c.image = c.images.find(c.asked);
        if (!c.image) throw notFound(`No such image: ${c.asked}`);
        const { id, layers } = c.image;
        c.lease.hold(id, ...layers.map(({ chainID }) => chainID));
        k.fact({ kind: 'image', key: 'id', value: id });
      },
      undo: release,
    },
    {
      id: 'verify.documents',
      title: 'Compute the digests of manifest and config',
      explain: `Both are small files of JSON, and each is stored under the SHA-256 of its bytes. One changed byte gives another digest, so that the file no longer is what its name says.
The manifest names the config by its digest, and the config the layers: with the top digest everything below it can be checked. See the OCI image spec, "Image Manifest".`,
      async do(k, c) {
        const { id } = c.image!;
        const { manifest } = c.images.record(id) ?? {};
        if (manifest) checkDocument(c, 'manifest', manifest);
        checkDocument(c, 'config', id);
        facts(k, c.nodes);
      },
      inspect: async (_k, { nodes }) => [{ title: 'digests', lines: nodes.map(shown) }],
    },
    {
      id: 'verify.layers',
      title: 'Read the layers again',
      explain: `A layer has two digests: that of its archive as it travels, compressed, and its diffID, that of the tar inside. A worker reads each archive from the disk, computes the first, unpacks it and computes the second.
The unpacked files of the layer are not compared: only the archive has a digest. See the OCI image spec, "Layer DiffID".`,
      async do(k, c) {
        for (const [at, { diffID }] of c.image!.layers.entries()) {
          const why = await whyBroken(k, c, diffID);
          const node: Verified = { kind: 'layer', at, digest: diffID, ...(why !== undefined && { why }) };
          c.nodes.push(node);
          facts(k, [node]);
        }
      },
      inspect: async (_k, { nodes }) => [{ title: 'digests', lines: nodes.map(shown) }],
    },
    {
      id: 'verify.chain',
      title: 'Compute the names of the stacks',
      explain: `The chainID of a layer is the digest of all diffIDs up to it. It names the directory with the unpacked files, so that two images share one only when everything below is the same too.
It is computed from the diffIDs of the config and compared with the directories that the image uses. See the OCI image spec, "Layer ChainID".`,
      async do(k, c) {
        const { layers, config } = c.image!;
        const wanted = chainIDs(config.rootfs.diff_ids);
        for (const [at, { chainID, diffID }] of layers.entries()) {
          const node = c.nodes.find((one) => one.kind === 'layer' && one.at === at);
          const why = wanted[at] !== chainID || !c.images.layers.get(chainID);
          if (node && why) node.why ??= `its stack is ${wanted[at]}, and ${chainID} of ${diffID} is mounted`;
        }
        k.fact({ kind: 'image', key: 'chainID', value: wanted.at(-1) ?? null });
      },
    },
    {
      id: 'verify.judge',
      title: 'Judge',
      explain: `Each node whose bytes are not what its digest says is damaged, and with it every node above, because the digests above were made of these. The image is not changed: \`pull\` after \`rmi\` fetches it anew. See the OCI image spec, "Descriptors".`,
      async do(k, c) {
        await release(k, c);
        const broken = c.nodes.filter(({ why }) => why !== undefined);
        if (broken.length) throw new ApiError(409, `image ${c.asked} is damaged: ${broken.map(shown).join('; ')}`);
      },
    },
  ],
};
