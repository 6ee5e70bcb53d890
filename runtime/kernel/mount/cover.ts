/**
 * Covers paths of procfs and sysfs. Each path is opened once. Its type is read from the descriptor, and a mount is put
 * over the same descriptor. No path is looked up twice, so what was checked is what is covered.
 */
import { AT, FSCONFIG, MOUNT_ATTR, MS, O } from '../../syscalls/constants.ts';
import type { Fact } from '../../journal/event.ts';
import type { Kernel } from '../kernel.ts';
import type { Planned, BatchCalls } from '../batch.ts';
import { planOpen } from './in-root.ts';
import { isDirectory, planStat, statOf } from './inode.ts';
import { moveOnto } from './mount.ts';
import { mountAttr } from './options.ts';
import type { Place } from './place.ts';

/**
 * Not every kernel has every path. The caller has verified the file system, so its answer that a path is absent is
 * trusted.
 */
const NOT_HERE = ['ENOENT', 'ENOTDIR'];
const CLONE = AT.OPEN_TREE_CLONE | O.O_CLOEXEC | AT.AT_EMPTY_PATH;
const fact = (key: string, value: string): Fact => ({ kind: 'mount', key, value });

/** The path as the spec writes it, and the place where it is looked up. */
export type Covered = readonly (readonly [path: string, Place])[];

/**
 * Binds the open `source` over the open `target`, with additional flags. Returns the new mount, which stays open.
 */
export function coverWith(
  stage: BatchCalls,
  source: number | Planned,
  target: number | Planned,
  flags: number,
  path: string,
): Planned {
  const tree = stage.open_tree(source, '', CLONE | AT.AT_RECURSIVE).noted(path);
  if (flags) stage.mount_setattr(tree, '', AT.AT_EMPTY_PATH | AT.AT_RECURSIVE, mountAttr(flags));
  moveOnto(stage, tree, target, path);
  return tree;
}

/**
 * Closes all descriptors above `kept` with one close_range(2), instead of a close(2) for each path. `kept` is the
 * highest descriptor that is still needed.
 */
const closeAbove = (stage: BatchCalls, kept: number): Planned => stage.close_range(kept + 1, 0xffffffff, 0);

/** Binds each existing path over itself, read-only. Closes all descriptors above `kept`. */
export async function makeReadonly(k: Kernel, paths: Covered, kept: number): Promise<void> {
  const opened = await k.batch((stage) => {
    const targets = paths.map(([path, place]) => {
      const target = planOpen(stage, place).mayFail(...NOT_HERE);
      coverWith(stage, target, target, MS.MS_RDONLY, path);
      return target;
    });
    closeAbove(stage, kept);
    return targets;
  });
  k.fact(...paths.filter((_, j) => opened[j]?.reply).map(([path]) => fact(path, `bind ${path}`)));
}

const EMPTY =
  MOUNT_ATTR.MOUNT_ATTR_RDONLY |
  MOUNT_ATTR.MOUNT_ATTR_NOSUID |
  MOUNT_ATTR.MOUNT_ATTR_NODEV |
  MOUNT_ATTR.MOUNT_ATTR_NOEXEC;
const EMPTY_SHOWN = 'tmpfs tmpfs MS_RDONLY|MS_NOSUID|MS_NODEV|MS_NOEXEC';

/**
 * Covers all directories with one empty file system: the first gets its mount, the others get copies of that mount.
 */
function hideDirectories(stage: BatchCalls, directories: readonly { path: string; fd: number }[]): void {
  const [first, ...others] = directories;
  if (!first) return;
  const fs = stage.fsopen('tmpfs', 1);
  stage.fsconfig(fs, FSCONFIG.FSCONFIG_SET_STRING, 'source', 'tmpfs', 0);
  stage.fsconfig(fs, FSCONFIG.FSCONFIG_CMD_CREATE, null, null, 0);
  const empty = stage.fsmount(fs, 1, EMPTY);
  moveOnto(stage, empty, first.fd, first.path);
  for (const { path, fd } of others) {
    const copy = stage.open_tree(empty, '', CLONE);
    moveOnto(stage, copy, fd, path);
  }
}

/**
 * Covers each existing file with the open null(4), each directory with an empty file system. Closes as makeReadonly.
 */
export async function maskPaths(k: Kernel, paths: Covered, nullFd: number, kept: number): Promise<void> {
  const found = await k.batch((stage) =>
    paths.map(([path, place]) => {
      const target = planOpen(stage, place).mayFail(...NOT_HERE);
      return { path, target, stat: planStat(stage, target) };
    }),
  );
  const there = found.flatMap(({ path, target, stat }) =>
    target.reply && stat.reply ? [{ path, fd: target.reply.ret, directory: isDirectory(statOf(stat.reply.out)) }] : [],
  );
  await k.batch((stage) => {
    hideDirectories(
      stage,
      there.filter(({ directory }) => directory),
    );
    for (const { path, fd } of there.filter(({ directory }) => !directory))
      coverWith(stage, nullFd, fd, MS.MS_RDONLY, path);
    closeAbove(stage, kept);
  });
  k.fact(...there.map(({ path, directory }) => fact(path, directory ? EMPTY_SHOWN : 'bind /dev/null')));
}
