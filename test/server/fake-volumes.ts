/** The list of volumes of an engine without a data root. */
import type { VolumeList } from '../../runtime/engine/engine.ts';
import { conflict, notFound } from '../../runtime/errors/api-error.ts';
import { fakeVolumes as listed } from '../steps/fake-volumes.ts';
import type { Volume } from '../../runtime/volume/volume.ts';

export class FakeVolumeList implements VolumeList {
  readonly #all = new Map<string, Volume>();
  /** names of the volumes that a container has */
  readonly used = new Set<string>();

  list = (): Volume[] => [...this.#all.values()];
  find = (name: string): Volume | undefined => this.#all.get(name);
  get(name: string): Volume {
    const found = this.find(name);
    if (!found) throw notFound(`get ${name}: no such volume`);
    return found;
  }
  mountpoint = ({ name }: Volume): string => listed('/var/lib/fake').paths(name).data;
  usersOf = ({ name }: Volume): string[] => (this.used.has(name) ? ['c'.repeat(64)] : []);
  size = async (): Promise<number> => 1234;

  create: VolumeList['create'] = async ({ name = 'f'.repeat(64), options = null, labels = null }) => {
    const volume: Volume = this.find(name) ?? { name, driver: 'local', options, labels, created: 1_700_000_000_000 };
    this.#all.set(name, volume);
    return volume;
  };
  remove: VolumeList['remove'] = async (name, force = false) => {
    if (force && !this.find(name)) return;
    if (this.usersOf(this.get(name)).length) throw conflict(`remove ${name}: volume is in use - [${'c'.repeat(64)}]`);
    this.#all.delete(name);
  };
  prune: VolumeList['prune'] = async (wanted) => {
    const pruned = this.list().filter((volume) => wanted(volume) && !this.usersOf(volume).length);
    for (const { name } of pruned) this.#all.delete(name);
    return { names: pruned.map(({ name }) => name), bytes: pruned.length * 1234 };
  };
}
