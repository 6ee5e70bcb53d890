/** <root>/images.json: which images there are and what they are called. Written whole at every change. */
import { lstatSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeDurably } from '../../data-root/atomic-file.ts';
import { isDigest } from '../manifest/digest.ts';
import { Checked } from '../../json/checked.ts';
import { familiarName, parseReference } from '../manifest/reference.ts';

export interface ImageRecord {
  /** digest of the config, which is a blob */
  id: string;
  /** the manifest it came by, a blob too; images made here have none until they are pushed */
  manifest?: string;
  /** what the layers came as, lowest first; empty when their blobs were not kept */
  blobs: { digest: string; size: number; mediaType: string }[];
  practice: boolean;
  /** ms since 1970 */
  added: number;
  /** removed by force while stopped containers stood on it: no client sees it, and it goes with the last of them */
  removed?: true;
}
export interface ImageList {
  images: Map<string, ImageRecord>;
  /** 'docker.io/library/ubuntu:latest' and 'docker.io/library/ubuntu@sha256:…' → id */
  names: Map<string, string>;
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

/** An absent file is an empty list; a damaged one is an error that names it, for it is never half written. */
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
    return false; // a name of another version of Drydock, or damaged: the image itself stays
  }
}

export function writeImageList(root: string, { images, names }: ImageList): void {
  writeDurably(
    imageListPath(root),
    JSON.stringify({ version: 1, images: [...images.values()], names: Object.fromEntries(names) }, null, 1),
  );
}
