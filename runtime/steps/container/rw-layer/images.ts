/** `--mount type=image`: the layers of an image as one tree, before it is bound at its place. */
import { join } from 'node:path';
import type { Container } from '../../../container/container.ts';
import { imageDirectory, imageTree } from '../../../container/mount-points.ts';
import type { Step } from '../../../container/step.ts';
import { tolerate } from '../../../kernel/errors.ts';
import { mountsOf, ownTreeOf } from '../../../kernel/process/inspect.ts';
import { AT_FDCWD } from '../../../syscalls/constants.ts';
import type { MountPoint } from '../../../volume/mount-point.ts';

const imagesOf = ({ mounts }: Container): MountPoint[] => mounts.filter(({ type }) => type === 'image');
const hasImages = (c: Container): boolean => imagesOf(c).length > 0;
const directoryOf = ({ paths }: Container, point: MountPoint) => join(paths.images, imageDirectory(point));

export const mountImages: Step = {
  id: 'rw-layer.mount-images',
  title: 'Put the layers of mounted images together',
  explain: `\`--mount type=image\` shows the files of another image inside this container: its tools or its data, without a copy of them in the container's own image.
The layers are laid over each other as for a root, but without an upper directory: a write has nowhere to go, so that the mount is read-only. It exists in the container's mount namespace alone; the next step binds it, or a directory of it, at its place. While the container exists, the image is in use and \`rmi\` refuses to remove it. See the kernel's filesystems/overlayfs.rst, "Multiple lower layers".`,
  when: hasImages,
  async do(k, c) {
    await tolerate(['EEXIST'], k.daemon.mkdirat(AT_FDCWD, c.paths.images, 0o711));
    for (const point of imagesOf(c)) {
      const image = c.images.ofContainer(point.image ?? '');
      if (!image)
        throw new Error(`the image ${point.name} that is mounted at ${point.destination} is not there any more`);
      const dir = directoryOf(c, point);
      await tolerate(['EEXIST'], k.daemon.mkdirat(AT_FDCWD, dir, 0o711));
      await c.storage.images.mount(k, image, dir, c.pull.signal);
      const value = `image ${point.name} of ${image.layers.length} layers`;
      k.fact({ kind: 'mount', key: imageTree(c.paths.images, point), value });
    }
  },
  async undo(k, c) {
    for (const point of imagesOf(c)) await c.storage.images.undo(k, directoryOf(c, point));
  },
  inspect: async (_k, c) => [
    ...(c.live.pid ? [mountsOf(c.live.pid, c.paths.images)] : []),
    ...imagesOf(c).map((point) => ownTreeOf(imageTree(c.paths.images, point))),
  ],
};

export const removeImages: Step = {
  id: 'remove.mounted-images',
  title: 'Delete the mount points of mounted images',
  explain: `The mount points of the images that the container had mounted are deleted; with the storage driver vfs these are copies of their files. The images stay, and from now on this container does not hold them any more. See unlinkat(2).`,
  when: hasImages,
  do: (k, c) => k.removeTree(c.paths.images),
};
