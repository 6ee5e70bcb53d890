/** The overlay mount, without the one-page limit that mount(2) puts on its options: overlayfs.rst, fsopen(2), fsconfig(2). */
import { AT_FDCWD, FSCONFIG, MOVE_MOUNT, O } from '../constants.ts';
import { hasCode } from '../errors.ts';
import type { Kernel } from '../kernel.ts';

export interface OverlayRequest {
  /** highest first, as the kernel searches them */
  lowerdirs: string[];
  upperdir: string;
  workdir: string;
  target: string;
  /** the same lower directories under short paths, for kernels before 6.5 */
  shorts: string[];
}

/** One fsconfig(2) per layer: 'lowerdir+' came with Linux 6.5. */
async function mountByLayer(k: Kernel, r: OverlayRequest): Promise<void> {
  const fs = await k.stage.fsopen('overlay', 1);
  const set = (key: string, value: string) => k.stage.fsconfig(fs, FSCONFIG.FSCONFIG_SET_STRING, key, value, 0);
  try {
    await set('source', 'overlay');
    for (const lowerdir of r.lowerdirs) await set('lowerdir+', lowerdir);
    await set('upperdir', r.upperdir);
    await set('workdir', r.workdir);
    await k.stage.fsconfig(fs, FSCONFIG.FSCONFIG_CMD_CREATE, null, null, 0);
    const mount = await k.stage.fsmount(fs, 1, 0);
    await k.run({ actor: 'stage', name: 'move_mount', args: [mount, '', AT_FDCWD, r.target, MOVE_MOUNT.MOVE_MOUNT_F_EMPTY_PATH], note: r.target });
    await k.stage.close(mount);
  } finally {
    await k.stage.close(fs);
  }
}

/** One mount(2) with everything in one string of a page, named from the folder that the layers' short links share. */
async function mountByPage(k: Kernel, r: OverlayRequest): Promise<void> {
  const folder = r.shorts[0]?.slice(0, r.shorts[0].lastIndexOf('/')) ?? '/';
  const names = r.shorts.map((path) => (path.startsWith(`${folder}/`) ? path.slice(folder.length + 1) : path));
  const here = await k.stage.openat(AT_FDCWD, '.', O.O_PATH | O.O_DIRECTORY | O.O_CLOEXEC, 0);
  await k.stage.chdir(folder);
  await k.stage.mount('overlay', r.target, 'overlay', 0, `lowerdir=${names.join(':')},upperdir=${r.upperdir},workdir=${r.workdir}`);
  await k.stage.fchdir(here);
  await k.stage.close(here);
}

export async function mountOverlay(k: Kernel, request: OverlayRequest): Promise<void> {
  try {
    await mountByLayer(k, request);
  } catch (error) {
    if (!hasCode(error, 'EINVAL', 'ENOSYS', 'E2BIG')) throw error;
    await mountByPage(k, request);
  }
}
