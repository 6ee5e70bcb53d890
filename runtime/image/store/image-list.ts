/** <root>/images.json: the images and their names. The whole file is written at every change. */
import { lstatSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeDurably } from '../../data-root/atomic-file.ts';
import { isDigest } from '../manifest/digest.ts';
import { Checked } from '../../json/checked.ts';
import { familiarName, parseReference } from '../manifest/reference.ts';

export interface ImageRecord {
  /** the config's digest; the config is stored as a blob */
  id: string;
  /** digest of the manifest, which is a blob too; absent for images made here, until they are pushed */
  manifest?: string;
  /** the blobs of the layers, the lowest first; empty when the blobs were not kept */
  blobs: { digest: string; size: number; mediaType: string }[];
  practice: boolean;
  /** ms since 1970 */
  added: number;
  /**
   * set when the image was removed by force while stopped containers used it: no client sees it, and it is removed with
   * the last of these containers
   */
  removed?: true;
}
export interface ImageList {
  images: Map<string, ImageRecord>;
  /** 'docker.io/library/ubuntu:latest' and 'docker.io/library/ubuntu@sha256:…' → id */
  names: Map<string, string>;
}

/** The names of each image. */
export function namesById({ names }: ImageList): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (const [name, id] of names) {
    const before = found.get(id);
    if (before) before.push(name);
    else found.set(id, [name]);
  }
  return found;
}

export const imageListPath = (root: string) => join(root, 'images.json');

function readRecord(value: unknown): ImageRecord {
  const from = Checked.of('an entry of images.json', value);
  const manifest = from.optional('manifest');
  const blobs = from.list('blobs', 1000).map((blob) => {
    const one = Checked.of('a blob of images.json', blob);
    return {
      digest: one.string('digest'),
      size: one.integer('size', Number.MAX_SAFE_INTEGER),
      mediaType: one.string('mediaType'),
    };
  });
  const id = from.string('id');
  if (!isDigest(id)) throw from.wrong('id', 'a digest');
  return {
    id,
    ...(manifest && { manifest }),
    blobs,
    practice: from.raw('practice') === true,
    added: from.integer('added', Number.MAX_SAFE_INTEGER),
    ...(from.raw('removed') === true && { removed: true }),
  };
}

/**
 * An absent file is an empty list. A damaged file is an error that names it, because the file is written atomically and
 * is never incomplete.
 */
export function readImageList(root: string): ImageList {
  const stat = lstatSync(imageListPath(root), { throwIfNoEntry: false });
  if (!stat) return { images: new Map(), names: new Map() };
  if (!stat.isFile()) throw new Error(`${imageListPath(root)} is no file`);
  const from = Checked.parse(imageListPath(root), readFileSync(imageListPath(root)));
  const images = from.list('images', 1e6).map(readRecord);
  const names = Object.entries(from.map('names') ?? {}).filter(([name]) => isName(name));
  return { images: new Map(images.map((record) => [record.id, record])), names: new Map(names) };
}

function isName(name: string): boolean {
  try {
    return familiarName(parseReference(name)) !== '';
  } catch {
    return false; // the name is damaged or of another version of Drydock; the image itself stays
  }
}

export function writeImageList(root: string, { images, names }: ImageList): void {
  writeDurably(
    imageListPath(root),
    JSON.stringify({ version: 1, images: [...images.values()], names: Object.fromEntries(names) }, null, 1),
  );
}
