/**
 * Chooses a daemon's storage driver: the requested one, the one that the data root was used with before, or the first
 * one that works. As in dockerd, each driver has its own images and containers in the data root. Those of another
 * driver are left alone, and reappear with that driver.
 */
import { existsSync, mkdtempSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { FSCONFIG, O, AT_FDCWD } from '../syscalls/constants.ts';
import { hasCode } from '../kernel/errors.ts';
import type { Kernel } from '../kernel/kernel.ts';
import { descriptorPath } from '../kernel/mount/in-root.ts';
import { type DriverName, storageDrivers, type StorageDriver } from '../storage/driver.ts';
import { driverNamed } from './storage.ts';
import { filesystemOf } from '../storage/filesystem-of.ts';

export interface Chosen {
  driver: StorageDriver;
  /** messages for the administrator, one sentence each */
  warnings: string[];
}

/**
 * Lets the kernel create an overlay with its upper directory in `root`, without mounting it: fsconfig(2) with
 * FSCONFIG_CMD_CREATE. Undefined when this works, otherwise the reason.
 */
async function whyNoOverlay(k: Kernel, root: string): Promise<string | undefined> {
  const probe = mkdtempSync(join(root, '.overlay-'));
  const opened: number[] = [];
  try {
    for (const name of ['lower', 'upper', 'work']) mkdirSync(join(probe, name));
    const dir = await k.daemon.openat(AT_FDCWD, probe, O.O_PATH | O.O_DIRECTORY | O.O_CLOEXEC, 0);
    opened.push(dir);
    const fs = await k.daemon.fsopen('overlay', 1);
    opened.push(fs);
    // a value may have at most 256 bytes, and the path of the data root may be longer
    for (const [key, name] of [
      ['lowerdir', 'lower'],
      ['upperdir', 'upper'],
      ['workdir', 'work'],
    ] as const)
      await k.daemon.fsconfig(fs, FSCONFIG.FSCONFIG_SET_STRING, key, `${descriptorPath(dir)}/${name}`, 0);
    await k.daemon.fsconfig(fs, FSCONFIG.FSCONFIG_CMD_CREATE, null, null, 0);
    return undefined;
  } catch (error) {
    // the kernel is older than 5.2: the first container will show whether overlayfs works
    if (hasCode(error, 'ENOSYS')) return undefined;
    if (hasCode(error, 'ENODEV')) return 'the kernel has no overlayfs';
    const kind = filesystemOf(root);
    const why = hasCode(error, 'EINVAL') ? '' : ` (${(error as Error).message})`;
    return `${root} is on ${kind}, on which overlayfs cannot have its upper directory${why}`;
  } finally {
    for (const fd of opened) await k.daemon.close(fd);
    rmSync(probe, { recursive: true, force: true });
  }
}

/** The directory of a driver's images. overlay2 uses the data root itself, because it was the only driver at first. */
export const homeOf = (root: string, name: DriverName): string => (name === 'overlay2' ? root : join(root, name));

/** Whether the data root holds images of a driver. */
const used = (root: string, name: DriverName): boolean => {
  const layers = join(homeOf(root, name), 'layers');
  return existsSync(layers) && readdirSync(layers).length > 0;
};

/** Throws Error for a driver that was requested or used before and does not work here. */
export async function chooseDriver(k: Kernel, root: string, wanted?: DriverName): Promise<Chosen> {
  if (wanted === 'vfs') return { driver: driverNamed('vfs'), warnings: other(root, 'vfs') };
  const why = await whyNoOverlay(k, root);
  if (wanted === 'overlay2' && why)
    throw new Error(
      `storage driver overlay2 does not work here: ${why}; give another directory with --root, or --storage-driver vfs`,
    );
  if (why && used(root, 'overlay2'))
    throw new Error(
      `the images in ${root} are those of storage driver overlay2, which does not work here any more: ${why}; ` +
        'give another directory with --root, or leave them alone with --storage-driver vfs',
    );
  if (wanted === 'overlay2') return { driver: driverNamed('overlay2'), warnings: other(root, 'overlay2') };
  if (why)
    return {
      driver: driverNamed('vfs'),
      warnings: [`${why}: storage driver vfs is used, which copies all files of an image for each container`],
    };
  if (used(root, 'vfs') && !used(root, 'overlay2')) {
    const warning = `storage driver vfs is used, as before in ${root}; --storage-driver overlay2 would work here, too`;
    return { driver: driverNamed('vfs'), warnings: [warning] };
  }
  return { driver: driverNamed('overlay2'), warnings: other(root, 'overlay2') };
}

/** The other driver, if the data root was used with it. */
export const usedByOther = (root: string, name: DriverName): DriverName | undefined =>
  storageDrivers.find((another) => another !== name && used(root, another));

function other(root: string, name: DriverName): string[] {
  const another = usedByOther(root, name);
  if (!another) return [];
  return [
    `images and containers of storage driver ${another} in ${root} are left alone; --storage-driver ${another} shows them`,
  ];
}
