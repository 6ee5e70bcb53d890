/** The steps of the driver local. */
import { dirname, join } from 'node:path';
import { AT, AT_FDCWD, MNT } from '../../syscalls/constants.ts';
import { conflict } from '../../errors/api-error.ts';
import { tolerate } from '../../kernel/errors.ts';
import type { Step } from '../../operation/step.ts';
import type { VolumeWork } from '../driver.ts';
import { mountsAt } from '../../kernel/mount/mounted.ts';
import { mountOf } from './options.ts';
import { REMOVED } from '../store/load.ts';

/** Removes a directory that holds nothing. One that holds something stays: a process has written it. */
const removeEmpty = ['ENOENT', 'ENOTEMPTY', 'EEXIST'];

export const create: readonly Step<VolumeWork>[] = [
  {
    id: 'volume-create.make-directory',
    title: "Make the volume's directory",
    explain: `A volume of the driver local is a directory of the host, below the data root and outside of every container: that is why it stays when a container goes.
Its files lie in \`_data\`, beside them a record. A container sees it because the directory is bound into the container's tree; a write then goes to this directory and never to the container's own layer. See mkdir(2), mount(2), "Creating a bind mount".`,
    async do(k, { volume, volumes }) {
      const { dir, data } = volumes.paths(volume.name);
      await tolerate(['EEXIST'], k.daemon.mkdirat(AT_FDCWD, dir, 0o701));
      await tolerate(['EEXIST'], k.daemon.mkdirat(AT_FDCWD, data, 0o755));
      // mkdirat(2) has applied the daemon's umask
      await k.daemon.fchmodat(AT_FDCWD, data, 0o755);
      k.fact({ kind: 'file', key: `volume ${volume.name}`, value: data });
    },
    async undo(k, { volume, volumes }) {
      if (volumes.find(volume.name)) return;
      const { dir, data, record } = volumes.paths(volume.name);
      await tolerate(['ENOENT'], k.daemon.unlinkat(AT_FDCWD, `${record}.partial`, 0));
      for (const one of [data, dir]) await tolerate(removeEmpty, k.daemon.unlinkat(AT_FDCWD, one, AT.AT_REMOVEDIR));
    },
  },
];

export const remove: readonly Step<VolumeWork>[] = [
  {
    id: 'volume-remove.unmount',
    title: 'Unmount what a killed daemon left',
    explain: `A volume that is a file system of its own is unmounted when its last container ends. If that did not happen, it is unmounted here: what is deleted next is the volume's directory, never the files of the device. See umount(2).`,
    when: ({ volume }) => mountOf(volume.options) !== undefined,
    async do(k, { volume, volumes }) {
      const { data } = volumes.paths(volume.name);
      for (const _ of mountsAt(data)) await k.daemon.umount2(data, MNT.MNT_DETACH);
      if (mountsAt(data).length) throw conflict(`remove ${volume.name}: ${data} is still mounted`);
    },
  },
  {
    id: 'volume-remove.detach',
    title: 'Take the volume out of the list',
    explain: `One rename(2) gives the directory another name, and with that the volume is gone for every client at once.
Deleting its files may take minutes. If the daemon ended meanwhile, a volume with half of its files would be there under its old name, and a container would go on with them as if nothing were missing. See rename(2).`,
    async do(k, { volume, volumes }) {
      const { dir } = volumes.paths(volume.name);
      await tolerate(['ENOENT'], k.daemon.renameat2(AT_FDCWD, dir, AT_FDCWD, removedOf(dir, volume.created), 0));
      volumes.forget(volume);
      k.fact({ kind: 'file', key: `volume ${volume.name}`, value: null });
    },
  },
  {
    id: 'volume-remove.delete-files',
    title: "Delete the volume's files",
    explain: `Everything below the directory is deleted, also what containers wrote that are long gone: this is the only step that takes data of a volume.
What is left of it after a daemon that was killed is deleted when the next one starts. See unlinkat(2).`,
    async do(k, { volume, volumes }) {
      await k.removeTree(removedOf(volumes.paths(volume.name).dir, volume.created));
    },
  },
];

/** Unique, because a volume of the same name may be made and removed again while the first one's files are deleted. */
const removedOf = (dir: string, created: number): string =>
  join(dirname(dir), `${REMOVED}${created.toString(36)}-${dir.slice(dirname(dir).length + 1)}`);
