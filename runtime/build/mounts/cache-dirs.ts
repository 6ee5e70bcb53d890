/**
 * The directories of `RUN --mount=type=cache`, which outlive builds and daemons.
 *
 *   <root>/build-mounts/HASH-N/record.json   { id, key, description, created, used, uses, size }
 *   <root>/build-mounts/HASH-N/data/         what the RUNs see
 *
 * HASH names the key: the cache's id, what it begins with, and its owner. N tells directories with the same key apart:
 * a RUN that shares with no other gets a second one while the first is in use.
 */
import { createHash } from 'node:crypto';
import { existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { replaceWhole } from '../../data-root/atomic-file.ts';
import { Checked } from '../../json/checked.ts';
import { runJob } from '../../kernel/jobs.ts';
import { removeTree } from '../../kernel/tree/remove-tree.ts';
import '../../volume/copy-up/jobs.ts';
import type { Sharing } from './run-mount.ts';

export interface CacheRecord {
  /** name of its directory */
  id: string;
  key: string;
  description: string;
  /** ms since 1970 */
  created: number;
  used: number;
  uses: number;
  /** in bytes, as it was when the last RUN ended */
  size: number;
}
export interface HeldCache {
  /** the directory that is mounted */
  data: string;
  release(): void;
}
export interface CacheAsked {
  key: string;
  description: string;
  sharing: Sharing;
  /** Fills the new directory before it is used. */
  begin(data: string): Promise<void>;
}

/** Above one of these the caches that were not used for the longest time are removed. */
const BYTES_MOST = 20 * 2 ** 30;
const NUMBER_MOST = 500;
const TIME_MOST = Number.MAX_SAFE_INTEGER;

interface Holding {
  sharing: Sharing;
  count: number;
}

export class CacheDirs {
  readonly #dir: string;
  #records: Map<string, CacheRecord> | undefined;
  readonly #holding = new Map<string, Holding>();
  /** resolved at each release */
  #waiting: (() => void)[] = [];
  /** those whose size may have changed since it was measured */
  readonly #used = new Set<string>();

  constructor(
    root: string,
    private readonly most = { bytes: BYTES_MOST, number: NUMBER_MOST },
  ) {
    this.#dir = join(root, 'build-mounts');
  }

  list(): (CacheRecord & { inUse: boolean })[] {
    return [...this.#all().values()].map((one) => ({ ...one, inUse: this.#holding.has(one.id) }));
  }

  /** Waits for a locked one as long as another RUN has it. Rejects when `signal` is aborted. */
  async hold({ key, description, sharing, begin }: CacheAsked, signal: AbortSignal): Promise<HeldCache> {
    for (;;) {
      signal.throwIfAborted();
      const id = this.#choose(key, sharing);
      if (id === undefined) {
        await this.#released(signal);
        continue;
      }
      const held = this.#take(id, sharing);
      try {
        await this.#ready(id, { key, description, begin });
        return held;
      } catch (error) {
        held.release();
        throw error;
      }
    }
  }

  /** A directory that the RUN may have now, or the name of a new one; undefined when it has to wait. */
  #choose(key: string, sharing: Sharing): string | undefined {
    const hash = createHash('sha256').update(key).digest('hex').slice(0, 32);
    const names = [...new Set([...this.#all().keys(), ...this.#holding.keys()])].filter((id) =>
      id.startsWith(`${hash}-`),
    );
    const shared = names.find((id) => this.#holding.get(id)?.sharing === 'shared');
    if (sharing === 'shared' && shared) return shared;
    const free = names.find((id) => !this.#holding.has(id));
    if (free) return free;
    if (names.length && sharing === 'locked') return undefined;
    for (let n = 0; ; n++) if (!names.includes(`${hash}-${n}`)) return `${hash}-${n}`;
  }

  #take(id: string, sharing: Sharing): HeldCache {
    const holding = this.#holding.get(id) ?? { sharing, count: 0 };
    holding.count++;
    this.#holding.set(id, holding);
    let isHeld = true;
    const release = () => {
      if (!isHeld) return;
      isHeld = false;
      if (--holding.count === 0) this.#holding.delete(id);
      this.#used.add(id);
      for (const go of this.#waiting.splice(0)) go();
    };
    return { data: join(this.#dir, id, 'data'), release };
  }

  #released(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const gone = () => reject(signal.reason as Error);
      signal.addEventListener('abort', gone, { once: true });
      this.#waiting.push(() => {
        signal.removeEventListener('abort', gone);
        resolve();
      });
    });
  }

  readonly #making = new Map<string, Promise<void>>();

  /** Those that share it may come at the same time: one of them makes it. */
  async #ready(id: string, asked: Pick<CacheAsked, 'key' | 'description' | 'begin'>): Promise<void> {
    const making = this.#making.get(id) ?? this.#make(id, asked).finally(() => this.#making.delete(id));
    this.#making.set(id, making);
    await making;
    const record = this.#all().get(id)!;
    record.used = Date.now();
    record.uses++;
    this.#save(record);
  }

  async #make(id: string, { key, description, begin }: Pick<CacheAsked, 'key' | 'description' | 'begin'>) {
    const dir = join(this.#dir, id);
    if (this.#all().has(id)) return;
    await removeTree(dir);
    mkdirSync(dir, { recursive: true, mode: 0o700 });
    const partial = join(dir, 'partial');
    try {
      mkdirSync(partial, { mode: 0o755 });
      await begin(partial);
      renameSync(partial, join(dir, 'data'));
    } catch (error) {
      await removeTree(dir);
      throw error;
    }
    const created = Date.now();
    const record = { id, key, description, created, used: created, uses: 0, size: 0 };
    this.#save(record);
    this.#all().set(id, record);
  }

  #save(record: CacheRecord): void {
    replaceWhole(join(this.#dir, record.id, 'record.json'), JSON.stringify(record));
  }

  #all(): Map<string, CacheRecord> {
    return (this.#records ??= new Map(
      (existsSync(this.#dir) ? readdirSync(this.#dir) : []).flatMap((id) => {
        const record = recordIn(this.#dir, id);
        return record ? [[id, record] as const] : [];
      }),
    ));
  }

  /**
   * Measures those that a RUN has had since the last time, and removes those that none has, the oldest first, while
   * there is more than may be kept.
   */
  async collect(): Promise<void> {
    const used = [...this.#used].flatMap((id) => this.#all().get(id) ?? []);
    this.#used.clear();
    for (const record of used) {
      record.size = await this.#measured(record.id).catch(() => record.size);
      if (this.#all().has(record.id)) this.#save(record);
    }
    const sum = () => this.list().reduce((all, { size }) => all + size, 0);
    const unused = this.list().filter(({ inUse }) => !inUse);
    for (const { id } of unused.sort((one, other) => one.used - other.used)) {
      if (sum() <= this.most.bytes && this.#all().size <= this.most.number) return;
      await this.remove(id);
    }
  }

  #measured = (id: string): Promise<number> => runJob('volume-size', join(this.#dir, id, 'data')) as Promise<number>;

  /** The current sizes. */
  async measured(): Promise<ReturnType<CacheDirs['list']>> {
    const all: ReturnType<CacheDirs['list']> = [];
    for (const one of this.list()) all.push({ ...one, size: await this.#measured(one.id).catch(() => one.size) });
    return all;
  }

  /** False when a RUN has it, or when it is not there. */
  async remove(id: string): Promise<boolean> {
    if (this.#holding.has(id) || !this.#all().has(id)) return false;
    this.#all().delete(id);
    // held, so that no RUN chooses this directory while it is being removed
    const held = this.#take(id, 'private');
    await removeTree(join(this.#dir, id)).finally(held.release);
    return true;
  }

  /** Removes what a daemon that died left half made. */
  async recover(): Promise<void> {
    if (!existsSync(this.#dir)) return;
    for (const { id, size } of this.#all().values()) if (!size) this.#used.add(id);
    for (const id of readdirSync(this.#dir)) if (!this.#all().has(id)) await removeTree(join(this.#dir, id));
  }
}

function recordIn(dir: string, id: string): CacheRecord | undefined {
  const file = join(dir, id, 'record.json');
  try {
    if (!/^[0-9a-f]{32}-\d+$/.test(id) || !lstatSync(file).isFile()) return undefined;
    if (!lstatSync(join(dir, id, 'data')).isDirectory()) return undefined;
    const from = Checked.parse(file, readFileSync(file));
    const numbers = (['created', 'used', 'uses', 'size'] as const).map((name) => [name, from.integer(name, TIME_MOST)]);
    const texts = { key: from.string('key'), description: from.string('description') };
    return {
      id,
      ...texts,
      ...(Object.fromEntries(numbers) as Pick<CacheRecord, 'created' | 'used' | 'uses' | 'size'>),
    };
  } catch {
    return undefined;
  }
}
