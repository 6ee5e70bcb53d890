/**
 * Removes what no manifest needs. It may run while the registry serves: what was stored or looked at lately stays, and
 * a blob is taken aside first and brought back when it has been linked in the meantime.
 */
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { digestOfHex, hexOf } from './digest.ts';
import { neededBy, parseDocument, subjectOf, type Document } from './document.ts';
import { removeReferrer } from './referrers.ts';
import type { Storage } from './storage.ts';

export interface GarbageOptions {
  /** younger files stay; in milliseconds */
  older: number;
  /** also manifests that have no tag, are in no index, and say nothing about a manifest that stays */
  untagged: boolean;
  /** only count */
  dryRun: boolean;
}
export interface Garbage {
  manifests: number;
  blobs: number;
  /** the size of the blobs and manifests that were removed from the disk */
  bytes: number;
}

const digestsIn = async (storage: Storage, name: string, kind: '_blobs' | '_manifests'): Promise<string[]> =>
  (await storage.entries(name, kind)).map(digestOfHex).filter((digest) => digest !== undefined);

function isOld(path: string, older: number): boolean {
  const stat = statSync(path, { throwIfNoEntry: false });
  return stat !== undefined && Date.now() - stat.mtimeMs >= older;
}

/** The manifests to keep: the tagged ones, those in kept indexes, and those whose subject is kept. */
function kept(documents: ReadonlyMap<string, Document>, tagged: readonly string[]): Set<string> {
  const found = new Set<string>();
  const waiting = [...tagged];
  for (;;) {
    for (let digest = waiting.pop(); digest !== undefined; digest = waiting.pop()) {
      const document = documents.get(digest);
      if (!document || found.has(digest)) continue;
      found.add(digest);
      waiting.push(...neededBy(document).manifests);
    }
    for (const [digest, document] of documents)
      if (!found.has(digest) && found.has(subjectOf(document) ?? '')) waiting.push(digest);
    if (!waiting.length) return found;
  }
}

async function cleanRepository(storage: Storage, name: string, options: GarbageOptions): Promise<Garbage> {
  const documents = new Map<string, Document>();
  for (const digest of await digestsIn(storage, name, '_manifests'))
    documents.set(digest, parseDocument(storage.manifest(name, digest).bytes));
  const gone = { manifests: 0, blobs: 0, bytes: 0 };
  if (options.untagged) {
    const tags = await storage.entries(name, '_tags');
    const keep = kept(
      documents,
      tags.map((tag) => storage.tagged(name, tag)).filter((digest) => digest !== undefined),
    );
    for (const [digest, document] of documents) {
      if (keep.has(digest) || !isOld(storage.path(name, '_manifests', hexOf(digest)), options.older)) continue;
      gone.manifests++;
      documents.delete(digest);
      if (options.dryRun) continue;
      removeReferrer(storage, name, digest, document);
      await storage.deleteManifest(name, digest);
    }
  }
  const needed = new Set([...documents.values()].flatMap((document) => neededBy(document).blobs));
  for (const digest of await digestsIn(storage, name, '_blobs')) {
    const link = storage.path(name, '_blobs', hexOf(digest));
    if (needed.has(digest) || !isOld(link, options.older)) continue;
    gone.blobs++;
    if (!options.dryRun) rmSync(link, { force: true });
  }
  return gone;
}

/** Throws Error when a manifest in the storage cannot be read: then nothing more is removed. */
export async function collectGarbage(storage: Storage, options: GarbageOptions): Promise<Garbage> {
  const total: Garbage = { manifests: 0, blobs: 0, bytes: 0 };
  for (const name of await storage.allNames()) {
    const { manifests, blobs } = await cleanRepository(storage, name, options);
    total.manifests += manifests;
    total.blobs += blobs;
  }
  if (!options.dryRun) total.bytes = await removeUnlinked(storage, options.older);
  return total;
}

/** Every digest that a repository has. */
async function linked(storage: Storage): Promise<Set<string>> {
  const found = new Set<string>();
  for (const name of await storage.allNames())
    for (const kind of ['_blobs', '_manifests'] as const)
      for (const digest of await digestsIn(storage, name, kind)) found.add(digest);
  return found;
}

async function removeUnlinked(storage: Storage, older: number): Promise<number> {
  const trash = join(storage.root, 'trash');
  mkdirSync(trash, { recursive: true, mode: 0o700 });
  // a collection that was cut off left these
  await settle(storage, trash);
  const before = await linked(storage);
  for (const algorithm of ['sha256', 'sha512'])
    for (const hex of readdirSync(join(storage.root, 'blobs', algorithm))) {
      const digest = digestOfHex(hex);
      if (digest === undefined || before.has(digest) || !isOld(storage.blobPath(digest), older)) continue;
      renameSync(storage.blobPath(digest), join(trash, hex));
    }
  return settle(storage, trash);
}

/** Brings back what a repository has by now, and removes the rest. Returns the bytes of what was removed. */
async function settle(storage: Storage, trash: string): Promise<number> {
  const now = await linked(storage);
  let bytes = 0;
  for (const hex of readdirSync(trash)) {
    const digest = digestOfHex(hex);
    const path = join(trash, hex);
    if (digest !== undefined && now.has(digest) && !existsSync(storage.blobPath(digest)))
      renameSync(path, storage.blobPath(digest));
    else {
      bytes += statSync(path).size;
      rmSync(path);
    }
  }
  return bytes;
}
