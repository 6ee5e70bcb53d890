/** An image in a container, beside its root: an overlay of its layers that has no upper directory. */
import { join } from 'node:path';
import { tolerate } from '../../kernel/errors.ts';
import { mountOverlay } from '../../kernel/mount/overlay.ts';
import { AT_FDCWD } from '../../syscalls/constants.ts';
import type { ImageMounts } from '../driver.ts';
import { plainUpper } from './plain-upper.ts';

export const imageMounts: ImageMounts = {
  async mount(k, { layers }, dir) {
    const [target, empty] = [join(dir, 'tree'), join(dir, 'empty')];
    for (const path of [target, empty]) await tolerate(['EEXIST'], k.daemon.mkdirat(AT_FDCWD, path, 0o755));
    if (!layers.length) return;
    const lower = [...layers].reverse();
    await mountOverlay(k, {
      // without upperdir overlayfs asks for two directories, so that an empty one lies below a single layer
      lowerdirs: [...lower.map((layer) => layer.dir), empty],
      shorts: [...lower.map((layer) => layer.short ?? layer.dir), empty],
      target,
      options: plainUpper(),
    });
  },

  // a mount is gone with the namespace, and the empty directories stay for the next run
  undo: async () => undefined,
};
