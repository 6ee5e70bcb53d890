/**
 * Mounts an overlay without mount(2)'s limit of one page of options: overlayfs.rst, fsopen(2), fsconfig(2).
 */
import { AT_FDCWD, FSCONFIG, MOVE_MOUNT, O } from '../../syscalls/constants.ts';
import { hasCode } from '../errors.ts';
import type { Kernel } from '../kernel.ts';
import type { Planned } from '../batch.ts';

export interface OverlayRequest {
  /** highest first, in the order in which the kernel searches them */
  lowerdirs: string[];
  /** absent for an overlay that only shows its lower directories */
  upper?: { upperdir: string; workdir: string };
  target: string;
  /** the same lower directories as short links, for kernels before 6.5 */
  shorts: string[];
  /** more options of overlayfs */
  options?: readonly (readonly [key: string, value: string])[];
}

/** One fsconfig(2) per layer. 'lowerdir+' exists since Linux 6.5. */
async function mountByLayer(k: Kernel, r: OverlayRequest): Promise<void> {
  const opened: Planned[] = [];
  try {
    await k.batch((stage) => {
      const fs = stage.fsopen('overlay', 1);
      opened.push(fs);
      const set = (key: string, value: string) => stage.fsconfig(fs, FSCONFIG.FSCONFIG_SET_STRING, key, value, 0);
      set('source', 'overlay');
      for (const lowerdir of r.lowerdirs) set('lowerdir+', lowerdir);
      for (const [key, value] of Object.entries(r.upper ?? {})) set(key, value);
      for (const [key, value] of r.options ?? []) set(key, value);
      stage.fsconfig(fs, FSCONFIG.FSCONFIG_CMD_CREATE, null, null, 0);
      const mount = stage.fsmount(fs, 1, 0);
      stage.move_mount(mount, '', AT_FDCWD, r.target, MOVE_MOUNT.MOVE_MOUNT_F_EMPTY_PATH).noted(r.target);
      stage.close(mount);
    });
  } finally {
    for (const { reply } of opened) if (reply) await k.stage.close(reply.ret);
  }
}

/** One mount(2) with all options in a string of one page. The layers' short links are relative to their folder. */
async function mountByPage(k: Kernel, r: OverlayRequest): Promise<void> {
  const folder = r.shorts[0]?.slice(0, r.shorts[0].lastIndexOf('/')) ?? '/';
  const names = r.shorts.map((path) => (path.startsWith(`${folder}/`) ? path.slice(folder.length + 1) : path));
  const more = (r.options ?? []).map(([key, value]) => `${key}=${value}`);
  const upper = Object.entries(r.upper ?? {}).map(([key, value]) => `${key}=${value}`);
  const here = await k.stage.openat(AT_FDCWD, '.', O.O_PATH | O.O_DIRECTORY | O.O_CLOEXEC, 0);
  await k.stage.chdir(folder);
  await k.stage.mount('overlay', r.target, 'overlay', 0, [`lowerdir=${names.join(':')}`, ...upper, ...more].join(','));
  await k.stage.fchdir(here);
  await k.stage.close(here);
}

/** Mounts layer by layer; on an older kernel (EINVAL, ENOSYS, E2BIG) with one mount(2). Throws SyscallError. */
export async function mountOverlay(k: Kernel, request: OverlayRequest): Promise<void> {
  try {
    await mountByLayer(k, request);
  } catch (error) {
    if (!hasCode(error, 'EINVAL', 'ENOSYS', 'E2BIG')) throw error;
    await mountByPage(k, request);
  }
}
