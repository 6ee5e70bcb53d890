/** The steps after the layers: config, manifest, and what is remembered here. */
import { sha256 } from '../../../image/manifest/digest.ts';
import { madeManifest } from '../../../image/manifest/made-manifest.ts';
import { canonicalName } from '../../../image/manifest/reference.ts';
import type { PushContext } from '../../../image/push.ts';
import { hasBlob, putManifest } from '../../../image/registry/push.ts';
import { translatePush } from '../../../image/registry/registry-error.ts';
import { upload } from '../../../image/registry/upload.ts';
import type { Step } from '../../../operation/step.ts';

const translated = (error: unknown): Promise<never> => Promise.reject(translatePush(error) as Error);

export const configStep: Step<PushContext> = {
  id: 'push.upload-config',
  title: 'Upload the config',
  explain: `The config is a blob like the layers: the command, the environment, the user, and the diffID of each layer. Its digest is the image's id, so the image has the same id on each machine that pulls it. OCI image spec, "Image Configuration".`,
  async do(_, c) {
    const { client, images, image, signal } = c;
    const blob = { digest: image!.id, size: images.blobs.size(image!.id), path: images.blobs.path(image!.id) };
    if (await hasBlob(client!, blob.digest).catch(translated)) return;
    await upload(client!, blob, undefined, () => undefined, signal).catch(translated);
  },
};

export const manifestStep: Step<PushContext> = {
  id: 'push.put-manifest',
  title: 'Put the manifest under the tag',
  explain: `\`PUT …/manifests/TAG\` sends the list of the config and the layers, each with its digest and size. Only now does the tag point to the image: the registry refuses a manifest whose blobs it does not have, so there never is half an image.
An image that came from a registry is pushed with the manifest that it came with, so its digest stays the same. OCI distribution spec, "Pushing manifests"; OCI image spec, "Image Manifest".`,
  async do(k, c) {
    const { client, images, image, layers, reference } = c;
    c.manifest ??= madeManifest(
      { digest: image!.id, size: images.blobs.size(image!.id) },
      layers!.map(({ blob }) => blob),
    );
    const { bytes, mediaType } = c.manifest;
    c.digest = await putManifest(client!, reference.tag!, bytes, mediaType).catch(translated);
    k.fact({ kind: 'image', key: 'digest', value: c.digest });
  },
  async inspect(_, { manifest }) {
    return manifest
      ? [{ title: `manifest ${sha256(manifest.bytes)}`, lines: manifest.bytes.toString('utf8').split('\n') }]
      : [];
  },
};

export const rememberStep: Step<PushContext> = {
  id: 'push.remember',
  title: 'Remember what was pushed',
  explain: `The image gets the name \`REPOSITORY@DIGEST\`, under which it can be pulled anywhere. Compressed layers replace the plain tars they were made from, so the next push has nothing to compress. OCI image spec, "Digests"; rename(2).`,
  async do(k, c) {
    const { images, image, layers, manifest, reference, digest, lease } = c;
    const { domain, path } = reference;
    // another client may have removed it meanwhile, and was told so
    if (images.find(image!.id))
      images.commit({
        config: images.blobs.read(image!.id),
        manifest: manifest!.bytes,
        blobs: layers!.map(({ blob }) => blob),
        names: [canonicalName({ domain, path, digest: digest! })],
        practice: image!.practice,
        replaces: true,
      });
    lease.release();
    await images.collect();
    k.fact({ kind: 'image', key: 'digest', value: digest! });
  },
};
