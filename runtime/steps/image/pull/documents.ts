/** The steps from a name to the list of layers: index, manifest, config. */
import { readConfig } from '../../../image/manifest/config.ts';
import { chooseManifest } from '../../../image/manifest/choose.ts';
import { isDigest } from '../../../image/manifest/digest.ts';
import { readDocument, type Index, type Manifest, type Platform } from '../../../image/manifest/manifest.ts';
import { hostPlatform, matches, NoMatch, parsePlatform, showPlatform } from '../../../image/manifest/platform.ts';
import { canonicalName, familiarName, familiarRepository } from '../../../image/manifest/reference.ts';
import { translate } from '../../../image/registry/registry-error.ts';
import type { ImageConfig } from '../../../image/manifest/image.ts';
import type { Kernel } from '../../../kernel/kernel.ts';
import type { PullContext } from '../../../image/pull.ts';
import { notFound, ApiError } from '../../../errors/api-error.ts';
import type { Step } from '../../../container/step.ts';
import { contactNext } from './contact.ts';

const wanted = (c: PullContext): Platform => (c.pull.platform ? parsePlatform(c.pull.platform) : hostPlatform());
const nothingFound = (c: PullContext): boolean => !c.pull.state.found;

/** Runs the request at the registry, or at the next one when a mirror fails. Errors are in docker's words. */
async function ask(k: Kernel, c: PullContext, request: () => Promise<void>): Promise<void> {
  for (;;) {
    try {
      return await request();
    } catch (error) {
      c.pull.signal?.throwIfAborted();
      if (error instanceof NoMatch || c.pull.state.client?.endpoint.kind !== 'mirror')
        throw translate(c.pull.state.ref!, error);
      await contactNext(k, c);
      if (c.pull.state.found) return;
    }
  }
}

/**
 * Sends one HEAD request instead of fetching the documents, and checks whether the store has what the tag refers to.
 */
async function upToDate(c: PullContext): Promise<boolean> {
  const ref = c.pull.state.ref!;
  const known = ref.tag ? c.images.find(canonicalName(ref)) : undefined;
  if (!known || known.practice || !matches(wanted(c), known.config)) return false;
  const digest = await c.pull.state.client!.head(ref.tag!);
  if (!digest || !known.digests.includes(`${familiarRepository(ref)}@${digest}`)) return false;
  c.image = c.pull.state.found = known;
  Object.assign(c.pull.state, { digest, fresh: false });
  return true;
}

function keepManifest(c: PullContext, bytes: Buffer): void {
  const lease = (c.pull.state.lease ??= c.images.lease());
  lease.hold(c.pull.state.manifestDigest!);
  c.images.blobs.put(bytes);
}

async function documentOf(c: PullContext, digest: string): Promise<{ document: Index | Manifest; bytes: Buffer }> {
  const { bytes, mediaType } = await c.pull.state.client!.manifest(digest);
  return { document: readDocument(bytes, mediaType), bytes };
}

async function configOf(c: PullContext, { config }: Manifest): Promise<ImageConfig> {
  const { state, signal } = c.pull;
  (state.lease ??= c.images.lease()).hold(config.digest);
  await c.images.blobs.fetch(state.client!, config, () => undefined, signal);
  return readConfig(c.images.blobs.read(config.digest));
}

export const indexStep: Step<PullContext> = {
  id: 'pull.fetch-index',
  title: 'Fetch the index',
  explain: `Ask the registry what the tag points to: \`GET /v2/<path>/manifests/<tag>\`.

The answer is usually an index, a list of one manifest for each platform; old or small images have a single manifest at once. Its sha256 is the digest
that \`docker pull\` prints. If a digest was asked for, the bytes must have it: the registry need not be trusted for that.
Documents that could be read as both kinds are refused (CVE-2021-41190).

OCI image spec, "Image Index"; OCI distribution spec, "Pulling manifests".`,
  when: nothingFound,
  async do(k, c) {
    await ask(k, c, async () => {
      const { ref, client } = c.pull.state;
      if (await upToDate(c)) return;
      const { bytes, digest, mediaType } = await client!.manifest(ref!.digest ?? ref!.tag!);
      const document = readDocument(bytes, mediaType);
      c.pull.state.digest = digest;
      if (document.kind === 'index') c.pull.state.index = document;
      else {
        Object.assign(c.pull.state, { manifest: document, manifestDigest: digest });
        keepManifest(c, bytes);
      }
    });
    if (c.pull.state.digest) k.fact({ kind: 'image', key: 'digest', value: c.pull.state.digest });
  },
  async inspect(_, c) {
    const lines = c.pull.state.index?.manifests.map(
      ({ digest, platform }) => `${digest} ${platform ? showPlatform(platform) : '-'}`,
    );
    return lines ? [{ title: `index ${c.pull.state.digest}`, lines }] : [];
  },
};

