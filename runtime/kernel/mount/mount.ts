/** Mounts into the container's root from outside, before pivot_root: a new file system, or a tree of the host. */
import type { Mount } from '../../oci/spec.ts';
import { AT, AT_FDCWD, MOVE_MOUNT, MS, O } from '../../syscalls/constants.ts';
import { hasCode } from '../errors.ts';
import type { Kernel } from '../kernel.ts';
import type { Planned, BatchCalls } from '../batch.ts';
import { ABSENT, descriptorPath, makePath, planOpen } from './in-root.ts';
import { isDirectory, planStat, statOf } from './inode.ts';
import { bindAttributes, parseOptions } from './options.ts';
import type { Place } from './place.ts';

const HAS_MODE = /(^|,)mode=/;
/**
 * The options of a tmpfs without a mode: it gets the mode of the directory that it covers, as in runc. If there was no
 * directory, the kernel's 1777 stays.
 */
async function tmpfsData(k: Kernel, target: number, data: string): Promise<string> {
  const { reply } = await k.batch((stage) => planStat(stage, target));
  const mode = reply ? statOf(reply.out).mode & 0o7777 : 0o1777;
  return [data, `mode=${mode.toString(8)}`].filter(Boolean).join(',');
}

/** Calls for the same message after the mount, for example to open what was mounted. */
type Then<T> = (stage: BatchCalls) => T;

/** mount(2) of a new instance of a file system type at `place`. */
export async function mountNew(k: Kernel, place: Place, m: Mount): Promise<void>;
export async function mountNew<T>(k: Kernel, place: Place, m: Mount, then: Then<T>): Promise<T>;
export async function mountNew<T>(k: Kernel, place: Place, m: Mount, then?: Then<T>): Promise<T | undefined> {
  const { flags, data, propagation } = parseOptions(m.options);
  // a mount below a private mount is private already
  const shares = propagation & ~(MS.MS_PRIVATE | MS.MS_REC) ? propagation : 0;
  const mount = (stage: BatchCalls, target: number | Planned, options: string | null) => {
    const path = typeof target === 'number' ? descriptorPath(target) : target;
    stage.mount(m.source, path, m.type, flags, options).noted(m.destination);
    stage.close(target);
    if (shares) {
      const mounted = planOpen(stage, place);
      stage.mount(null, mounted, null, shares, null).noted(m.destination);
      stage.close(mounted);
    }
    return then?.(stage);
  };
  const asks = m.type === 'tmpfs' && !HAS_MODE.test(data);
  const first = await k.batch((stage) => {
    const target = planOpen(stage, place).mayFail(...ABSENT);
    return { target, given: asks ? undefined : mount(stage, target, data || null) };
  });
  const there = first.target.reply?.ret;
  if (there !== undefined && !asks) return first.given;
  const target = there ?? (await makePath(k, place, 'directory'));
  const options = asks && there !== undefined ? await tmpfsData(k, target, data) : data;
  return k.batch((stage) => mount(stage, target, options || null));
}

/** The mounts, each with its place in the root. */
export type Placed = readonly (readonly [Mount, Place])[];

/**
 * Copies the host's mounts at their sources, with flags of their own, and moves the copies to their places:
 * open_tree(2), mount_setattr(2), move_mount(2). A source is looked up once; whether it is a directory is read from the
 * copied tree.
 */
export async function mountBinds(k: Kernel, mounts: Placed): Promise<void> {
  const found = await k.batch((stage) =>
    mounts.map(([m, place]) => {
      const tree = takeTree(stage, m);
      return { tree, stat: planStat(stage, tree), there: planOpen(stage, place).mayFail(...ABSENT) };
    }),
  );
  const kinds = found.map(({ stat: { reply } }) =>
    reply && isDirectory(statOf(reply.out)) ? ('directory' as const) : ('file' as const),
  );
  const targets: number[] = [];
  for (const [j, [, place]] of mounts.entries())
    targets.push(found[j]?.there.reply?.ret ?? (await makePath(k, place, kinds[j]!)));
  let moves: Planned[] = [];
  try {
    await k.batch((stage) => {
      moves = mounts.map(([m], j) => place(stage, m, found[j]?.tree.reply?.ret ?? -1, targets[j]!));
    });
  } catch (error) {
    const at = moves.findIndex(({ reply }) => !reply);
    const [m] = mounts[at] ?? [];
    if (!m || !hasCode(error, 'EINVAL', 'ENOTDIR') || (error as { syscall?: string }).syscall !== 'move_mount')
      throw error;
    const why = 'a directory goes over a directory, a file over a file, and one of these is not a directory';
    throw new Error(`cannot mount the ${kinds[at]} ${m.source} at ${m.destination}: ${why}`, { cause: error });
  }
  k.fact(
    ...mounts.map(([m]) => ({
      kind: 'mount' as const,
      key: m.destination,
      value: ['bind', m.source, ...m.options.filter((o) => o !== 'bind' && o !== 'rbind')].join(' '),
    })),
  );
}

const recursion = (m: Mount) => (parseOptions(m.options).flags & MS.MS_REC ? AT.AT_RECURSIVE : 0);
const takeTree = (stage: BatchCalls, m: Mount): Planned =>
  stage.open_tree(AT_FDCWD, m.source, AT.OPEN_TREE_CLONE | O.O_CLOEXEC | recursion(m));

function place(stage: BatchCalls, m: Mount, tree: number, target: number): Planned {
  const { all, top } = bindAttributes(m.options);
  stage.mount_setattr(tree, '', AT.AT_EMPTY_PATH | recursion(m), all);
  if (top) stage.mount_setattr(tree, '', AT.AT_EMPTY_PATH, top);
  return moveTree(stage, tree, target, m.destination);
}

type Open = number | Planned;
const ONTO = MOVE_MOUNT.MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT.MOVE_MOUNT_T_EMPTY_PATH;

/** Puts a detached mount over the open `target`. */
export const moveOnto = (stage: BatchCalls, tree: Open, target: Open, destination: string): Planned =>
  stage.move_mount(tree, '', target, '', ONTO).noted(destination);

/** The same, then closes both. */
export function moveTree(stage: BatchCalls, tree: Open, target: Open, destination: string): Planned {
  const moved = moveOnto(stage, tree, target, destination);
  stage.close(tree);
  stage.close(target);
  return moved;
}

/** Mounts one mount of the spec: a bind as mountBinds does, all others as mountNew does. */
export const mountOne = (k: Kernel, place: Place, m: Mount): Promise<void> =>
  m.type === 'bind' ? mountBinds(k, [[m, place]]) : mountNew(k, place, m);
