/**
 * --ipc container:ID. What shm_open(3) makes are files of /dev/shm, which belong to no ipc namespace. So the stage
 * takes a copy of the other container's mount: open_tree(2) copies a mount only for a process of its mount namespace.
 * The stage enters that for this moment, keeps its own root, and looks up nothing but directories there.
 */
import type { Container } from '../../../container/container.ts';
import { ApiError } from '../../../errors/api-error.ts';
import type { Kernel } from '../../../kernel/kernel.ts';
import { NO_LINKS, openHow } from '../../../kernel/mount/place.ts';
import { AT, AT_FDCWD, CLONE, O } from '../../../syscalls/constants.ts';

/** statfs(2): struct statfs, and f_type */
const STATFS_SIZE = 120;
const TMPFS_MAGIC = 0x01021994;
const SHAREABLE = /^(shareable|host|container:.+)$/;

/** Throws ApiError 500 in dockerd's words when the other container did not allow this. */
export function checkShareable({ id, request: { HostConfig } }: Container): void {
  if (!SHAREABLE.test(HostConfig.IpcMode ?? ''))
    throw new ApiError(
      500,
      `can't join IPC of container ${id}: non-shareable IPC (hint: use IpcMode:shareable for the donor container)`,
    );
}

/** A descriptor of the stage: the mount on /dev/shm of the process whose directory is `proc`, not yet mounted here. */
export async function copySharedMemory(k: Kernel, proc: string): Promise<number> {
  const { stage } = k;
  const root = await stage.openat(AT_FDCWD, '/', O.O_PATH | O.O_CLOEXEC, 0);
  const own = await stage.openat(AT_FDCWD, '/proc/self/ns/mnt', O.O_CLOEXEC, 0);
  const theirs = await stage.openat(AT_FDCWD, `${proc}/ns/mnt`, O.O_CLOEXEC, 0);
  await stage.setns(theirs, CLONE.CLONE_NEWNS);
  const how = openHow(O.O_PATH | O.O_DIRECTORY | O.O_CLOEXEC, 0, NO_LINKS);
  // the working directory is the other root now
  const place = await stage.openat2(AT_FDCWD, 'dev/shm', how);
  const tree = await stage.open_tree(place, '', AT.OPEN_TREE_CLONE | AT.AT_EMPTY_PATH | O.O_CLOEXEC);
  await stage.setns(own, CLONE.CLONE_NEWNS);
  // setns(2) has set the root to that of the namespace, and the daemon may have another one
  await stage.fchdir(root);
  await stage.chroot('.');
  for (const fd of [place, theirs, own, root]) await stage.close(fd);
  const kind = (await stage.fstatfs(tree, STATFS_SIZE)).readUInt32LE(0);
  if (kind !== TMPFS_MAGIC)
    throw new ApiError(500, `/dev/shm of the other container is no tmpfs: its file system is 0x${kind.toString(16)}`);
  return tree;
}
