/** The volumes of one container, when it is created, and in Docker's events. */
import type { Container } from '../container/container.ts';
import type { MountPoint } from '../volume/mount-point.ts';
import type { EventBus } from './events.ts';
import type { Volumes } from './volumes.ts';

const volumesOf = ({ mounts }: Pick<Container, 'mounts'>): MountPoint[] =>
  mounts.filter(({ type }) => type === 'volume');

/** Ids of the containers that have the volume, running or not. */
export const usersAmong = (containers: readonly { container: Container }[], name: string): string[] =>
  containers.filter(({ container }) => volumesOf(container).some((point) => point.name === name)).map(idOf);
const idOf = ({ container: { id } }: { container: Container }) => id;

/** Creates the volumes that a new container needs. After a failure those that it created are removed again. */
export async function createVolumes(volumes: Volumes, { mounts }: Pick<Container, 'mounts'>): Promise<void> {
  const created: string[] = [];
  try {
    for (const { name, anonymous, driver, driverOptions, labels } of volumesOf({ mounts })) {
      if (volumes.find(name)) continue;
      await volumes.create({
        name,
        ...(anonymous && { anonymous }),
        ...(driver && { driver }),
        ...(driverOptions && { options: driverOptions }),
        ...(labels && { labels }),
      });
      created.push(name);
    }
  } catch (error) {
    for (const name of created) await volumes.removeEmpty(name);
    throw error;
  }
}

/** Docker's events of volumes at a container's start and end. */
export function volumeEvents(events: EventBus, container: Container, action: 'mount' | 'unmount'): void {
  for (const { name, destination, rw, propagation } of volumesOf(container)) {
    const volume = container.volumes.find(name);
    const more = action === 'mount' && { destination, propagation, 'read/write': String(rw) };
    events.emit('volume', action, name, { container: container.id, driver: volume?.driver ?? 'local', ...more });
  }
}
