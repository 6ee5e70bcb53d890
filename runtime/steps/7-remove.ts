/** rm: the rw layer goes, and the container with it. */
import type { Phase } from './step.ts';

export const remove: Phase = {
  id: 'remove',
  title: 'Remove the container',
  steps: [
    {
      id: 'remove.rw-layer',
      title: 'Delete the rw layer',
      explain: `upperdir and workdir are deleted, and with them everything the container wrote. The image's layers below are not touched: other containers use them. See the kernel's filesystems/overlayfs.rst.`,
      async do(k, c) {
        await k.removeTree(c.paths.upper);
        await k.removeTree(c.paths.work);
        k.fact({ kind: 'file', key: 'upper', value: null });
      },
    },
  ],
};
