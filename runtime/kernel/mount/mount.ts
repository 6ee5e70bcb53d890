/** Mounting into a root that is not ours yet: a new file system, or a tree of the host's. */
import type { Mount } from '../../oci/spec.ts';
import { AT, AT_FDCWD, MOVE_MOUNT, MS, O } from '../constants.ts';
import { hasCode } from '../errors.ts';
import type { Kernel } from '../kernel.ts';
import { descriptorPath, ensurePath, type Root } from './in-root.ts';
import { mountAttr, parseOptions } from './options.ts';

/** struct statx: u16 stx_mode stands at 28. */
async function modeOf(stat: Promise<Buffer>): Promise<number> {
  return (await stat).readUInt16LE(28);
}
const STATX_SIZE = 256;
const S_IFDIR = 0o040000;
const isDirectory = (mode: number) => (mode & 0o170000) === S_IFDIR;

/** A tmpfs without a mode takes that of the directory it hides, as runc has it. */
async function tmpfsData(k: Kernel, target: number, data: string): Promise<string | null> {
  if (/(^|,)mode=/.test(data)) return data;
  const mode = (await modeOf(k.stage.statx(target, '', AT.AT_EMPTY_PATH, 2, STATX_SIZE))) & 0o7777;
  return [data, `mode=${mode.toString(8)}`].filter(Boolean).join(',');
}

/** mount(2) of a new instance of a file system type at `m.destination`. */
export async function mountNew(k: Kernel, root: Root, m: Mount): Promise<void> {
  const { flags, data } = parseOptions(m.options);
  const target = await ensurePath(k, root, m.destination, 'directory');
  const options = m.type === 'tmpfs' ? await tmpfsData(k, target, data) : data || null;
  await k.run({ actor: 'stage', name: 'mount', args: [m.source, descriptorPath(target), m.type, flags, options], note: m.destination });
  await k.stage.close(target);
}

/** A copy of the host's mount at `m.source`, with its own flags, moved to `m.destination`: open_tree(2), mount_setattr(2), move_mount(2). */
export async function mountBind(k: Kernel, root: Root, m: Mount): Promise<void> {
  const { flags, propagation } = parseOptions(m.options);
  const recursive = flags & MS.MS_REC ? AT.AT_RECURSIVE : 0;
  const kind = isDirectory(await modeOf(k.stage.statx(AT_FDCWD, m.source, 0, 2, STATX_SIZE))) ? 'directory' : 'file';
  const target = await ensurePath(k, root, m.destination, kind);
  const tree = await k.stage.open_tree(AT_FDCWD, m.source, AT.OPEN_TREE_CLONE | O.O_CLOEXEC | recursive);
  await k.stage.mount_setattr(tree, '', AT.AT_EMPTY_PATH | recursive, mountAttr(flags, propagation || MS.MS_PRIVATE));
  try {
    await moveTo(k, tree, target, m.destination);
  } catch (error) {
    if (!hasCode(error, 'EINVAL')) throw error;
    throw new Error(`cannot mount the ${kind} ${m.source} at ${m.destination}: a directory goes over a directory, a file over a file, and one of these is not a directory`, { cause: error });
  }
  k.fact({ kind: 'mount', key: m.destination, value: ['bind', m.source, ...m.options.filter((o) => o !== 'bind' && o !== 'rbind')].join(' ') });
}

async function moveTo(k: Kernel, tree: number, target: number, destination: string): Promise<void> {
  const args = [tree, '', target, '', MOVE_MOUNT.MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT.MOVE_MOUNT_T_EMPTY_PATH];
  await k.run({ actor: 'stage', name: 'move_mount', args, note: destination });
  await k.stage.close(tree);
  await k.stage.close(target);
}

/** Binds `source`, already inside the root, over `path` with more flags: how a path becomes read-only or disappears. */
export async function coverPath(k: Kernel, source: string, path: string, flags: number): Promise<void> {
  const target = await k.stage.openat(AT_FDCWD, path, O.O_PATH | O.O_CLOEXEC, 0);
  const tree = await k.stage.open_tree(AT_FDCWD, source, AT.OPEN_TREE_CLONE | O.O_CLOEXEC | AT.AT_RECURSIVE);
  await k.stage.mount_setattr(tree, '', AT.AT_EMPTY_PATH | AT.AT_RECURSIVE, mountAttr(flags));
  await moveTo(k, tree, target, path);
  k.fact({ kind: 'mount', key: path, value: `bind ${source}` });
}

export const isDirectoryAt = async (k: Kernel, path: string): Promise<boolean> => isDirectory(await modeOf(k.stage.statx(AT_FDCWD, path, 0, 2, STATX_SIZE)));

export const mountOne = (k: Kernel, root: Root, m: Mount): Promise<void> => (m.type === 'bind' ? mountBind : mountNew)(k, root, m);
