/** What each layer has at a path, from the top, and where the lookup stops: overlayfs.rst, "Upper and lower". */
import { createHash } from 'node:crypto';
import { O } from '../../syscalls/constants.ts';
import {
  bytesOf,
  isWhiteout,
  statOf,
  targetOf,
  withEntry,
  xattrNames,
  xattrOf,
  type Stat,
} from '../../kernel/mount/beneath.ts';
import { showName, showPath } from '../pathname.ts';
import type { FileType } from './upper.ts';
import { resolve } from './resolve.ts';
import { isDirectory, OPAQUE, parentOf, type Stack, type Tree } from './stack.ts';
import { sizeOf, typeOf } from './upper-entry.ts';

/** In bytes. Larger files get no hash here. */
const SHA_BYTES = 256 * 1024;
const XATTRS = 16;
const VALUE = 128;

export interface Layered {
  /** 'upper', or the layer's diffID */
  layer: string;
  /**
   * hit: what the container sees; merged: a directory that is merged with those above it; hidden: below the layer where
   * the lookup stopped
   */
  part: 'absent' | 'hit' | 'merged' | 'hidden' | 'whiteout';
  type?: FileType;
  mode?: number;
  uid?: number;
  gid?: number;
  size?: number;
  mtime?: number;
  opaque?: boolean;
  target?: string;
  sha256?: string;
  xattrs?: { name: string; value: string }[];
}
/**
 * `path` is the target of the requested path, after links on the way. `stops` is the layer that decides, because it has
 * the entry or a whiteout.
 */
export interface Lineage {
  asked: string;
  path: string;
  layers: Layered[];
  stops: string | null;
  seen: boolean;
}

const shownValue = (value: Buffer): string => {
  const part = value.subarray(0, VALUE);
  const text = showName(part);
  return `${text.includes('\\x') ? `0x${part.toString('hex')}` : text}${value.length > VALUE ? '…' : ''}`;
};

type Had = Omit<Layered, 'layer' | 'part'> & { stat: Stat };

async function had({ k }: Stack, tree: Tree, path: Buffer): Promise<Had | undefined> {
  return withEntry(k, tree.fd, path, O.O_PATH, async (fd) => {
    const stat = await statOf(k, fd);
    const type = typeOf(stat);
    const { uid, gid, mtime } = stat;
    const xattrs: { name: string; value: string }[] = [];
    for (const name of (await xattrNames(k, fd)).slice(0, XATTRS))
      xattrs.push({ name, value: shownValue((await xattrOf(k, fd, name)) ?? Buffer.alloc(0)) });
    const small = type === 'file' && stat.size <= SHA_BYTES;
    return {
      stat,
      type,
      mode: stat.mode & 0o7777,
      uid,
      gid,
      mtime,
      size: sizeOf(stat),
      xattrs,
      ...(isDirectory(stat) && { opaque: (await xattrOf(k, fd, OPAQUE))?.toString() === 'y' }),
      ...(type === 'symlink' && { target: showPath(await targetOf(k, fd)) }),
      ...(small && {
        sha256: createHash('sha256')
          .update(await bytesOf(k, fd, SHA_BYTES))
          .digest('hex'),
      }),
    };
  });
}

export async function lineageOf(stack: Stack, shown: string): Promise<Lineage> {
  const path = await resolve(stack, shown);
  // the kernel does not search lowers whose directories on the way are not merged
  const asked = new Set(
    (await stack.isCut(path)) ? [] : path.length ? await stack.merged(parentOf(path)) : stack.lowers.keys(),
  );
  const trees = [
    ...(stack.upper ? [{ tree: stack.upper, isAsked: true }] : []),
    ...stack.lowers.map((tree, j) => ({ tree, isAsked: asked.has(j) })),
  ];
  const layers: Layered[] = [];
  let stops: string | null = null;
  let merging = false;
  let seen = false;
  for (const { tree, isAsked } of trees) {
    const here = await had(stack, tree, path);
    const layer = tree.digest;
    if (!here) {
      layers.push({ layer, part: 'absent' });
      continue;
    }
    const { stat, ...told } = here;
    const whiteout = isWhiteout(stat);
    const open = isAsked && !stops;
    const part = !open
      ? 'hidden'
      : whiteout
        ? merging
          ? 'hidden'
          : 'whiteout'
        : merging
          ? isDirectory(stat)
            ? 'merged'
            : 'hidden'
          : 'hit';
    layers.push({ layer, part, ...told });
    if (!open) continue;
    seen ||= part === 'hit';
    if (isDirectory(stat) && !told.opaque) merging = true;
    // the search for a directory continues downwards, to merge others, until an entry that is not a directory
    else stops = layer;
  }
  return {
    asked: shown,
    path: `/${showPath(path)}`,
    layers,
    stops: stops ?? layers.findLast(({ part }) => part === 'hit' || part === 'merged')?.layer ?? null,
    seen,
  };
}
