/**
 * The files that a COPY names: found, hashed for the cache's key, archived. Runs in a worker. The directory belongs to
 * the daemon alone, and its paths are resolved with it as the root, so that a link to /etc means the context's own.
 */
import { createHash, type Hash } from 'node:crypto';
import { closeSync, createReadStream, lstatSync, openSync, readdirSync, readlinkSync, readSync } from 'node:fs';
import { basename, dirname, join, posix } from 'node:path';
import { O } from '../../syscalls/constants.ts';
import { openIn, pathOf, tryOpenIn } from '../../storage/archive/container-root.ts';
import { TarEntries } from '../../storage/tree/tar-entries.ts';
import { Hashes } from './hashes.ts';
import { matches, tokensOf } from '../glob/glob.ts';
import { isIgnored } from '../glob/ignore.ts';
import { keptXattrs } from '../../image/layer/xattr.ts';
import { xattrsOf } from '../../kernel/tree/file-stat.ts';
import { unpacked } from '../../image/layer/decompress-stream.ts';
import { BLOCK, readHeader } from '../../image/layer/tar-header.ts';
import type { Emit } from '../../image/layer/tar-writer.ts';

export interface Source {
  /** the directory that is the root of the pattern */
  dir: string;
  /** as in the Dockerfile, with `*`, `?` and `[a-z]` */
  pattern: string;
  /** the pattern is a path */
  literal?: boolean;
  /** ADD does not unpack it */
  asIs?: boolean;
  /** --exclude: patterns of .dockerignore, for the paths below a directory, or for the name of a file */
  exclude?: readonly string[];
  /** --parents: the directories of the pattern are kept, those behind '/./' when it has that */
  parents?: boolean;
  /** the name of its file, when that differs from the pattern's last component */
  name?: string;
  /** the file with the hashes of a kept directory */
  hashes?: string;
}
export interface Found {
  /** absolute path of the host, without links */
  path: string;
  /** the last component as the instruction names it; with --parents the path */
  name: string;
  directory: boolean;
  /** a file that ADD unpacks */
  archive?: boolean;
  /** a file that ADD does not unpack, whatever it is */
  asIs?: boolean;
  exclude?: readonly string[];
  /** the directory itself is copied, not only its content */
  parents?: boolean;
  hashes?: string;
}
const DIRECTORY = O.O_DIRECTORY | O.O_CLOEXEC;
const PIECE = 256 * 1024;

