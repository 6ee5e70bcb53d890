/** Keeps the tables of all name servers up to date: files that are replaced whole, and only when they have changed. */
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { hasCode } from '../../kernel/errors.ts';
import type { Connected } from '../driver.ts';
import type { NetworkMembers } from '../members.ts';
import { TABLE_MODE } from './serve.ts';
import { tableFile } from './server-process.ts';
import { memberLines, namedEndpoints, namesDirectory, networkLines, withNetworks } from './table.ts';

/** What the tables are made of, as it is now. */
export interface Known {
  networks(): readonly NetworkMembers[];
  /** the running containers */
  containers(): readonly Connected[];
}

const DIRECTORY_MODE = 0o711;
const RETRY_MS = 2000;

export class NameTables {
  /** of networks: path → content of what was written last */
  readonly #written = new Map<string, string>();
  /** of containers: id → the part of its table that changes, as it was last time */
  #lines = new Map<string, string>();
  readonly #directory: string;
  #retry: NodeJS.Timeout | undefined;

  /** `say` is told when tables begin to fail. */
  constructor(
    execRoot: string,
    private readonly known: Known,
    private readonly say: (text: string) => void,
  ) {
    this.#directory = namesDirectory(execRoot);
  }

  /**
   * Writes what has changed. It never throws, because a container's end must not depend on it. After a failure, such as
   * a full disk, it tries again until the tables are true.
   */
  readonly update = (): void => {
    const again = this.#retry;
    clearTimeout(again);
    this.#retry = undefined;
    try {
      this.#writeNetworks();
      this.#writeContainers();
    } catch (error) {
      if (!again) this.say(`names of containers are out of date, because ${(error as Error).message}`);
      this.#retry = setTimeout(this.update, RETRY_MS).unref();
    }
  };

  #writeNetworks(): void {
    const kept = new Set<string>();
    for (const { id, members } of this.known.networks()) {
      const lines = memberLines(members);
      if (!lines) continue;
      kept.add(`${this.#directory}/${id}`);
      this.#replace(`${this.#directory}/${id}`, lines);
    }
    for (const path of this.#written.keys()) if (!kept.has(path)) this.#remove(path);
  }

  #writeContainers(): void {
    const before = this.#lines;
    this.#lines = new Map();
    for (const container of this.known.containers()) {
      const { id, endpoints } = container;
      const last = before.get(id);
      if (last === undefined && !namedEndpoints(endpoints).length) continue;
      const lines = networkLines(endpoints);
      if (lines === last || this.#writeContainer(container, lines)) this.#lines.set(id, lines);
    }
  }

  /** False for a container that has no table, because it has no name server yet. */
  #writeContainer(container: Connected, lines: string): boolean {
    const path = tableFile(container);
    const table = readTable(path);
    if (table === undefined) return false;
    const wanted = withNetworks(table, lines);
    if (wanted !== table) this.#put(path, wanted);
    return true;
  }

  #replace(path: string, content: string): void {
    if (this.#written.get(path) === content) return;
    this.#put(path, content);
    this.#written.set(path, content);
  }

  #put(path: string, content: string): void {
    if (!existsSync(this.#directory)) {
      mkdirSync(this.#directory, { recursive: true });
      chmodSync(this.#directory, DIRECTORY_MODE);
    }
    const partial = `${path}.new`;
    writeFileSync(partial, content);
    chmodSync(partial, TABLE_MODE);
    renameSync(partial, path);
  }

  #remove(path: string): void {
    rmSync(path, { force: true });
    this.#written.delete(path);
  }

  /** For a new daemon: deletes what belongs to no running container and to no network with members. */
  recover(): void {
    const containers = new Set(this.known.containers().map(({ id }) => id));
    const networks = new Set(this.known.networks().flatMap(({ id, members }) => (members.length ? [id] : [])));
    for (const name of existsSync(this.#directory) ? readdirSync(this.#directory) : [])
      if (!containers.has(name) && !networks.has(name)) rmSync(`${this.#directory}/${name}`, { force: true });
    this.update();
  }

  /** For a daemon that ends without containers. */
  removeAll(): void {
    clearTimeout(this.#retry);
    rmSync(this.#directory, { recursive: true, force: true });
    this.#written.clear();
  }
}

function readTable(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw error;
  }
}
