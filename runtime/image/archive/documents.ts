/**
 * The documents of a saved archive, in the layout that dockerd writes since version 25:
 *
 *   oci-layout  index.json  blobs/sha256/…      OCI image spec, "Image Layout"
 *   manifest.json  repositories                 the same for older versions of docker
 */
import { hexOf, sha256 } from '../manifest/digest.ts';
import type { Image } from '../manifest/image.ts';
import { OCI_CONFIG, OCI_INDEX, OCI_LAYER, OCI_MANIFEST } from '../manifest/media-types.ts';
import { canonicalName, familiarName, familiarRepository, type Reference } from '../manifest/reference.ts';
import type { ArchivedContent, ArchiveEntry } from './send.ts';

export interface SavedImage {
  image: Image;
  /** each with a tag */
  names: Reference[];
}
export interface SavedFiles {
  configOf(id: string): string;
  layerOf(diffID: string): ArchivedContent;
}
interface Descriptor {
  mediaType: string;
  digest: string;
  size: number;
  platform?: object;
  annotations?: Record<string, string>;
}

const BLOBS = 'blobs/sha256';
const pathOf = (digest: string): string => `${BLOBS}/${hexOf(digest)}`;

function manifestOf({ config, id, layers }: Image, { configOf, layerOf }: SavedFiles): string {
  const { architecture, os, variant } = config;
  const platform = { architecture, os, ...(variant && { variant }) };
  return JSON.stringify({
    schemaVersion: 2,
    mediaType: OCI_MANIFEST,
    config: { mediaType: OCI_CONFIG, digest: id, size: Buffer.byteLength(configOf(id)), platform },
    layers: layers.map(({ diffID }) => ({ mediaType: OCI_LAYER, digest: diffID, size: layerOf(diffID).size })),
  });
}

/** One entry of index.json for each name, or one without a name. */
function described(manifest: string, { image, names }: SavedImage): Descriptor[] {
  const { architecture, os, variant } = image.config;
  const bare: Descriptor = {
    mediaType: OCI_MANIFEST,
    digest: sha256(manifest),
    size: Buffer.byteLength(manifest),
    platform: { architecture, os, ...(variant && { variant }) },
  };
  if (!names.length) return [bare];
  return names.map((name) => ({
    ...bare,
    annotations: {
      'io.containerd.image.name': canonicalName(name),
      'org.opencontainers.image.ref.name': name.tag!,
    },
  }));
}

/** {"ubuntu": {"latest": the top layer}}. */
function repositoriesOf(saved: readonly SavedImage[]): Record<string, Record<string, string>> {
  const repositories: Record<string, Record<string, string>> = Object.create(null) as never;
  for (const { image, names } of saved) {
    const top = image.layers.at(-1);
    for (const name of top ? names : [])
      (repositories[familiarRepository(name)] ??= Object.create(null) as never)[name.tag!] = hexOf(top!.diffID);
  }
  return repositories;
}

/** All entries of the archive, sorted by name. */
export function documentsOf(saved: readonly SavedImage[], files: SavedFiles): ArchiveEntry[] {
  const blobs = new Map<string, ArchiveEntry>();
  const put = (entry: ArchiveEntry) => blobs.set(entry.name, entry);
  const index: Descriptor[] = [];
  for (const one of saved) {
    const manifest = manifestOf(one.image, files);
    index.push(...described(manifest, one));
    put({ name: pathOf(sha256(manifest)), text: manifest });
    put({ name: pathOf(one.image.id), text: files.configOf(one.image.id) });
    for (const { diffID } of one.image.layers) put({ name: pathOf(diffID), file: files.layerOf(diffID) });
  }
  const list = saved.map(({ image, names }) => ({
    Config: pathOf(image.id),
    RepoTags: names.length ? names.map(familiarName) : null,
    Layers: image.layers.map(({ diffID }) => pathOf(diffID)),
    LayerSources: Object.fromEntries(
      image.layers.map(({ diffID }) => [
        diffID,
        { mediaType: OCI_LAYER, size: files.layerOf(diffID).size, digest: diffID },
      ]),
    ),
  }));
  const repositories = repositoriesOf(saved);
  return [
    { name: 'blobs/' },
    { name: `${BLOBS}/` },
    ...[...blobs.values()].sort((a, b) => (a.name < b.name ? -1 : 1)),
    { name: 'index.json', text: JSON.stringify({ schemaVersion: 2, mediaType: OCI_INDEX, manifests: index }) },
    { name: 'manifest.json', text: JSON.stringify(list) },
    { name: 'oci-layout', text: JSON.stringify({ imageLayoutVersion: '1.0.0' }) },
    ...(Object.keys(repositories).length ? [{ name: 'repositories', text: JSON.stringify(repositories) }] : []),
  ];
}