const isGlob = (text: string): boolean => /[*?[]/.test(text);
interface Matching {
  literal: boolean;
  /** `**` is any number of directories, as --parents has it */
  deep: boolean;
  /** how many parts are left, and where: `**` leads to the same in many ways */
  seen: Set<string>;
}

/** The relative paths that match, sorted. */
function matching(root: number, parts: readonly string[], how: Matching, at = ''): string[] {
  const [part, ...rest] = parts;
  const state = `${parts.length} ${at}`;
  if (how.seen.has(state)) return [];
  how.seen.add(state);
  if (part === undefined) return [at];
  const inside = (name: string) => (at ? `${at}/${name}` : name);
  const under = (name: string) => matching(root, rest, how, inside(name));
  if (how.literal || !isGlob(part)) return under(part);
  const fd = tryOpenIn(root, at || '.', DIRECTORY);
  if (fd < 0) return [];
  try {
    const entries = readdirSync(`/proc/self/fd/${fd}`, { withFileTypes: true });
    if (how.deep && part === '**' && rest.length) {
      // no link is followed, so that the walk ends
      const directories = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
      const deeper = directories.sort().flatMap((name) => matching(root, parts, how, inside(name)));
      return [...matching(root, rest, how, at), ...deeper];
    }
    const wanted = tokensOf(part, true);
    return entries
      .map(({ name }) => name)
      .filter((name) => matches(wanted, name))
      .sort()
      .flatMap(under);
  } finally {
    closeSync(fd);
  }
}

/** The files of all sources. Throws Error in dockerd's words for a source without a file. */
export function findSources(sources: readonly Source[]): Found[] {
  return sources.flatMap(({ dir, pattern, name, literal = false, asIs, exclude, parents, hashes }) => {
    if (/^\.\.(\/|$)/.test(posix.normalize(pattern)))
      throw new Error(`forbidden path outside the build context: ${pattern} ()`);
    const root = openSync(dir, DIRECTORY);
    try {
      const parts = pattern.split('/').filter((part) => part && part !== '.');
      const paths = matching(root, parts, { literal, deep: parents === true, seen: new Set() });
      const kept = (path: string) => (parents ? { name: name ?? behindPivot(path, pattern), parents } : {});
      const found = paths.flatMap((path) => {
        const one = findOne(root, path, !literal && isGlob(pattern), name);
        return one
          ? [{ ...one, ...kept(path), ...(asIs && { asIs }), ...(exclude && { exclude }), ...(hashes && { hashes }) }]
          : [];
      });
      return found.filter((one) => one.directory || !isExcluded(one, basename(one.name)));
    } finally {
      closeSync(root);
    }
  });
}

/** 'b/c' of 'a/b/c' for the pattern 'a/./b/*'. */
function behindPivot(path: string, pattern: string): string {
  const at = pattern.indexOf('/./');
  const before =
    at < 0
      ? 0
      : pattern
          .slice(0, at)
          .split('/')
          .filter((part) => part && part !== '.').length;
  return path.split('/').slice(before).join('/');
}

const isExcluded = ({ exclude }: Pick<Found, 'exclude'>, path: string): boolean =>
  exclude !== undefined && isIgnored(path, exclude.join('\n'));

function findOne(root: number, path: string, optional: boolean, name = basename(path)): Found | undefined {
  const fd = tryOpenIn(root, path || '.', O.O_PATH);
  if (fd < 0) {
    if (optional) return undefined;
    throw new Error(`file not found in build context or excluded by .dockerignore: stat ${path}: file does not exist`);
  }
  try {
    const real = pathOf(fd, '');
    return { path: real, name, directory: lstatSync(real).isDirectory() };
  } finally {
    closeSync(fd);
  }
}

/** Reads a text file of the context, at most `most` bytes of it; undefined when there is none. */
export function readContextFile(dir: string, path: string, most: number): string | undefined {
  const root = openSync(dir, DIRECTORY);
  try {
    const look = tryOpenIn(root, path, O.O_PATH);
    if (look < 0) return undefined;
    const regular = lstatSync(pathOf(look, '')).isFile();
    closeSync(look);
    if (!regular) return undefined;
    const fd = openIn(root, path, 0);
    try {
      const bytes = Buffer.alloc(most + 1);
      const length = readSync(fd, bytes, 0, most + 1, 0);
      if (length > most) throw new Error(`${path} has more than ${most} bytes`);
      return bytes.toString('utf8', 0, length);
    } finally {
      closeSync(fd);
    }
  } finally {
    closeSync(root);
  }
}

/** 'sha256:…' of a file. */
export function digestFile(path: string): string {
  const hash = createHash('sha256');
  hashFile(hash, path);
  return `sha256:${hash.digest('hex')}`;
}

function hashFile(hash: Hash, path: string): void {
  const fd = openSync(path, O.O_NOFOLLOW | O.O_CLOEXEC);
  try {
    const piece = Buffer.allocUnsafe(PIECE);
    for (let read; (read = readSync(fd, piece, 0, PIECE, null));) hash.update(piece.subarray(0, read));
  } finally {
    closeSync(fd);
  }
}

/** More are counted for the whole and not listed. */
const LISTED_MOST = 5000;
type Files = [path: string, hash: string][];

interface HashedTree {
  whole: Hash;
  files: Files;
  hashes: Hashes;
  isLeftOut(path: string): boolean;
}

/** All that comes into an image, except the times of files, which differ from checkout to checkout. */
function hashTree(tree: HashedTree, path: string, name: string): void {
  const { whole, files } = tree;
  const hash = createHash('sha256');
  const stat = lstatSync(path);
  hash.update(JSON.stringify([name, stat.mode, stat.uid, stat.gid, stat.isFile() ? stat.size : 0, stat.rdev]));
  if (stat.isSymbolicLink()) hash.update(JSON.stringify(readlinkSync(path)));
  else hash.update(stat.isFile() ? tree.hashes.of(path, () => hashOf(path, true)) : hashOf(path, false));
  const digest = hash.digest('hex');
  whole.update(digest);
  if (files.length < LISTED_MOST) files.push([name.replace(/^\//, '') || '.', digest.slice(0, 32)]);
  if (!stat.isDirectory()) return;
  for (const entry of readdirSync(path).sort())
    if (!tree.isLeftOut(join(path, entry))) hashTree(tree, join(path, entry), `${name}/${entry}`);
}

/** Of the extended attributes, and of the content of a file. */
function hashOf(path: string, isFile: boolean): string {
  const hash = createHash('sha256');
  const xattrs = keptXattrs(new Map(xattrsOf(path)));
  hash.update(JSON.stringify(xattrs.map(([key, value]) => [key, value.toString('hex')])));
  if (isFile) hashFile(hash, path);
  return hash.digest('hex');
}

export interface Digested {
  digest: string;
  files: Files;
  found: Found[];
}

/** A tar archive, compressed or not. It is one when its first header is, as in dockerd. */
async function isArchive(path: string): Promise<boolean> {
  const file = createReadStream('', { fd: openSync(path, O.O_NOFOLLOW | O.O_CLOEXEC), highWaterMark: 64 * 1024 });
  let head = Buffer.alloc(0);
  try {
    for await (const piece of unpacked(file)) {
      head = Buffer.concat([head, piece.subarray(0, BLOCK)]);
      if (head.length >= BLOCK) return readHeader(head.subarray(0, BLOCK)) !== undefined;
    }
    return false;
  } catch {
    // it is damaged or of another kind, so that it is copied as it is
    return false;
  } finally {
    file.destroy();
  }
}

/** `add` looks for archives. */
export async function digestSources(sources: readonly Source[], add: boolean): Promise<Digested> {
  const found = findSources(sources);
  const hash = createHash('sha256');
  const files: Files = [];
  const kept = new Map<string | undefined, Hashes>();
  for (const one of found) {
    const hashes = kept.get(one.hashes) ?? new Hashes(one.hashes);
    kept.set(one.hashes, hashes);
    const isLeftOut = (inside: string) => isExcluded(one, inside.slice(one.path.length + 1));
    // the content of a directory is copied, not the directory
    const name = one.directory && !one.parents ? '' : one.name;
    hashTree({ whole: hash, files, hashes, isLeftOut }, one.path, name);
  }
  for (const hashes of kept.values()) hashes.save();
  for (const one of add ? found.filter(({ asIs }) => !asIs) : [])
    one.archive = lstatSync(one.path).isFile() && (await isArchive(one.path));
  return { digest: hash.digest('hex'), files, found };
}

export interface ArchiveInput {
  found: readonly Found[];
  /** the place in the image, without '/' at its beginning and end; '' is the root */
  target: string;
  /** a file keeps its name below the target; otherwise the target is its name */
  into: boolean;
  /** directories that the image does not have yet, each after the one it is in; written as `target` is */
  make: readonly string[];
  /** --chmod: of all that is copied, but not of `make` */
  permissions?: number;
  /** --chown: of all, also of `make` */
  owner?: { uid: number; gid: number };
}
/** Archives the files under the names that they get in the image. */
export async function archiveSources(
  { found, target, into, make, permissions, owner }: ArchiveInput,
  emit: Emit,
): Promise<void> {
  const tar = new TarEntries(emit, permissions, owner);
  let isLeftOut = (_path: string): boolean => false;
  const add = async (path: string, as: string): Promise<void> => {
    if (isLeftOut(path)) return;
    const parent = openSync(dirname(path), DIRECTORY | O.O_NOFOLLOW);
    try {
      await tar.add(parent, Buffer.from(basename(path)), Buffer.from(as));
    } finally {
      closeSync(parent);
    }
    if (lstatSync(path).isDirectory()) await children(path, as);
  };
  const children = async (path: string, as: string): Promise<void> => {
    for (const name of readdirSync(path).sort()) await add(join(path, name), as ? `${as}/${name}` : name);
  };
  for (const name of make) await tar.directory(Buffer.from(name));
  for (const { path, name, directory, parents, exclude } of found) {
    isLeftOut = (inside) =>
      directory && inside !== path && isExcluded({ exclude: exclude ?? [] }, inside.slice(path.length + 1));
    if (directory && !parents) await children(path, target);
    else await add(path, into ? (target ? `${target}/${name}` : name) : target);
  }
  await tar.end();
}
