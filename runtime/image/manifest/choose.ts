/**
 * Chooses one manifest from an index: OCI image spec, "Image Index".
 *
 *   entry with a platform       ── matches ──▶ manifest
 *   entry that is an index      ── fetch ────▶ its entries, in the same way
 *   entry without a platform    ── fetch ────▶ manifest ── fetch ──▶ its config has the platform
 */
import { ApiError } from '../../errors/api-error.ts';
import type { Descriptor, Index, Manifest, Platform } from './manifest.ts';
import { indexTypes } from './media-types.ts';
import { candidates, matches, NoMatch } from './platform.ts';

/** Fetches a registry's documents by digest. */
export interface Shelf {
  document(digest: string): Promise<{ document: Index | Manifest; bytes: Buffer }>;
  /** The platform that the manifest's config states. */
  platform(manifest: Manifest): Promise<Platform>;
}
/** `fetched` holds the manifest and its bytes when they had to be fetched for the choice. */
export interface Chosen {
  digest: string;
  platform: Platform;
  fetched?: { manifest: Manifest; bytes: Buffer };
}

const MOST_LEVELS = 4;
const MOST_LOOKED_AT = 50;

class Search {
  #lookedAt = 0;
  /** why an entry without a platform was skipped; an index may also hold attestations and charts */
  passedOver: ApiError | undefined;
  constructor(
    private readonly shelf: Shelf,
    private readonly wanted: Platform,
  ) {}

  async among(index: Index, level = 1): Promise<Chosen | undefined> {
    if (level > MOST_LEVELS) throw new ApiError(500, `the index holds indexes more than ${MOST_LEVELS} levels deep`);
    for (const entry of candidates(index, this.wanted)) {
      if (entry.platform && !indexTypes.includes(entry.mediaType))
        return { digest: entry.digest, platform: entry.platform };
      const found = await this.#at(entry, level).catch((error: unknown) => this.#passOver(entry, error));
      if (found) return found;
    }
    return undefined;
  }

  #passOver(entry: Descriptor, error: unknown): undefined {
    if (entry.platform || !(error instanceof ApiError) || error.status !== 500) throw error;
    this.passedOver ??= error;
  }

  async #at(entry: Descriptor, level: number): Promise<Chosen | undefined> {
    if (++this.#lookedAt > MOST_LOOKED_AT)
      throw new ApiError(500, `the index names more than ${MOST_LOOKED_AT} manifests without a platform`);
    const { document, bytes } = await this.shelf.document(entry.digest);
    if (document.kind === 'index') return this.among(document, level + 1);
    const platform = entry.platform ?? (await this.shelf.platform(document));
    return matches(this.wanted, platform)
      ? { digest: entry.digest, platform, fetched: { manifest: document, bytes } }
      : undefined;
  }
}

/** Throws ApiError 404 in docker's words when no manifest matches, and what the shelf throws. */
export async function chooseManifest(index: Index, wanted: Platform, shelf: Shelf): Promise<Chosen> {
  const search = new Search(shelf, wanted);
  const found = await search.among(index);
  if (!found) throw search.passedOver ?? new NoMatch(wanted);
  return found;
}
