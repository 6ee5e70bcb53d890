/**
 * Which images an archive has, in one of two layouts:
 *
 *   docker  manifest.json ──▶ config, layers           each a name in the archive
 *   OCI     index.json ──▶ (index ──▶) manifest ──▶ config, layers    each a digest in blobs/sha256
 *
 * docker writes both since version 25; then manifest.json is read, because it has all names.
 */
import { badParameter } from '../../errors/api-error.ts';
import { Checked } from '../../json/checked.ts';
import { parseJson } from '../../json/parse-json.ts';
import { readConfig } from '../manifest/config.ts';
import { isDigest } from '../manifest/digest.ts';
import type { Platform } from '../manifest/manifest.ts';
import { OCI_LAYER } from '../manifest/media-types.ts';
import { matches, showPlatform } from '../manifest/platform.ts';
import { checkTag, parseReference, type Reference } from '../manifest/reference.ts';
import { ArchivedFiles } from './archived-file.ts';
import type { ArchivedImage } from './archived-image.ts';
import { imagesOfIndex } from './oci-layout.ts';
import type { ArchiveFile, Received } from './receive.ts';

const MOST_IMAGES = 1000;
/** For all images together, because the list of images is read and written as a whole. */
const MOST_NAMES = 5000;

/** Throws ApiError 400 or 500 that names what is wrong. */
export async function imagesIn(received: Received, platform?: Platform): Promise<ArchivedImage[]> {
  const files = new ArchivedFiles(received);
  const found = files.has('manifest.json')
    ? imagesOfManifest(files)
    : files.has('index.json')
      ? await imagesOfIndex(files, platform)
      : undefined;
  if (!found) throw badParameter('the archive has neither manifest.json nor index.json: it holds no images');
  const images = found.map(checked);
  if (!platform) return images;
  const wanted = images.filter(({ config }) => matches(platform, config));
  if (!wanted.length) throw badParameter(`no image of the archive is for the platform ${showPlatform(platform)}`);
  return wanted;
}

function checked(image: ArchivedImage): ArchivedImage {
  const [layers, diffIDs] = [image.layers.length, image.config.rootfs.diff_ids.length];
  if (layers !== diffIDs)
    throw badParameter(`invalid manifest, layers length mismatch: expected ${layers}, got ${diffIDs}`);
  return image;
}

/** `docker save`: a list of {"Config", "RepoTags", "Layers"}, where files are names in the archive. */
function imagesOfManifest(files: ArchivedFiles): ArchivedImage[] {
  const bytes = files.bytes(files.file('manifest.json'), 'manifest.json');
  let list: unknown;
  try {
    list = parseJson(bytes.toString('utf8'));
  } catch (cause) {
    throw badParameter(`manifest.json is not JSON: ${(cause as Error).message}`);
  }
  if (!Array.isArray(list) || list.length > MOST_IMAGES)
    throw badParameter(`manifest.json is not a list of at most ${MOST_IMAGES} images`);
  let names = 0;
  return list.map((entry, j) => {
    const from = Checked.of(`image ${j} of manifest.json`, entry);
    const tags = from.strings('RepoTags') ?? [];
    names += tags.length;
    if (names > MOST_NAMES)
      throw badParameter(`manifest.json has more than ${MOST_NAMES} names; at most so many are taken`);
    const name = from.string('Config');
    const config = files.file(name);
    const configBytes = files.bytes(config, name);
    // the name of a config says its digest: sha256 in hex, with or without .json
    const promised = /(?:^|\/)([a-f0-9]{64})(?:\.json)?$/.exec(name)?.[1];
    if (promised && config.digest !== `sha256:${promised}`)
      throw badParameter(`the config ${name} of the archive has the digest ${config.digest}`);
    return {
      config: readConfig(configBytes),
      configBytes,
      id: config.digest,
      layers: (from.strings('Layers') ?? []).map((layer) => ({ ...layerFile(files, layer), mediaType: OCI_LAYER })),
      names: tags.map(nameOf),
    };
  });
}

/** A layer under blobs/sha256 has to have the digest that is its name. */
function layerFile(files: ArchivedFiles, name: string): ArchiveFile {
  const hex = /^blobs\/sha256\/([a-f0-9]{64})$/.exec(name)?.[1];
  return hex && isDigest(`sha256:${hex}`) ? files.blob(`sha256:${hex}`) : files.file(name);
}

function nameOf(text: string): Reference {
  const reference = parseReference(text);
  if (!reference.tag || reference.digest) throw badParameter(`invalid tag ${JSON.stringify(text.slice(0, 200))}`);
  checkTag(reference);
  return reference;
}
