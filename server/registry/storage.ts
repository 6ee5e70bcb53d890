/**
 * How the registry stores what was pushed:
 *
 *   <root>/blobs/sha256/<hex>                       every blob and manifest, once
 *   <root>/repositories/<name>/_blobs/<hex>         an empty file: this repository has that blob
 *   <root>/repositories/<name>/_manifests/<hex>     the manifest's media type
 *   <root>/repositories/<name>/_tags/<tag>          the manifest's digest
 *   <root>/uploads/<uuid>                           a blob that is being uploaded
 *
 * No component of a name begins with `_`, so names cannot collide with these directories.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { hexOf, isDigest, sha256 } from '../../runtime/image/manifest/digest.ts';
import { isPath, isTag } from '../../runtime/image/manifest/reference.ts';
import { RegistryRefusal } from './error.ts';

/** Refuses an invalid name, so that the name can be used as a path. */
export function checkName(name: string): string {
  if (!isPath(name))
    throw new RegistryRefusal('NAME_INVALID', `invalid repository name ${JSON.stringify(name.slice(0, 100))}`);
  return name;
}
export function checkDigest(digest: string | null | undefined): string {
  if (!isDigest(digest))
    throw new RegistryRefusal(
      'DIGEST_INVALID',
      `invalid digest ${JSON.stringify((digest ?? '').slice(0, 100))}: only sha256 is supported`,
    );
  return digest;
}

export class Storage {
  constructor(readonly root: string) {
    // an upload cannot be continued after its registry has ended
    rmSync(join(root, 'uploads'), { recursive: true, force: true });
    for (const dir of ['blobs/sha256', 'repositories', 'uploads'])
      mkdirSync(join(root, dir), { recursive: true, mode: 0o700 });
  }

  #own(name: string, kind: '_blobs' | '_manifests' | '_tags', entry = ''): string {
    return join(this.root, 'repositories', checkName(name), kind, entry);
  }
  blobPath(digest: string): string {
    return join(this.root, 'blobs/sha256', hexOf(digest));
  }
  uploadPath(id: string): string {
    return join(this.root, 'uploads', id);
  }
  /** Writes a temporary file and renames it, so that no reader sees an incomplete file. */
  #write(path: string, content: Buffer | string): void {
    const partial = join(this.root, 'uploads', `${randomUUID()}.part`);
    writeFileSync(partial, content, { mode: 0o600 });
    mkdirSync(join(path, '..'), { recursive: true, mode: 0o700 });
    renameSync(partial, path);
  }

  hasBlob(name: string, digest: string): boolean {
    return existsSync(this.#own(name, '_blobs', hexOf(digest))) && existsSync(this.blobPath(digest));
  }
  blobSize(name: string, digest: string): number {
    if (!this.hasBlob(name, digest)) throw new RegistryRefusal('BLOB_UNKNOWN', `blob unknown to registry: ${digest}`);
    return statSync(this.blobPath(digest)).size;
  }
  /** Moves a finished and checked upload to the blobs. */
  adoptBlob(name: string, digest: string, path: string): void {
    renameSync(path, this.blobPath(digest));
    this.linkBlob(name, digest);
  }
  linkBlob(name: string, digest: string): void {
    this.#write(this.#own(name, '_blobs', hexOf(digest)), '');
  }
  unlinkBlob(name: string, digest: string): void {
    this.blobSize(name, digest);
    rmSync(this.#own(name, '_blobs', hexOf(digest)));
  }

  /** The manifest for a tag or a digest. Throws RegistryRefusal MANIFEST_UNKNOWN. */
  manifest(name: string, reference: string): { bytes: Buffer; mediaType: string; digest: string } {
    const digest = isDigest(reference) ? reference : this.#tagged(name, reference);
    const known = digest ? this.#own(name, '_manifests', hexOf(digest)) : undefined;
    if (!digest || !known || !existsSync(known))
      throw new RegistryRefusal('MANIFEST_UNKNOWN', `manifest unknown: ${name} has no ${reference.slice(0, 128)}`);
    return { bytes: readFileSync(this.blobPath(digest)), mediaType: readFileSync(known, 'utf8'), digest };
  }
  #tagged(name: string, tag: string): string | undefined {
    const path = isTag(tag) ? this.#own(name, '_tags', tag) : undefined;
    return path && existsSync(path) ? readFileSync(path, 'utf8') : undefined;
  }
  hasManifest(name: string, digest: string): boolean {
    return existsSync(this.#own(name, '_manifests', hexOf(digest)));
  }
  /** Stores a manifest and returns its digest. */
  putManifest(name: string, bytes: Buffer, mediaType: string, tag?: string): string {
    const digest = sha256(bytes);
    this.#write(this.blobPath(digest), bytes);
    this.#write(this.#own(name, '_manifests', hexOf(digest)), mediaType);
    if (tag) this.#write(this.#own(name, '_tags', tag), digest);
    return digest;
  }
  /** Deletes a tag alone, or a manifest with all tags that point to it. */
  deleteManifest(name: string, reference: string): void {
    const { digest } = this.manifest(name, reference);
    if (!isDigest(reference)) return rmSync(this.#own(name, '_tags', reference));
    for (const tag of this.tags(name)) if (this.#tagged(name, tag) === digest) rmSync(this.#own(name, '_tags', tag));
    rmSync(this.#own(name, '_manifests', hexOf(digest)));
  }

  /** The tags, sorted as bytes. Throws RegistryRefusal NAME_UNKNOWN. */
  tags(name: string): string[] {
    if (!existsSync(this.#own(name, '_manifests')))
      throw new RegistryRefusal('NAME_UNKNOWN', `repository name not known to registry: ${name}`);
    const dir = this.#own(name, '_tags');
    return existsSync(dir) ? readdirSync(dir).sort() : [];
  }
  repositories(): string[] {
    const below = (path: string): string[] =>
      readdirSync(join(this.root, 'repositories', path), { withFileTypes: true }).flatMap((entry) => {
        if (entry.name === '_manifests') return [path];
        return entry.isDirectory() && !entry.name.startsWith('_')
          ? below(path ? `${path}/${entry.name}` : entry.name)
          : [];
      });
    return below('').sort();
  }
}
