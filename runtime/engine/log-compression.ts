/**
 * Compresses the logs of the containers that were created with `compress=true`, one file at a time, so that it takes at
 * most one thread of libuv's pool from the others.
 */
import { stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { compressLog } from '../container/logs/compress-log.ts';
import type { Container } from '../container/container.ts';
import { daemonKernel } from '../kernel/linux/linux.ts';

const LOOK_MS = 2000;

export class LogCompression {
  readonly #stop = new AbortController();
  /** by container: the time of the last change of its directory that was looked at */
  readonly #seen = new Map<string, bigint>();
  #timer: NodeJS.Timeout | undefined;
  #work: Promise<void> = Promise.resolve();

  constructor(private readonly containers: () => readonly Container[]) {}

  /** For the first container with such a log; it may be called for each. */
  begin(): void {
    if (this.#timer || this.#stop.signal.aborted) return;
    this.#timer = setTimeout(() => (this.#work = this.#look()), LOOK_MS).unref();
  }

  async #look(): Promise<void> {
    const all = this.containers().filter(({ log }) => log.target.compress);
    const ids = new Set(all.map(({ id }) => id));
    for (const id of this.#seen.keys()) if (!ids.has(id)) this.#seen.delete(id);
    for (const container of all) await this.#one(container).catch(() => undefined); // it is tried again in LOOK_MS
    this.#timer = undefined;
    if (this.containers().some(({ log }) => log.target.compress)) this.begin();
  }

  /** The directory changes when the shim renames its files. */
  async #one({ id, paths }: Container): Promise<void> {
    const before = await stat(dirname(paths.log), { bigint: true });
    if (this.#seen.get(id) === before.mtimeNs || this.#stop.signal.aborted) return;
    await compressLog(daemonKernel(), paths.log, this.#stop.signal);
    this.#seen.set(id, before.mtimeNs);
  }

  async close(): Promise<void> {
    this.#stop.abort();
    clearTimeout(this.#timer);
    await this.#work;
  }
}
