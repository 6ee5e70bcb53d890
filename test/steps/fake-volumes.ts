/** A list of volumes in memory. */
import type { Volumes } from '../../runtime/volume/driver.ts';
import { volumePaths, type Volume } from '../../runtime/volume/volume.ts';

export const fakeVolume = (name: string): Volume => ({
  name,
  driver: 'local',
  options: null,
  labels: null,
  created: 1,
});

/** `users`: by name, the ids of the containers that have the volume. */
export function fakeVolumes(
  root: string,
  names: readonly string[] = [],
  users: Record<string, string[]> = {},
): Volumes {
  const all = new Map(names.map((name) => [name, fakeVolume(name)]));
  return {
    find: (name) => all.get(name),
    paths: (name) => volumePaths(root, name),
    add: (volume) => void all.set(volume.name, volume),
    forget: ({ name }) => void all.delete(name),
    holders: new Map(),
    users: (name) => users[name] ?? [],
    inTurn: (_name, work) => work(),
  };
}
