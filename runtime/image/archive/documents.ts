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
/** What an exporter of a build is told of its image: `docker build --output type=oci`. */
export interface SavedAs {
  /** 'oci': without the documents that older versions of docker read */
  layout: 'oci' | 'docker';
  /** in place of those that the store has, each with a tag */
  names: Reference[];
  /** of the manifest, and of its entry in index.json: OCI image spec, "Annotations" */
  annotations: Readonly<Record<string, string>>;
  descriptor: Readonly<Record<string, string>>;
}
export interface Descriptor {
  mediaType: string;
  digest: string;
  size: number;
  platform?: object;
  annotations?: Record<string, string>;
}

const BLOBS = 'blobs/sha256';
const pathOf = (digest: string): string => `${BLOBS}/${hexOf(digest)}`;

function manifestOf({ config, id, layers }: Image, { configOf, layerOf }: SavedFiles, annotations = {}): string {
  const { architecture, os, variant } = config;
  const platform = { architecture, os, ...(variant && { variant }) };
  return JSON.stringify({
    schemaVersion: 2,
    mediaType: OCI_MANIFEST,
    config: { mediaType: OCI_CONFIG, digest: id, size: Buffer.byteLength(configOf(id)), platform },
    layers: layers.map(({ diffID }) => ({ mediaType: OCI_LAYER, digest: diffID, size: layerOf(diffID).size })),
    ...(Object.keys(annotations).length && { annotations }),
  });
}

/** One entry of index.json for each name, or one without a name. */
function described(manifest: string, { image, names }: SavedImage, annotations = {}): Descriptor[] {
  const { architecture, os, variant } = image.config;
  const bare: Descriptor = {
    mediaType: OCI_MANIFEST,
    digest: sha256(manifest),
    size: Buffer.byteLength(manifest),
    platform: { architecture, os, ...(variant && { variant }) },
    ...(Object.keys(annotations).length && { annotations }),
  };
  if (!names.length) return [bare];
  return names.map((name) => ({
    ...bare,
    annotations: {
      ...annotations,
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

/** All entries of the archive, sorted by name, and what index.json lists. */
export function documentsOf(
  saved: readonly SavedImage[],
  files: SavedFiles,
  as?: SavedAs,
): { entries: ArchiveEntry[]; index: Descriptor[] } {
  const blobs = new Map<string, ArchiveEntry>();
  const put = (entry: ArchiveEntry) => blobs.set(entry.name, entry);
  const index: Descriptor[] = [];
  for (const one of saved) {
    const manifest = manifestOf(one.image, files, as?.annotations);
    index.push(...described(manifest, one, as?.descriptor));
    put({ name: pathOf(sha256(manifest)), text: manifest });
    put({ name: pathOf(one.image.id), text: files.configOf(one.image.id) });
    for (const { diffID } of one.image.layers) put({ name: pathOf(diffID), file: files.layerOf(diffID) });
  }
  const older = as?.layout === 'oci' ? [] : olderDocuments(saved, files);
  const entries = [
    { name: 'blobs/' },
    { name: `${BLOBS}/` },
    ...[...blobs.values()].sort((a, b) => (a.name < b.name ? -1 : 1)),
    { name: 'index.json', text: JSON.stringify({ schemaVersion: 2, mediaType: OCI_INDEX, manifests: index }) },
    ...older.filter(({ name }) => name < 'oci-layout'),
    { name: 'oci-layout', text: JSON.stringify({ imageLayoutVersion: '1.0.0' }) },
    ...older.filter(({ name }) => name > 'oci-layout'),
  ];
  return { entries, index };
}

/** manifest.json and repositories. */
function olderDocuments(saved: readonly SavedImage[], files: SavedFiles): ArchiveEntry[] {
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
    { name: 'manifest.json', text: JSON.stringify(list) },
    ...(Object.keys(repositories).length ? [{ name: 'repositories', text: JSON.stringify(repositories) }] : []),
  ];
}
