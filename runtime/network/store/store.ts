/** The networks that users made. They outlive the daemon; their bridges are made again when a container needs them. */
import { existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { replaceWhole } from '../../data-root/atomic-file.ts';
import type { Aside } from '../../data-root/set-aside.ts';
import { readNetwork, type NetworkRecord } from './network-record.ts';
import { networkDirectory, networksDirectory, recordFile } from './paths.ts';

export class NetworkStore {
  readonly #all = new Map<string, NetworkRecord>();

  private constructor(readonly root: string) {}

  /**
   * A directory without a record is from an interrupted create or rm and is removed. A record that cannot be read is
   * set aside. Directories with other names than ids hold the leases of predefined networks.
   */
  static open(root: string, aside: Aside): NetworkStore {
    const store = new NetworkStore(root);
    const dir = networksDirectory(root);
    if (!existsSync(dir)) return store;
    for (const id of readdirSync(dir).filter((name) => /^[0-9a-f]{64}$/.test(name)))
      store.#load(join(dir, id), id, aside);
    return store;
  }

  #load(path: string, id: string, aside: Aside): void {
    try {
      if (!lstatSync(path).isDirectory()) return void aside.move(path, 'no directory of a network');
      const file = recordFile(this.root, id);
      const stat = lstatSync(file, { throwIfNoEntry: false });
      if (!stat) return rmSync(path, { recursive: true, force: true });
      const record = stat.isFile() ? readNetwork(readFileSync(file, 'utf8')) : undefined;
      if (record?.id !== id) return void aside.move(path, `${file} is no record of this network`);
      this.#all.set(id, record);
    } catch (error) {
      aside.say(`${path}: it cannot be read: ${(error as Error).message}`);
    }
  }

  /** The oldest first. */
  list(): NetworkRecord[] {
    return [...this.#all.values()].sort((a, b) => a.created - b.created);
  }
  get(id: string): NetworkRecord | undefined {
    return this.#all.get(id);
  }

  /** Known from now on, so that no other network gets its name or its subnet. A step writes the file. */
  add(record: NetworkRecord): void {
    this.#all.set(record.id, record);
  }
  save(record: NetworkRecord): void {
    mkdirSync(networkDirectory(this.root, record.id), { recursive: true, mode: 0o700 });
    replaceWhole(recordFile(this.root, record.id), JSON.stringify(record));
  }
  forget(id: string): void {
    this.#all.delete(id);
  }
}
