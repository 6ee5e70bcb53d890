/** The volumes of a container: made when they are missing, and filled from the image when they are empty. */
import { O } from '../../../syscalls/constants.ts';
import type { Container } from '../../../container/container.ts';
import type { Step } from '../../../container/step.ts';
import { driverNamed } from '../../../drivers/volume.ts';
import { hasCode, tolerate } from '../../../kernel/errors.ts';
import type { Kernel } from '../../../kernel/kernel.ts';
import { openPath } from '../../../kernel/mount/in-root.ts';
import { inRoot } from '../../../kernel/mount/place.ts';
import { ownTreeOf } from '../../../kernel/process/inspect.ts';
import type { MountPoint } from '../../../volume/mount-point.ts';
import { mountOf } from '../../../volume/local/options.ts';
import { ANONYMOUS_LABEL, type Volume } from '../../../volume/volume.ts';
import { createOf } from '../../volume/create.ts';

const volumesOf = ({ mounts }: Container): MountPoint[] => mounts.filter(({ type }) => type === 'volume');
const missing = (c: Container): MountPoint[] => volumesOf(c).filter(({ name }) => !c.volumes.find(name));
/** A volume that is a file system of its own has no place beside it for a copy that is not complete. */
const toFill = (c: Container): MountPoint[] => volumesOf(c).filter((point) => point.copy && !isMounted(c, point));

const volumeOf = ({ name, anonymous, driver, driverOptions, labels }: MountPoint): Volume => ({
  name,
  driver: driverNamed(driver ?? 'local').name,
  options: driverOptions ?? null,
  labels: anonymous ? { ...labels, [ANONYMOUS_LABEL]: '' } : (labels ?? null),
  created: Date.now(),
});

const isMounted = (c: Container, { name }: MountPoint): boolean =>
  mountOf(c.volumes.find(name)?.options ?? null) !== undefined;

async function make(k: Kernel, { volumes }: Container, point: MountPoint): Promise<void> {
  await volumes.inTurn(point.name, async () => {
    if (volumes.find(point.name)) return;
    const volume = volumeOf(point);
    for (const step of createOf(driverNamed(volume.driver)).steps) await step.do(k, { volume, volumes });
  });
}

/** The image has nothing there: nothing is copied. */
const NONE = ['ENOENT', 'ELOOP', 'EAGAIN'];

async function fill(k: Kernel, c: Container, { name, destination }: MountPoint): Promise<void> {
  const { live, volumes, pull } = c;
  const opened = openPath(k, inRoot(live.rootfd ?? -1, destination), O.O_PATH | O.O_DIRECTORY);
  const theirs = await tolerate(NONE, opened).catch((error: unknown) => {
    if (!hasCode(error, 'ENOTDIR')) throw error;
    throw new Error(`cannot mount volume over existing file, file exists ${destination}`, { cause: error });
  });
  if (theirs === undefined) return;
  const from = await k.daemon.pidfd_getfd(live.pidfd ?? -1, theirs, 0);
  try {
    await k.stage.close(theirs);
    const control = new SharedArrayBuffer(16);
    const stop = () => void Atomics.store(new BigInt64Array(control), 1, 1n);
    pull.signal?.throwIfAborted();
    pull.signal?.addEventListener('abort', stop);
    const copying = () =>
      k.job<{ entries?: number }>('volume-copy-up', { from, dir: volumes.paths(name).dir, control });
    const { entries } = await volumes
      .inTurn(name, copying)
      .finally(() => pull.signal?.removeEventListener('abort', stop));
    const value = entries === undefined ? 'was not empty' : `${entries} entries from ${destination}`;
    k.fact({ kind: 'file', key: `volume ${name}`, value });
  } finally {
    await k.daemon.close(from);
  }
}

const inspect: Step['inspect'] = async (_k, c) => volumesOf(c).map(({ name }) => ownTreeOf(c.volumes.paths(name).data));

export const volumeSteps: Step[] = [
  {
    id: 'rw-layer.make-volumes',
    title: 'Make the volumes that are missing',
    explain: `An image can say with VOLUME that a directory holds data worth keeping; \`-v /path\` says the same. Each gets a volume of its own with a long name.
A volume that a request names is made when the container is created, so there is nothing to do here for it. It stays when this start fails, as the container's own files do, and \`rm -v\` takes it. Without a volume the data would lie in the container's layer and be gone with it. See the OCI image specification, "config.Volumes".`,
    when: (c) => missing(c).length > 0,
    async do(k, c) {
      for (const point of missing(c)) await make(k, c, point);
    },
    inspect,
  },
  {
    id: 'rw-layer.copy-up',
    title: 'Fill empty volumes from the image',
    explain: `A volume that is still empty gets what the image has at the place where it will be mounted: files, owners, modes, times, extended attributes and hard links.
Mounting covers what lies beneath: without this step a database whose image brings an initialised directory would find an empty one. It is done once for a container, and never for a volume that holds anything. \`nocopy\` leaves it out.
The directory is copied beside the volume and moved into it only when it is complete, so a full disk or a daemon that is killed leaves the volume empty, and not half filled. See openat2(2), renameat2(2).`,
    when: (c) => toFill(c).length > 0,
    async do(k, c) {
      for (const point of toFill(c)) {
        await fill(k, c, point);
        delete point.copy;
      }
    },
    async undo(k, c) {
      // a complete copy is moved to its place, and part of one is deleted
      for (const { name } of volumesOf(c).filter((point) => c.volumes.find(point.name) && !isMounted(c, point)))
        await c.volumes.inTurn(name, () => k.job('volume-finish-copy', c.volumes.paths(name).dir));
    },
    inspect,
  },
];
