/**
 * What builds keep: images of instructions, caches of RUN --mount, directories of clients. `docker builder prune`,
 * `buildx du`.
 */
import type { BuildCache } from '../build/cache/cache.ts';
import type { KeptContexts } from '../build/context/kept-contexts.ts';
import type { CacheDirs } from '../build/mounts/cache-dirs.ts';
import type { Image } from '../image/manifest/image.ts';
import type { ImageStore } from '../image/store/store.ts';

export interface CacheUsage {
  id: string;
  /** 'regular' is an image of an instruction, 'source.local' the directory of a client */
  type: 'regular' | 'exec.cachemount' | 'source.local';
  description: string;
  /** a RUN has it, or another image stands on it */
  inUse: boolean;
  /** its layer is one of an image with a name */
  shared: boolean;
  /** in bytes */
  size: number;
  /** ms since 1970 */
  created: number;
  used?: number;
  uses?: number;
  parent?: string;
}
export interface PruneAsked {
  /** Only these are removed. */
  wants(usage: CacheUsage): boolean;
  /** Nothing more is removed when all that is left has at most so many bytes. */
  keepBytes?: number;
}

export class BuildUsage {
  constructor(
    private readonly images: ImageStore,
    private readonly cache: BuildCache,
    private readonly dirs: CacheDirs,
    private readonly contexts: KeptContexts,
    private readonly removeImage: (id: string) => Promise<boolean>,
  ) {}

  async list(): Promise<CacheUsage[]> {
    const images = this.cache.all().flatMap(({ image, parent, result }) => {
      const found = this.images.find(image);
      return found ? [this.#usageOf(found, parent, result ?? false)] : [];
    });
    const dirs = (await this.dirs.measured()).map(
      ({ id, description, inUse, size, created, used, uses }): CacheUsage => ({
        id,
        type: 'exec.cachemount',
        description,
        inUse,
        shared: false,
        size,
        created,
        used,
        uses,
      }),
    );
    const contexts = this.contexts
      .list()
      .map((one): CacheUsage => ({ ...one, type: 'source.local', inUse: false, shared: false }));
    return [...images, ...dirs, ...contexts];
  }

  #remove({ id, type }: CacheUsage): Promise<boolean> {
    if (type === 'regular') return this.removeImage(`sha256:${id}`);
    return type === 'source.local' ? this.contexts.remove(id) : this.dirs.remove(id);
  }

  #isUsed = (id: string): boolean => this.cache.isParent(id) || this.images.leases.has(id);

  #usageOf({ id, config, layers, tags, digests }: Image, parent: string, result: boolean): CacheUsage {
    const { created_by: by = '', empty_layer: isEmpty } = config.history?.at(-1) ?? {};
    return {
      id: id.replace('sha256:', ''),
      type: 'regular',
      description: by,
      inUse: this.#isUsed(id),
      shared: result || tags.length > 0 || digests.length > 0,
      size: isEmpty ? 0 : (layers.at(-1)?.size ?? 0),
      created: Date.parse(config.created ?? '') || 0,
      ...(parent && { parent: parent.replace('sha256:', '') }),
    };
  }

  /** Returns what was removed. What is in use, and what a user can know by its name or id, stays. */
  async prune({ wants, keepBytes = 0 }: PruneAsked): Promise<CacheUsage[]> {
    const removed: CacheUsage[] = [];
    // the newest first, so that what an image stood on can follow it
    const all = (await this.list()).sort((one, other) => other.created - one.created);
    let left = all.reduce((sum, { size }) => sum + size, 0);
    for (const one of all) {
      if (keepBytes && left <= keepBytes) break;
      const isImage = one.type === 'regular';
      const inUse = isImage ? this.#isUsed(`sha256:${one.id}`) : one.inUse;
      if (inUse || one.shared || !wants({ ...one, inUse })) continue;
      if (!(await this.#remove(one))) continue;
      removed.push(one);
      left -= one.size;
    }
    return removed;
  }
}