export const chooseStep: Step<PullContext> = {
  id: 'pull.choose-platform',
  title: 'Choose the platform',
  explain: `Pick the index's entry for this machine's operating system and processor, or for \`--platform\`.

A program is machine code: an image for another processor would end with "exec format error". Variants are tried from the exact one down, as \`linux/arm/v6\` on a v7 machine.
An entry may be an index itself, or not say for what it is: then it is fetched, and the image's config tells.

OCI image spec, "Image Index", \`platform\`.`,
  when: (c) => nothingFound(c) && c.pull.state.index !== undefined,
  async do(k, c) {
    const { state } = c.pull;
    await ask(k, c, async () => {
      const shelf = {
        document: (digest: string) => documentOf(c, digest),
        platform: (manifest: Manifest) => configOf(c, manifest),
      };
      const chosen = await chooseManifest(state.index!, wanted(c), shelf);
      state.manifestDigest = chosen.digest;
      k.fact({ kind: 'image', key: 'platform', value: showPlatform(chosen.platform) });
      if (!chosen.fetched) return;
      state.manifest = chosen.fetched.manifest;
      keepManifest(c, chosen.fetched.bytes);
    });
  },
};

export const manifestStep: Step<PullContext> = {
  id: 'pull.fetch-manifest',
  title: 'Fetch the manifest',
  explain: `Get the manifest of the chosen platform: the digests and sizes of the config and of each layer.

It is asked for by digest, so what comes is what the index promised, or nothing. From here on everything is addressed by content.

OCI image spec, "Image Manifest".`,
  when: (c) => nothingFound(c) && c.pull.state.manifest === undefined,
  async do(k, c) {
    await ask(k, c, async () => {
      const { document: manifest, bytes } = await documentOf(c, c.pull.state.manifestDigest!);
      if (manifest.kind !== 'manifest')
        throw new ApiError(
          500,
          `${familiarName(c.pull.state.ref!)}: the index calls ${c.pull.state.manifestDigest} a manifest, but it is an index`,
        );
      c.pull.state.manifest = manifest;
      keepManifest(c, bytes);
    });
    k.fact({ kind: 'image', key: 'manifest', value: c.pull.state.manifestDigest ?? null });
  },
  async inspect(_, c) {
    const { manifest } = c.pull.state;
    return manifest
      ? [
          {
            title: 'manifest',
            lines: [manifest.config, ...manifest.layers].map(
              ({ digest, size, mediaType }) => `${digest} ${size} ${mediaType}`,
            ),
          },
        ]
      : [];
  },
};

export const configStep: Step<PullContext> = {
  id: 'pull.fetch-config',
  title: 'Fetch the config',
  explain: `Get the image's config: environment, command, user, and the diffID of each layer.

A diffID is the sha256 of a layer's uncompressed tar; the manifest's digest is that of the compressed one. The config's own sha256 is the image's id: two
registries that hold the same image agree on it. Without the config the files would be there, but not which program to start.

OCI image spec, "Image Configuration".`,
  when: nothingFound,
  async do(k, c) {
    const { state } = c.pull;
    const manifest = state.manifest!;
    let config = state.config;
    await ask(k, c, async () => void (config = await configOf(c, manifest)));
    if (!config) return; // a mirror failed, and the store has the image
    if (config.rootfs.diff_ids.length !== manifest.layers.length) {
      throw new ApiError(
        500,
        `the config lists ${config.rootfs.diff_ids.length} layers, the manifest ${manifest.layers.length}`,
      );
    }
    if (c.pull.platform && !matches(wanted(c), config)) {
      throw notFound(
        `image with reference ${familiarName(state.ref!)} was found but its platform (${showPlatform(config)}) does not match the specified platform (${showPlatform(wanted(c))})`,
      );
    }
    state.config = config;
    if (isDigest(manifest.config.digest)) k.fact({ kind: 'image', key: 'id', value: manifest.config.digest });
  },
  async inspect(_, c) {
    const config = c.pull.state.config;
    return config ? [{ title: 'config', lines: JSON.stringify(config.config ?? {}, null, 1).split('\n') }] : [];
  },
};
