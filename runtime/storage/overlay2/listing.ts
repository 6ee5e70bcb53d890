/** A directory as the container sees it, computed from the layers: each name with its layer. */
import { isWhiteout, namesIn } from '../../kernel/mount/beneath.ts';
import { notFound } from '../../errors/api-error.ts';
import { showName, showPath } from '../pathname.ts';
import type { FileType } from './upper.ts';
import { resolve } from './resolve.ts';
import { isDirectory, type Stack, type Tree } from './stack.ts';
import { fileTypes } from './upper-entry.ts';

const ENTRIES = 500;
const READ = 20_000;

/**
 * `deleted`: upper has a whiteout for an entry of a lower; `over`: other layers that have the name too, from the top.
 */
export interface Listed {
  name: string;
  type: FileType;
  layer: string;
  deleted?: true;
  over: string[];
}
/** `more`: the number of entries that are not listed; the count has a limit. */
export interface Listing {
  path: string;
  entries: Listed[];
  more: number;
}

interface Seen {
  type: FileType;
  layer: string;
  over: string[];
  deleted: boolean;
}
const DT_CHR = 2;

async function treesAt(stack: Stack, path: Buffer): Promise<Tree[]> {
  const above = stack.upper && (await stack.at(stack.upper, path));
  if (above && !isDirectory(above.stat)) return [];
  const below = above?.opaque || (await stack.isCut(path)) ? [] : await stack.merged(path);
  return [...(stack.upper && above ? [stack.upper] : []), ...below.map((j) => stack.lowers[j]!)];
}

export async function listingOf(stack: Stack, shown: string): Promise<Listing> {
  const path = await resolve(stack, shown);
  const trees = await treesAt(stack, path);
  if (!trees.length) throw notFound(`${shown.slice(0, 200)} is no directory of the container`);
  const seen = new Map<string, Seen>();
  let read = 0;
  for (const tree of trees) {
    for await (const { name, type } of namesIn(stack.k, tree.fd, path)) {
      if (++read > READ) break;
      const text = showName(name);
      const known = seen.get(text);
      const whiteout =
        type === DT_CHR &&
        isWhiteout(
          (await stack.at(tree, Buffer.concat([path, Buffer.from(path.length ? '/' : ''), name])))?.stat ?? NOTHING,
        );
      if (known && !whiteout) known.over.push(tree.digest);
      else if (!known)
        seen.set(text, { type: fileTypes[type] ?? 'file', layer: tree.digest, over: [], deleted: whiteout });
    }
  }
  // leave out a whiteout that hides nothing
  const all = [...seen]
    .filter(([, { deleted, layer, over }]) => !deleted || (layer === 'upper' && over.length))
    .sort(([a], [b]) => (a < b ? -1 : 1));
  const entries = all.slice(0, ENTRIES).map(([name, { type, layer, over, deleted }]): Listed => ({
    name,
    type,
    layer,
    over,
    ...(deleted && { deleted: true }),
  }));
  return { path: `/${showPath(path)}`, entries, more: all.length - entries.length };
}
const NOTHING = { mode: 0, uid: 0, gid: 0, ino: 0n, size: 0, major: 0, minor: 0, mtime: 0 };
