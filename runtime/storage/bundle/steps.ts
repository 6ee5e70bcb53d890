/** The steps of a bundle's root: the directory that the bundle names becomes the root as it is. */
import { AT, AT_FDCWD, O, RESOLVE } from '../../syscalls/constants.ts';
import { tolerate } from '../../kernel/errors.ts';
import { moveTree } from '../../kernel/mount/mount.ts';
import { openHow } from '../../kernel/mount/place.ts';
import { mountsOf } from '../../kernel/process/inspect.ts';
import type { Step } from '../../operation/step.ts';
import type { RwLayer } from '../driver.ts';

const DIRECTORY = O.O_PATH | O.O_DIRECTORY | O.O_CLOEXEC;
/** The path had no symbolic link when the container was created; it may have one now. */
const AS_CREATED = openHow(DIRECTORY, 0, RESOLVE.RESOLVE_NO_SYMLINKS | RESOLVE.RESOLVE_NO_MAGICLINKS);

export const mount: readonly Step<RwLayer>[] = [
  {
    id: 'rw-layer.bind-root',
    title: "Mount the bundle's root",
    explain: `A bundle has no layers: the directory of its files is itself what the container reads and writes. A bind mount makes it a mount point, which pivot_root(2) demands of a new root.
It is opened once, over no symbolic link, and the copy of its tree is put at a directory of the container, in the container's mount namespace alone. What the program writes stays in the bundle when the container is removed: two containers of one bundle write into the same files. See open_tree(2), move_mount(2), and the OCI runtime specification, "Filesystem Bundle".`,
    async do(k, { paths, bundle }) {
      const { root = '' } = bundle ?? {};
      await tolerate(['EEXIST'], k.daemon.mkdirat(AT_FDCWD, paths.rootfs, 0o755));
      await k.batch((stage) => {
        const files = stage.openat2(AT_FDCWD, root, AS_CREATED).noted(root);
        const flags = AT.OPEN_TREE_CLONE | AT.AT_RECURSIVE | AT.AT_EMPTY_PATH | O.O_CLOEXEC;
        const tree = stage.open_tree(files, '', flags).noted(root);
        const target = stage.openat(AT_FDCWD, paths.rootfs, DIRECTORY, 0);
        moveTree(stage, tree, target, paths.rootfs);
        stage.close(files);
      });
      k.fact({ kind: 'mount', key: paths.rootfs, value: `bind ${root}` });
    },
    // never recursive: the mount that lies on it in the container's namespace goes with it, and its files stay
    async undo(k, { paths }) {
      await tolerate(['ENOENT'], k.daemon.unlinkat(AT_FDCWD, paths.rootfs, AT.AT_REMOVEDIR));
      k.fact({ kind: 'mount', key: paths.rootfs, value: null });
    },
    inspect: async (_k, { live, paths }) => (live.pid ? [mountsOf(live.pid, paths.rootfs)] : []),
  },
];
