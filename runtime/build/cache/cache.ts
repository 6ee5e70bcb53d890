/**
 * The build cache: which image came of which instruction on which parent.
 *
 *   <root>/build/cache.json   [{ parent, key, image }], the oldest first
 *
 * `key` is a hash of the instruction, the ARGs in scope, the config that it gives, and the hash of what it copies. The
 * files of the cache are the images themselves, so an image that was removed is no longer found.
 */
import { lstatSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { replaceWhole } from '../../data-root/atomic-file.ts';
import { Checked } from '../../json/checked.ts';
import { UnderWay } from './under-way.ts';
import { KeyPartsStore, type KeyParts } from './key-parts.ts';

export interface Entry {
  /** id of the image below; '' for the first of scratch */
  parent: string;
  key: string;
  image: string;
  /** the image was the result of a build, so a client may have its id */
  result?: true;
}
/** The oldest entries beyond this number are dropped. */
const MOST = 5000;

export class BuildCache {
  readonly #file: string;
  #entries: Entry[];
  readonly parts: KeyPartsStore;
  readonly underWay = new UnderWay();

  constructor(
    readonly root: string,
    private readonly exists: (image: string) => boolean,
  ) {
    mkdirSync(join(root, 'build'), { recursive: true, mode: 0o700 });
    this.#file = join(root, 'build/cache.json');
    this.#entries = this.#read();
    this.parts = new KeyPartsStore(root);
  }

  /** A cache that cannot be read is empty: what it saves is built again. */
  #read(): Entry[] {
    try {
      if (!lstatSync(this.#file, { throwIfNoEntry: false })?.isFile()) return [];
      return Checked.parse(this.#file, readFileSync(this.#file))
        .list('entries', MOST)
        .map((value) => {
          const from = Checked.of('an entry of cache.json', value);
          const result = from.flag('result') && { result: true as const };
          const parent = from.optional('parent') ?? '';
          return { parent, key: from.string('key'), image: from.string('image'), ...result };
        });
    } catch {
      return [];
    }
  }

  /** The newest image that this instruction made on this parent. */
  find(parent: string, key: string): string | undefined {
    return this.#entries.findLast((one) => one.parent === parent && one.key === key && this.exists(one.image))?.image;
  }

  /** The keys of the instructions that made the image, the first one first, as far as they are known. */
  keysTo(image: string): string[] {
    const keys: string[] = [];
    const seen = new Set<string>();
    for (let at = image; at && !seen.has(at);) {
      seen.add(at);
      const made = this.#entries.findLast((one) => one.image === at);
      if (!made) break;
      keys.unshift(made.key);
      at = made.parent;
    }
    return keys;
  }

  /** All that were built on this parent, or with this key, the newest first. */
  known(by: { parent: string } | { key: string }): readonly Entry[] {
    const isWanted = (one: Entry) => ('parent' in by ? one.parent === by.parent : one.key === by.key);
    return this.#entries.filter((one) => isWanted(one) && this.exists(one.image)).reverse();
  }

  add(entry: Entry, parts: KeyParts): void {
    const others = this.#entries.filter((one) => one.image !== entry.image || one.key !== entry.key);
    for (const { image } of others.slice(0, -(MOST - 1))) this.parts.forget(image);
    this.#entries = [...others.slice(-(MOST - 1)), entry];
    this.parts.save(entry.image, parts);
    this.#save();
  }

  /** Each image of the cache once, the newest first. */
  all(): readonly Entry[] {
    const known = new Map(this.#entries.filter(({ image }) => this.exists(image)).map((one) => [one.image, one]));
    return [...known.values()].reverse();
  }

  /** Keeps the image from being removed as a mere part of the cache. */
  finished(image: string): void {
    const made = this.#entries.filter((one) => one.image === image && !one.result);
    for (const one of made) one.result = true;
    if (made.length) this.#save();
  }

  /** True for an image on which another one was built. */
  isParent = (image: string): boolean => this.#entries.some((one) => one.parent === image && this.exists(one.image));

  /** The image on which a build here made this one, while it is there; otherwise empty. */
  parentOf(image: string): string {
    const parent = this.#entries.findLast((one) => one.image === image)?.parent ?? '';
    return parent && this.exists(parent) ? parent : '';
  }

  /** Forgets a removed image. Returns its parent in this cache. */
  forget(image: string): string | undefined {
    const own = this.#entries.find((one) => one.image === image);
    if (!own) return undefined;
    this.#entries = this.#entries.filter((one) => one.image !== image);
    this.parts.forget(image);
    this.#save();
    return own.parent || undefined;
  }

  #save(): void {
    replaceWhole(this.#file, JSON.stringify({ entries: this.#entries }));
  }
}
