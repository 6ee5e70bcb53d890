/** Mounting into a root that is not ours yet: a new file system, or a tree of the host's. */
import type { Mount } from '../../oci/spec.ts';
import { AT, AT_FDCWD, MOVE_MOUNT, MS, O } from '../constants.ts';
import { hasCode } from '../errors.ts';
import type { Kernel } from '../kernel.ts';
import type { Planned, Together } from '../together.ts';
import { descriptorPath, makePath, planOpen, type Root } from './in-root.ts';
import { mountAttr, parseOptions } from './options.ts';

/** struct statx: u16 stx_mode stands at 28. */
const modeOf = (stat: Buffer): number => stat.readUInt16LE(28);
const STATX_SIZE = 256;
const S_IFDIR = 0o040000;
const isDirectory = (mode: number) => (mode & 0o170000) === S_IFDIR;

const HAS_MODE = /(^|,)mode=/;
/** A tmpfs without a mode takes that of the directory it hides, as runc has it. */
async function tmpfsData(k: Kernel, target: number, data: string): Promise<string> {
  const mode = modeOf(await k.stage.statx(target, '', AT.AT_EMPTY_PATH, 2, STATX_SIZE)) & 0o7777;
  return [data, `mode=${mode.toString(8)}`].filter(Boolean).join(',');
}

/** mount(2) of a new instance of a file system type at `m.destination`. */
export async function mountNew(k: Kernel, root: Root, m: Mount): Promise<void> {
  const { flags, data } = parseOptions(m.options);
  const mount = (stage: Together, target: number | Planned, options: string | null) => {
    stage.mount(m.source, typeof target === 'number' ? descriptorPath(target) : target, m.type, flags, options).noted(m.destination);
    stage.close(target);
  };
  const asks = m.type === 'tmpfs' && !HAS_MODE.test(data);
  const there = await k.together((stage) => {
    const target = planOpen(stage, root, m.destination).mayFail('ENOENT');
    if (!asks) mount(stage, target, data || null);
    return target;
  });
  if (there.reply && !asks) return;
  const target = there.reply?.ret ?? (await makePath(k, root, m.destination, 'directory'));
  const options = asks ? await tmpfsData(k, target, data) : data;
  await k.together((stage) => mount(stage, target, options || null));
}

/** Copies of the host's mounts at their sources, with their own flags, moved to their destinations: open_tree(2), mount_setattr(2), move_mount(2). */
export async function mountBinds(k: Kernel, root: Root, mounts: readonly Mount[]): Promise<void> {
  const found = await k.together((stage) => mounts.map((m) => ({
    source: stage.statx(AT_FDCWD, m.source, 0, 2, STATX_SIZE),
    there: planOpen(stage, root, m.destination).mayFail('ENOENT'),
  })));
  const kinds = found.map(({ source: { reply } }) => (reply && isDirectory(modeOf(reply.out)) ? 'directory' as const : 'file' as const));
  const targets: number[] = [];
  for (const [j, m] of mounts.entries()) targets.push(found[j]?.there.reply?.ret ?? (await makePath(k, root, m.destination, kinds[j]!)));
  let moves: Planned[] = [];
  try {
    await k.together((stage) => void (moves = mounts.map((m, j) => bind(stage, m, targets[j]!))));
  } catch (error) {
    const at = moves.findIndex(({ reply }) => !reply);
    const m = mounts[at];
    if (!m || !hasCode(error, 'EINVAL') || (error as { syscall?: string }).syscall !== 'move_mount') throw error;
    throw new Error(`cannot mount the ${kinds[at]} ${m.source} at ${m.destination}: a directory goes over a directory, a file over a file, and one of these is not a directory`, { cause: error });
  }
  k.fact(...mounts.map((m) => ({ kind: 'mount' as const, key: m.destination, value: ['bind', m.source, ...m.options.filter((o) => o !== 'bind' && o !== 'rbind')].join(' ') })));
}

function bind(stage: Together, m: Mount, target: number): Planned {
  const { flags, propagation } = parseOptions(m.options);
  const recursive = flags & MS.MS_REC ? AT.AT_RECURSIVE : 0;
  const tree = stage.open_tree(AT_FDCWD, m.source, AT.OPEN_TREE_CLONE | O.O_CLOEXEC | recursive);
  stage.mount_setattr(tree, '', AT.AT_EMPTY_PATH | recursive, mountAttr(flags, propagation || MS.MS_PRIVATE));
  return move(stage, tree, target, m.destination);
}

function move(stage: Together, tree: Planned, target: number | Planned, destination: string): Planned {
  const moved = stage.move_mount(tree, '', target, '', MOVE_MOUNT.MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT.MOVE_MOUNT_T_EMPTY_PATH).noted(destination);
  stage.close(tree);
  stage.close(target);
  return moved;
}

/** Not every kernel has every path. */
const NOT_HERE = ['ENOENT', 'ENOTDIR'];

/**
 * Binds `source`, already inside the root, over `path` with more flags: how a path becomes read-only or disappears. Nothing is done
 * when the path is not there; the descriptor that is returned says whether it was.
 */
function cover(stage: Together, source: string, path: string, flags: number): Planned {
  const target = stage.openat(AT_FDCWD, path, O.O_PATH | O.O_CLOEXEC, 0).mayFail(...NOT_HERE);
  const how = AT.OPEN_TREE_CLONE | O.O_CLOEXEC | AT.AT_RECURSIVE;
  const tree = source === path ? stage.open_tree(target, '', how | AT.AT_EMPTY_PATH).noted(path) : stage.open_tree(AT_FDCWD, source, how);
  stage.mount_setattr(tree, '', AT.AT_EMPTY_PATH | AT.AT_RECURSIVE, mountAttr(flags));
  move(stage, tree, target, path);
  return target;
}

/** Covers those that are there. */
export async function coverPaths(k: Kernel, paths: readonly { source: string; path: string }[], flags: number): Promise<void> {
  await coverTogether(k, paths, flags, () => undefined);
}

/** The same behind what `before` writes down, in one message. */
export async function coverTogether(k: Kernel, paths: readonly { source: string; path: string }[], flags: number, before: (stage: Together) => void): Promise<void> {
  const covers = await k.together((stage) => {
    before(stage);
    return paths.map(({ source, path }) => cover(stage, source, path, flags));
  });
  k.fact(...paths.filter((_, j) => covers[j]?.reply).map(({ source, path }) => ({ kind: 'mount' as const, key: path, value: `bind ${source}` })));
}

export const isDirectoryAt = async (k: Kernel, path: string): Promise<boolean> => isDirectory(modeOf(await k.stage.statx(AT_FDCWD, path, 0, 2, STATX_SIZE)));

/** What is at each path: 'directory', 'other', or undefined for nothing. */
export async function kindsAt(k: Kernel, paths: readonly string[]): Promise<('directory' | 'other' | undefined)[]> {
  const stats = await k.together((stage) => paths.map((path) => stage.statx(AT_FDCWD, path, 0, 2, STATX_SIZE).mayFail(...NOT_HERE)));
  return stats.map(({ reply }) => reply && (isDirectory(modeOf(reply.out)) ? 'directory' : 'other'));
}

export const mountOne = (k: Kernel, root: Root, m: Mount): Promise<void> => (m.type === 'bind' ? mountBinds(k, root, [m]) : mountNew(k, root, m));
