/**
 * The volumes of a data root. A volume exists as soon as its record does:
 *
 *   <root>/volumes/<name>/volume.json   what it is
 *   <root>/volumes/<name>/_data         its files
 *   <root>/volumes/.removed-<id>        a volume whose files are being deleted
 *
 * Which containers use a volume is not written here. It follows from the containers' records.
 */
import { writeDurably } from '../../data-root/atomic-file.ts';
import type { Aside } from '../../data-root/set-aside.ts';
import { notFound } from '../../errors/api-error.ts';
import type { Volumes } from '../driver.ts';
import { volumePaths, volumesDir, type Volume, type VolumePaths } from '../volume.ts';
import { loadVolumes } from './load.ts';

export class VolumeStore implements Volumes {
  readonly #all = new Map<string, Volume>();
  /** by name: the last of the works on this volume that wait for each other */
  readonly #turns = new Map<string, Promise<unknown>>();
  readonly holders = new Map<string, Set<string>>();
  /** set by the engine, which knows the containers */
  users: (name: string) => string[] = () => [];
  /** called when a volume has been created or has been removed */
  changed: (action: 'create' | 'destroy', volume: Volume) => void = () => undefined;

  private constructor(readonly root: string) {}

  /** Reads the volumes. Finishes what another daemon began. What cannot be read is set aside, but no data is lost. */
  static async open(root: string, aside: Aside): Promise<VolumeStore> {
    const store = new VolumeStore(root);
    for (const volume of await loadVolumes(volumesDir(root), aside)) store.#all.set(volume.name, volume);
    return store;
  }

  list(): Volume[] {
    return [...this.#all.values()];
  }
  find(name: string): Volume | undefined {
    return this.#all.get(name);
  }
  /** Throws ApiError 404. */
  get(name: string): Volume {
    const found = this.#all.get(name);
    if (!found) throw notFound(`get ${name}: no such volume`);
    return found;
  }
  paths(name: string): VolumePaths {
    return volumePaths(this.root, name);
  }

  /** Writes the record. From then on the volume exists. */
  add(volume: Volume): void {
    writeDurably(this.paths(volume.name).record, JSON.stringify(volume));
    this.#all.set(volume.name, volume);
    this.changed('create', volume);
  }

  /** Called after the volume's directory was moved away or removed. */
  forget(volume: Volume): void {
    if (this.#all.get(volume.name) !== volume) return;
    this.#all.delete(volume.name);
    this.changed('destroy', volume);
  }

  /** Works on one volume run one after the other. */
  async inTurn<T>(name: string, work: () => Promise<T>): Promise<T> {
    const turn = (this.#turns.get(name) ?? Promise.resolve()).then(work);
    const settled = turn.catch(() => undefined);
    this.#turns.set(name, settled);
    void settled.then(() => this.#turns.get(name) === settled && this.#turns.delete(name));
    return turn;
  }
}
