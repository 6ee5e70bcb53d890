/**
 * Directories of clients as they were received last, so that the next build asks only for what has changed.
 *
 *   <root>/build-contexts/ID/record.json      { id, description, created, used, uses, size }
 *   <root>/build-contexts/ID/list             a line for each file: [path, what tells a changed file]
 *   <root>/build-contexts/ID/context/         the files
 *   <root>/build-contexts/ID/context.hashes   hashes of them (hashes.ts)
 *
 * A build takes a directory out of here by one rename, and it then belongs to that build alone: another one of the same
 * client receives all files. Files are never changed in place: a changed one is a new inode.
 */
import { createHash, randomUUID } from 'node:crypto';
import { existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, renameSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { replaceWhole } from '../../data-root/atomic-file.ts';
import { Checked } from '../../json/checked.ts';
import { removeTree } from '../../kernel/tree/remove-tree.ts';
import { ENDING } from './hashes.ts';
import { readList, writeList, type FileList } from './file-list.ts';

export interface KeptContext {
  /** name of its directory */
  id: string;
  description: string;
  /** ms since 1970 */
  created: number;
  used: number;
  uses: number;
  /** in bytes */
  size: number;
}
/** What names the directory of a client, and how it is shown. */
export interface ContextKey {
  key: string;
  description: string;
}

const BYTES_MOST = 10 * 2 ** 30;
const NUMBER_MOST = 50;
const NUMBERS = ['created', 'used', 'uses', 'size'] as const;

export class KeptContexts {
  readonly #dir: string;
  #records: Map<string, KeptContext> | undefined;

  constructor(
    root: string,
    private readonly most = { bytes: BYTES_MOST, number: NUMBER_MOST },
  ) {
    this.#dir = join(root, 'build-contexts');
  }

  list = (): KeptContext[] => [...this.#all().values()];

  #all(): Map<string, KeptContext> {
    return (this.#records ??= new Map(
      (existsSync(this.#dir) ? readdirSync(this.#dir) : []).flatMap((id) => {
        const record = recordIn(this.#dir, id);
        return record ? [[id, record] as const] : [];
      }),
    ));
  }

  /** Moves the files to `dir`, whose parent exists. Resolves with what they were, nothing when none is kept. */
  async take({ key }: ContextKey, dir: string): Promise<{ files: FileList; record?: KeptContext }> {
    const id = idOf(key);
    const record = this.#all().get(id);
    if (!record) return { files: new Map() };
    this.#all().delete(id);
    const taken = join(dirname(dir), `${basename(dir)}.taken`);
    renameSync(join(this.#dir, id), taken);
    try {
      const files = await readList(join(taken, 'list'));
      for (const ending of ['', ENDING])
        if (ending === '' || existsSync(join(taken, `context${ending}`)))
          renameSync(join(taken, `context${ending}`), `${dir}${ending}`);
      return { files, record };
    } catch {
      // it is received anew
      return { files: new Map() };
    } finally {
      await removeTree(taken);
    }
  }

  /** Keeps the files of `dir`, which is no longer there then. `before`: what `take` gave. */
  async give({ key, description }: ContextKey, dir: string, files: FileList, before?: KeptContext): Promise<void> {
    const id = idOf(key);
    const partial = join(this.#dir, `${id}.tmp-${randomUUID()}`);
    mkdirSync(partial, { recursive: true, mode: 0o700 });
    try {
      const size = await writeList(join(partial, 'list'), files);
      const used = Date.now();
      const record = { id, description, created: before?.created ?? used, used, uses: (before?.uses ?? 0) + 1, size };
      replaceWhole(join(partial, 'record.json'), JSON.stringify(record));
      if (existsSync(`${dir}${ENDING}`)) renameSync(`${dir}${ENDING}`, join(partial, `context${ENDING}`));
      renameSync(dir, join(partial, 'context'));
      // another build of the same client may give its files meanwhile
      while (this.#all().has(id)) await this.remove(id);
      renameSync(partial, join(this.#dir, id));
      this.#all().set(id, record);
    } finally {
      await removeTree(partial);
    }
  }

  /** False when it is not there. */
  async remove(id: string): Promise<boolean> {
    if (!this.#all().delete(id)) return false;
    const gone = join(this.#dir, `${id}.tmp-${randomUUID()}`);
    renameSync(join(this.#dir, id), gone);
    await removeTree(gone);
    return true;
  }

  /** Removes those that were not used for the longest time, while there is more than may be kept. */
  async collect(): Promise<void> {
    for (const { id } of this.list().sort((one, other) => one.used - other.used)) {
      const sum = this.list().reduce((all, { size }) => all + size, 0);
      if (sum <= this.most.bytes && this.#all().size <= this.most.number) return;
      await this.remove(id);
    }
  }

  /** Removes what a daemon that died left half made. */
  async recover(): Promise<void> {
    if (!existsSync(this.#dir)) return;
    for (const id of readdirSync(this.#dir)) if (!this.#all().has(id)) await removeTree(join(this.#dir, id));
  }
}

const idOf = (key: string): string => createHash('sha256').update(key).digest('hex').slice(0, 32);

function recordIn(dir: string, id: string): KeptContext | undefined {
  const file = join(dir, id, 'record.json');
  try {
    if (!/^[0-9a-f]{32}$/.test(id) || !lstatSync(file).isFile()) return undefined;
    if (!lstatSync(join(dir, id, 'context')).isDirectory()) return undefined;
    const from = Checked.parse(file, readFileSync(file));
    const numbers = NUMBERS.map((name) => [name, from.integer(name, Number.MAX_SAFE_INTEGER)]);
    const description = from.string('description');
    return { id, description, ...(Object.fromEntries(numbers) as Pick<KeptContext, (typeof NUMBERS)[number]>) };
  } catch {
    return undefined;
  }
}
