/**
 * Volumes that are a file system of their own (`docker volume create -o type=…`). They are mounted at the volume's
 * directory on the host, because containers that run at the same time have to see the same files:
 *
 *   first container starts ─ mount ─ … second starts, uses it … last one ends ─ umount
 *
 * Who uses a mount follows from the containers' records and shims, so that the next daemon knows it too. Only what a
 * start holds that has no shim yet is in the daemon's memory (Volumes.holders).
 */
import type { Container } from '../../../container/container.ts';
import type { Step } from '../../../container/step.ts';
import { containerPaths } from '../../../container/paths.ts';
import { ApiError } from '../../../errors/api-error.ts';
import { SyscallError, tolerate } from '../../../kernel/errors.ts';
import type { Kernel } from '../../../kernel/kernel.ts';
import { mountsAt } from '../../../kernel/mount/mounted.ts';
import { shimLives } from '../../../kernel/process/shim.ts';
import { MNT, MS } from '../../../syscalls/constants.ts';
import { errnoText } from '../../../syscalls/errno-text.ts';
import { addressOf } from '../../../volume/local/server-address.ts';
import { hidden, mountOf, serverName, type VolumeMount, withAddress } from '../../../volume/local/options.ts';

interface Own {
  name: string;
  data: string;
  mount: VolumeMount;
}

function ownOf({ mounts, volumes }: Container): Own[] {
  return mounts
    .filter(({ type }) => type === 'volume')
    .flatMap(({ name }) => {
      const mount = mountOf(volumes.find(name)?.options ?? null);
      return mount ? [{ name, data: volumes.paths(name).data, mount }] : [];
    });
}
const hasOwnVolumes = (c: Container): boolean => ownOf(c).length > 0;

/** mount(2) as mount(8) of dockerd does it: the propagation, and the read-only of a bind, need calls of their own. */
async function mountVolume(k: Kernel, { data: target, mount }: Own): Promise<void> {
  const name = serverName(mount);
  const address = name && (await addressOf(name).catch((cause: Error) => failed(target, mount, cause)));
  const { device, type, flags, propagation, data } = name && address ? withAddress(mount, name, address) : mount;
  try {
    await k.stage.mount(device, target, type, flags, data || null);
    if (propagation) await k.stage.mount(null, target, null, propagation, null);
    const readOnlyBind = MS.MS_BIND | MS.MS_RDONLY;
    if ((flags & readOnlyBind) === readOnlyBind) await k.stage.mount(null, target, null, flags | MS.MS_REMOUNT, null);
  } catch (error) {
    if (error instanceof SyscallError) failed(target, mount, error);
    throw error;
  }
}

/** In dockerd's words. */
function failed(target: string, { device, flags, data }: VolumeMount, cause: Error): never {
  const code = cause instanceof SyscallError ? cause.code : '';
  const words = code ? errnoText(code).toLowerCase() : cause.message;
  const details = `${flags ? `, flags: 0x${flags.toString(16)}` : ''}${data ? `, data: ${hidden(data)}` : ''}`;
  throw new ApiError(
    500,
    `error while mounting volume '${target}': failed to mount local volume: mount ${device}:${target}${details}: ${words}`,
    { cause },
  );
}

/** A run of this container that is alive, or another container's. */
const isUsed = (c: Container, name: string): boolean =>
  (c.volumes.holders.get(name)?.size ?? 0) > 0 ||
  c.volumes.users(name).some((id) => id !== c.id && shimLives(containerPaths(c.settings, id).runDir));

/** For a container that does not run, and whose files are not copied: nothing is mounted for it any more. */
export async function releaseVolumes(k: Kernel, c: Container): Promise<void> {
  for (const { name, data } of ownOf(c))
    await c.volumes.inTurn(name, async () => {
      c.volumes.holders.get(name)?.delete(c.paths.runDir);
      if (isUsed(c, name) || !mountsAt(data).length) return;
      await tolerate(['EINVAL', 'ENOENT'], k.daemon.umount2(data, MNT.MNT_DETACH));
      k.fact({ kind: 'mount', key: data, value: null });
    });
}

const inspect: Step['inspect'] = async (_k, c) =>
  ownOf(c).map(({ data }) => ({ title: data, lines: mountsAt(data).length ? mountsAt(data) : ['(not mounted)'] }));

/** A start makes a container, and `cp` reaches into a stopped one. */
export const volumeMountsStep = (id: 'create.mount-volumes' | 'reach.mount-volumes'): Step => ({
  id,
  title: 'Mount volumes that are a file system of their own',
  explain: `A volume with \`type\` and \`device\` is no directory but a file system: a tmpfs, a disk, a share of another machine. It is mounted at the volume's directory on the host when the first container needs it, before this process breaks away from the host's mounts; every container then binds that directory.
Mounted in each container alone, two containers would have two tmpfs and not see each other's files. See mount(2), tmpfs(5), nfs(5).`,
  when: hasOwnVolumes,
  async do(k, c) {
    for (const own of ownOf(c))
      await c.volumes.inTurn(own.name, async () => {
        const holders = c.volumes.holders.get(own.name) ?? new Set<string>();
        c.volumes.holders.set(own.name, holders.add(c.paths.runDir));
        if (!mountsAt(own.data).length) await mountVolume(k, own);
        k.fact({ kind: 'mount', key: own.data, value: mountsAt(own.data).at(-1) ?? null });
      });
  },
  undo: releaseVolumes,
  inspect,
});

/** For the phase exit. */
export const unmountVolumes: Step = {
  id: 'exit.unmount-volumes',
  title: 'Unmount volumes that no container uses any more',
  explain: `A volume that is a file system of its own is unmounted when the last container that has it ends: what was in a tmpfs is gone then, a disk or a share can be used elsewhere.
MNT_DETACH takes it out of the tree at once and lets go of it when its last file is closed. See umount(2).`,
  when: hasOwnVolumes,
  do: releaseVolumes,
  inspect,
};
