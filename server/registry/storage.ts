/**
 * How the registry stores what was pushed:
 *
 *   <root>/blobs/<algorithm>/<hex>                       every blob and manifest, once
 *   <root>/repositories/<name>/_blobs/<hex>              an empty file: this repository has that blob
 *   <root>/repositories/<name>/_manifests/<hex>          the manifest's media type
 *   <root>/repositories/<name>/_tags/<tag>               the manifest's digest
 *   <root>/repositories/<name>/_referrers/<hex>/<hex>    the descriptor of a manifest whose subject is the first digest
 *   <root>/uploads/<uuid>                                a blob that is being uploaded: uploads.ts
 *
 * No component of a name begins with `_`, so names cannot collide with these directories.
 */
import { existsSync, readFileSync, rmSync, statSync, utimesSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { makeDirectories } from '../../runtime/kernel/make-directories.ts';
import { isPath, isTag } from '../../runtime/image/manifest/reference.ts';
import { algorithmOf, checkDigest, digestOf, hexOf, isDigest, type Algorithm } from './digest.ts';
import { RegistryRefusal } from './error.ts';
import { Files } from './files.ts';

/**
 * A link that was looked at is as young as a new one for the garbage collection; it is not renewed more often than
 * this.
 */
const RENEW_MS = 300_000;

/** Refuses an invalid name, so that the name can be used as a path. */
export function checkName(name: string): string {
  if (!isPath(name))
    throw new RegistryRefusal('NAME_INVALID', `invalid repository name ${JSON.stringify(name.slice(0, 100))}`);
  return name;
}

export interface StoredManifest {
  bytes: Buffer;
  mediaType: string;
  digest: string;
}
type Kind = '_blobs' | '_manifests' | '_tags' | '_referrers';

export class Storage {
  readonly files: Files;
  constructor(
    readonly root: string,
    durable = false,
  ) {
    for (const dir of ['blobs/sha256', 'blobs/sha512', 'repositories', 'uploads'])
      makeDirectories(join(root, dir), 0o700);
    this.files = new Files(join(root, 'uploads'), durable);
  }

  path(name: string, kind: Kind, ...rest: string[]): string {
    return join(this.root, 'repositories', checkName(name), kind, ...rest);
  }
  blobPath(digest: string): string {
    return join(this.root, 'blobs', algorithmOf(digest), hexOf(digest));
  }

  hasBlob(name: string, digest: string): boolean {
    const link = this.path(name, '_blobs', hexOf(digest));
    const linked = statSync(link, { throwIfNoEntry: false });
    if (!linked || !existsSync(this.blobPath(digest))) return false;
    const now = new Date();
    if (now.getTime() - linked.mtimeMs > RENEW_MS)
      try {
        utimesSync(link, now, now);
      } catch {
        // the storage may be read-only, or the link has just been removed
      }
    return true;
  }
  blobSize(name: string, digest: string): number {
    if (!this.hasBlob(name, digest)) throw new RegistryRefusal('BLOB_UNKNOWN', `blob unknown to registry: ${digest}`);
    return statSync(this.blobPath(digest)).size;
  }
  /** Moves a finished and checked upload to the blobs. */
  async adoptBlob(name: string, digest: string, path: string): Promise<void> {
    await this.files.move(path, this.blobPath(digest));
    await this.#link(name, digest);
  }
  #link(name: string, digest: string): Promise<void> {
    return this.files.write(this.path(name, '_blobs', hexOf(digest)), '');
  }
  /**
   * Gives a stored blob to another repository as well. Returns false when the blob is not there: in the repository
   * `from`, or without `from` in none.
   */
  async mountBlob(name: string, digest: string, from?: string): Promise<boolean> {
    const there = () => (from === undefined ? existsSync(this.blobPath(digest)) : this.hasBlob(from, digest));
    if (!there()) return false;
    await this.#link(name, digest);
    // the garbage collection may have taken the blob before it could see the link
    if (there()) return true;
    rmSync(this.path(name, '_blobs', hexOf(digest)), { force: true });
    return false;
  }
  unlinkBlob(name: string, digest: string): void {
    this.blobSize(name, digest);
    rmSync(this.path(name, '_blobs', hexOf(digest)));
  }

  /** The manifest for a tag or a digest. Throws RegistryRefusal MANIFEST_UNKNOWN. */
  manifest(name: string, reference: string): StoredManifest {
    const digest = isDigest(reference) ? reference : this.tagged(name, reference);
    const known = digest ? this.path(name, '_manifests', hexOf(digest)) : undefined;
    if (!digest || !known || !existsSync(known))
      throw new RegistryRefusal('MANIFEST_UNKNOWN', `manifest unknown: ${name} has no ${reference.slice(0, 140)}`);
    return { bytes: readFileSync(this.blobPath(digest)), mediaType: readFileSync(known, 'utf8'), digest };
  }
  /** The digest that a tag points to. */
  tagged(name: string, tag: string): string | undefined {
    const path = isTag(tag) ? this.path(name, '_tags', tag) : undefined;
    return path && existsSync(path) ? readFileSync(path, 'utf8') : undefined;
  }
  hasManifest(name: string, digest: string): boolean {
    return existsSync(this.path(name, '_manifests', hexOf(digest)));
  }
  /** Stores a manifest under the digest of this algorithm and returns the digest. */
  async putManifest(name: string, bytes: Buffer, mediaType: string, algorithm: Algorithm = 'sha256'): Promise<string> {
    const digest = digestOf(algorithm, bytes);
    await this.files.write(this.blobPath(digest), bytes);
    await this.files.write(this.path(name, '_manifests', hexOf(digest)), mediaType);
    return digest;
  }
  putTag(name: string, tag: string, digest: string): Promise<void> {
    return this.files.write(this.path(name, '_tags', tag), checkDigest(digest));
  }
  /** Deletes a tag alone, or a manifest with all tags that point to it. */
  async deleteManifest(name: string, reference: string): Promise<void> {
    const { digest } = this.manifest(name, reference);
    if (!isDigest(reference)) return rmSync(this.path(name, '_tags', reference));
    for (const tag of await this.tags(name))
      if (this.tagged(name, tag) === digest) rmSync(this.path(name, '_tags', tag), { force: true });
    rmSync(this.path(name, '_manifests', hexOf(digest)), { force: true });
  }

  /** The names in a directory of the repository, sorted as bytes; none when it is absent. */
  async entries(name: string, kind: Kind, ...rest: string[]): Promise<string[]> {
    const names = await readdir(this.path(name, kind, ...rest)).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return [];
      throw error;
    });
    return names.sort();
  }
  /** The tags, sorted as bytes. Throws RegistryRefusal NAME_UNKNOWN. */
  async tags(name: string): Promise<string[]> {
    if (!existsSync(this.path(name, '_manifests')))
      throw new RegistryRefusal('NAME_UNKNOWN', `repository name not known to registry: ${name}`);
    return this.entries(name, '_tags');
  }
  /** The names of the repositories that have one of these directories, sorted as bytes. */
  async #names(...kinds: Kind[]): Promise<string[]> {
    const names: string[] = [];
    const waiting = [''];
    for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
      const entries = await readdir(join(this.root, 'repositories', path), { withFileTypes: true });
      if (kinds.some((kind) => entries.some(({ name }) => name === kind))) names.push(path);
      for (const entry of entries)
        if (entry.isDirectory() && !entry.name.startsWith('_')) waiting.push(join(path, entry.name));
    }
    return names.sort();
  }
  /** The repositories that have had a manifest. */
  repositories = (): Promise<string[]> => this.#names('_manifests');
  /** The repositories, also those that have blobs only. */
  allNames = (): Promise<string[]> => this.#names('_manifests', '_blobs');
}
