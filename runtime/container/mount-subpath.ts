/** A mount by a path within its source: `volume-subpath`, `image-subpath`, and what a build mounts from a stage. */
import { descriptorPath, openPath } from '../kernel/mount/in-root.ts';
import { mountOne } from '../kernel/mount/mount.ts';
import { BENEATH, IN_ROOT, type Place } from '../kernel/mount/place.ts';
import type { Kernel } from '../kernel/kernel.ts';
import type { Mount } from '../oci/spec.ts';
import { AT_FDCWD, O } from '../syscalls/constants.ts';
import type { MountPoint } from '../volume/mount-point.ts';
import type { Container } from './container.ts';
import { imageTree } from './mount-points.ts';

function sourceOf({ paths, volumes }: Container, point: MountPoint): string {
  if (point.type === 'image') return imageTree(paths.images, point);
  return point.type === 'bind' ? (point.source ?? '') : volumes.paths(point.name).data;
}

/**
 * Mounts one mount of the user. The kernel resolves the path of a mount that has one below the volume, so that no link
 * in it leads out. The directory of an image or of a bind is the root of that path, because its links are those of an
 * image.
 */
export async function mountWithin(k: Kernel, c: Container, place: Place, m: Mount): Promise<void> {
  const point = c.mounts.find(({ destination, subpath }) => subpath && destination === m.destination);
  if (!point?.subpath) return mountOne(k, place, m);
  const from = await k.stage.openat(AT_FDCWD, sourceOf(c, point), O.O_PATH | O.O_DIRECTORY | O.O_CLOEXEC, 0);
  const resolve = point.type === 'volume' ? BENEATH : IN_ROOT;
  const fd = await openPath(k, { from, path: point.subpath, resolve });
  await k.stage.close(from);
  await mountOne(k, place, { ...m, source: descriptorPath(fd) });
  await k.stage.close(fd);
}
