/** Reads index.json of an OCI layout: OCI image spec, "Image Layout" and "Annotations". */
import { badParameter } from '../../errors/api-error.ts';
import { Checked } from '../../json/checked.ts';
import { chooseManifest } from '../manifest/choose.ts';
import { readConfig } from '../manifest/config.ts';
import { readDocument, type Manifest, type Platform } from '../manifest/manifest.ts';
import { hostPlatform } from '../manifest/platform.ts';
import { checkTag, parseReference, type Reference } from '../manifest/reference.ts';
import type { ArchivedFiles } from './archived-file.ts';
import type { ArchivedImage } from './archived-image.ts';

const MOST_ENTRIES = 1000;
/** containerd's full name, and the specification's, which is often only a tag. */
const FULL_NAME = 'io.containerd.image.name';
const REF_NAME = 'org.opencontainers.image.ref.name';
/** buildx: this manifest holds statements about another one. */
const STATEMENT = 'vnd.docker.reference.type';

interface Root {
  digest: string;
  mediaType: string;
  names: Reference[];
}

/** A bare tag names no repository. */
function nameIn(annotations: Record<string, string>): Reference[] {
  const text = annotations[FULL_NAME] ?? annotations[REF_NAME];
  if (!text || !/[:/]/.test(text)) return [];
  const reference = parseReference(text);
  if (!reference.tag) return [];
  const name = { domain: reference.domain, path: reference.path, tag: reference.tag };
  checkTag(name);
  return [name];
}

/** The entries, each digest once with all its names. */
function rootsOf(index: Checked): Root[] {
  const roots = new Map<string, Root>();
  for (const [j, entry] of index.list('manifests', MOST_ENTRIES).entries()) {
    const from = Checked.of(`entry ${j} of index.json`, entry);
    const annotations = from.map('annotations') ?? {};
    if (annotations[STATEMENT]) continue;
    const digest = from.string('digest');
    const root = roots.get(digest) ?? { digest, mediaType: from.string('mediaType'), names: [] };
    root.names.push(...nameIn(annotations));
    roots.set(digest, root);
  }
  return [...roots.values()];
}

export async function imagesOfIndex(files: ArchivedFiles, platform?: Platform): Promise<ArchivedImage[]> {
  const documentAt = (digest: string, mediaType = '') => {
    const bytes = files.bytes(files.blob(digest), digest);
    return { bytes, document: readDocument(bytes, mediaType) };
  };
  const configOf = ({ config }: Manifest) => readConfig(files.bytes(files.blob(config.digest), config.digest));
  const shelf = {
    document: (digest: string) => Promise.resolve(documentAt(digest)),
    platform: (manifest: Manifest) => Promise.resolve(configOf(manifest)),
  };
  const images: ArchivedImage[] = [];
  for (const { digest, mediaType, names } of rootsOf(files.json('index.json'))) {
    const root = documentAt(digest, mediaType);
    const { document, bytes } =
      root.document.kind === 'index'
        ? documentAt((await chooseManifest(root.document, platform ?? hostPlatform(), shelf)).digest)
        : root;
    if (document.kind !== 'manifest') throw badParameter(`the index ${digest} calls another index a manifest`);
    images.push({
      config: configOf(document),
      configBytes: files.bytes(files.blob(document.config.digest), document.config.digest),
      id: document.config.digest,
      layers: document.layers.map((layer) => ({ ...files.blob(layer.digest), mediaType: layer.mediaType })),
      manifest: bytes,
      names,
    });
  }
  return images;
}
