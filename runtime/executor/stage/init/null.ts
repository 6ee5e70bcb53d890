/**
 * null(4) as stdin, and as the file that masks other files: the container's own node, opened once inside its root and
 * verified by its device number. If descriptor 0 were the host's node, fchmod(2) and fchown(2) through /proc/self/fd/0
 * would change the host's inode, because its owner needs no capability for this.
 */
import { AT_FDCWD, FSCONFIG, O, S_IFCHR } from '../../../syscalls/constants.ts';
import { hasCode } from '../../../kernel/errors.ts';
import type { Kernel } from '../../../kernel/kernel.ts';
import { isNull, planStat, statOf } from '../../../kernel/mount/inode.ts';
import { NO_LINKS, openHow } from '../../../kernel/mount/place.ts';
import type { Planned, BatchCalls } from '../../../kernel/batch.ts';
import type { Process } from '../../../oci/spec.ts';

const FLAGS = O.O_RDWR | O.O_NOCTTY | O.O_CLOEXEC;
const NULL_DEVICE = 0x103;

/**
 * Those of 0, 1 and 2 that are the host's null after the shim has made the stage. The others are the shim's pipes
 * (native/shim-child.h).
 */
export const stdioOf = ({ terminal }: Pick<Process, 'terminal'>, stdin: boolean | undefined): readonly number[] =>
  terminal ? [0, 1, 2] : stdin ? [] : [0];

export interface FoundNull {
  fd: Planned;
  stat: Planned;
}

/**
 * Opens `null` in the open directory and duplicates it onto each of `stdio`. Check it with checkedNull before anything
 * is executed.
 */
export function planNull(stage: BatchCalls, dev: number, stdio: readonly number[], path = 'null'): FoundNull {
  const fd = stage.openat2(dev, path, openHow(FLAGS, 0, NO_LINKS)).noted('/dev/null');
  const stat = planStat(stage, fd);
  for (const target of stdio) stage.dup3(fd, target, 0);
  return { fd, stat };
}

const foundNull = ({ stat }: FoundNull) => stat.reply !== undefined && isNull(statOf(stat.reply.out));

/** Verifies the node. The descriptor stays open for the files that are masked with it. */
export function checkedNull(found: FoundNull): number {
  if (!foundNull(found)) throw new Error('/dev/null of the container is not the null device, 1:3');
  return found.fd.reply?.ret ?? -1;
}

/** Makes a null node without a path, in a file system that is not mounted anywhere. */
async function makeOwnNull(k: Kernel, stdio: readonly number[]): Promise<void> {
  await k.batch((stage) => {
    const fs = stage.fsopen('tmpfs', 1);
    stage.fsconfig(fs, FSCONFIG.FSCONFIG_CMD_CREATE, null, null, 0);
    const mount = stage.fsmount(fs, 1, 0);
    stage.mknodat(mount, 'null', S_IFCHR | 0o666, NULL_DEVICE);
    const fd = stage.openat(mount, 'null', FLAGS, 0);
    for (const target of stdio) stage.dup3(fd, target, 0);
    for (const open of [fd, mount, fs]) stage.close(open);
  });
}

/**
 * In a running container /dev/null may be missing or be another file. Then a new node is made, so that such a container
 * can still be repaired.
 */
export async function takeNullInside(k: Kernel, stdio: readonly number[]): Promise<void> {
  if (!stdio.length) return;
  try {
    const found = await k.batch((stage) => planNull(stage, AT_FDCWD, stdio, 'dev/null'));
    await k.stage.close(found.fd.reply?.ret ?? -1);
    if (foundNull(found)) return;
  } catch (error) {
    if (!hasCode(error, 'ENOENT', 'ENOTDIR', 'ELOOP', 'EACCES', 'EPERM', 'ENXIO', 'EISDIR', 'EROFS')) throw error;
  }
  await makeOwnNull(k, stdio);
}
