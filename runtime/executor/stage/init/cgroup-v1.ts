/** Mounts the hierarchies of cgroup version 1 below a tmpfs of the container, one mount for each. */
import { hierarchies, type Hierarchy } from '../../../kernel/cgroup/hierarchies.ts';
import { AT, AT_FDCWD, MOVE_MOUNT, MS, O } from '../../../syscalls/constants.ts';
import type { Kernel } from '../../../kernel/kernel.ts';
import { planOpen } from '../../../kernel/mount/in-root.ts';
import { mountAttributesOf, parseOptions } from '../../../kernel/mount/options.ts';
import { NO_LINKS, openHow } from '../../../kernel/mount/place.ts';
import type { Planned, BatchCalls } from '../../../kernel/batch.ts';
import type { Container } from '../../../container/container.ts';
import { leavesOut } from '../../../container/leave-out.ts';
import type { Mount } from '../../../oci/spec.ts';
import { overNoLink, placeIn } from './places.ts';

/** Only hierarchies directly below /sys/fs/cgroup; others have no place under the container's tmpfs. */
const usual = (h: Hierarchy) => /^\/sys\/fs\/cgroup\/[^/]+$/.test(h.mount);

const nameOf = (mount: string) => mount.slice('/sys/fs/cgroup/'.length);

/** Mounts a hierarchy anew. Its root is then the root of the container's cgroup namespace. */
function mountHierarchy(stage: BatchCalls, { mount, controllers }: Hierarchy, top: Planned, m: Mount): void {
  const { flags, data } = parseOptions(m.options);
  const target = stage.openat2(top, nameOf(mount), openHow(O.O_PATH | O.O_CLOEXEC, 0, NO_LINKS));
  stage.mount('cgroup', target, 'cgroup', flags, [data, ...controllers].filter(Boolean).join(',')).noted(mount);
  stage.close(target);
}

/**
 * Without a cgroup namespace a new mount would show the whole host. Like runc, this binds the container's own directory
 * instead. The name leads to no other place, because the tmpfs is new and no other process has it.
 */
function bindDirectory(stage: BatchCalls, { mount }: Hierarchy, top: Planned, path: string): void {
  const tree = stage.open_tree(AT_FDCWD, mount + path, AT.OPEN_TREE_CLONE | O.O_CLOEXEC);
  stage.move_mount(tree, '', top, nameOf(mount), MOVE_MOUNT.MOVE_MOUNT_F_EMPTY_PATH).noted(mount);
  stage.close(tree);
}

const READ_ONLY = MS.MS_REMOUNT | MS.MS_BIND | MS.MS_RDONLY | MS.MS_NOSUID | MS.MS_NODEV | MS.MS_NOEXEC;

/** Mounts into the tmpfs at `m.destination`. The tmpfs becomes read-only if `m` is. */
export async function mountCgroupV1(k: Kernel, c: Container, m: Mount): Promise<void> {
  const own = c.spec.linux.namespaces.some(({ type }) => type === 'cgroup');
  // without a group the container has no directory to bind
  const binds = !own && !leavesOut(c, 'cgroup');
  await k.batch((stage) => {
    const top = planOpen(stage, overNoLink(placeIn(c.live, m.destination)));
    for (const hierarchy of hierarchies().v1.filter(usual)) {
      stage.mkdirat(top, nameOf(hierarchy.mount), 0o755);
      if (binds) bindDirectory(stage, hierarchy, top, c.cgroup.path);
      else mountHierarchy(stage, hierarchy, top, m);
    }
    // once for the tmpfs and all binds below it
    if (binds) stage.mount_setattr(top, '', AT.AT_EMPTY_PATH | AT.AT_RECURSIVE, mountAttributesOf(m.options));
    else if (parseOptions(m.options).flags & MS.MS_RDONLY)
      stage.mount(null, top, null, READ_ONLY, null).noted(m.destination);
    stage.close(top);
  });
}
