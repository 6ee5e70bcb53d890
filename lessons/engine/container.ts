/** One container as one lesson's checks see it: its growing journal, its output, and the kernel's answers on demand. */
import { closeSync, openSync, readSync } from 'node:fs';
import { frameAt, type Frame } from '../../runtime/journal/frame.ts';
import { statOf, withZombies } from '../../runtime/watch/process.ts';
import type { Event } from '../../runtime/journal/event.ts';
import type { Kernel } from '../../runtime/kernel/kernel.ts';
import type { ContainerHandle } from '../../runtime/engine/engine.ts';
import { entryAt } from '../../runtime/storage/overlay2/entry-at.ts';
import type { Subject } from '../checks/check.ts';
import type { Growth } from './growth.ts';
import { logFilesOf, seenAt } from './inside.ts';
import { Output } from './output.ts';

/** For both versions: a file that each controller has in every cgroup except the root. */
const ANY_FILE: Record<string, string[]> = {
  memory: ['memory.max', 'memory.limit_in_bytes'],
  cpu: ['cpu.max', 'cpu.cfs_quota_us', 'cpu.shares'],
  pids: ['pids.max'],
  freezer: ['cgroup.freeze', 'freezer.state'],
};

/** resolv.conf(5). The container may have written anything into the file, so only its first 4 KiB are read. */
function nameserversIn(path: string): string[] {
  const bytes = Buffer.alloc(4096);
  try {
    const fd = openSync(path, 'r');
    const length = readSync(fd, bytes, 0, bytes.length, 0);
    closeSync(fd);
    return [...bytes.toString('utf8', 0, length).matchAll(/^nameserver\s+(\S+)/gm)].map(([, address]) => address!);
  } catch {
    return [];
  }
}

export class Watched {
  readonly events: Event[] = [];
  removed = false;
  readonly output: Output;
  readonly #stop = new AbortController();
  #frame: Frame | undefined;

  constructor(
    readonly handle: ContainerHandle,
    readonly since: number,
    changed: () => void,
  ) {
    this.output = new Output(handle.container.paths.log);
    void this.#follow(changed).catch(() => undefined);
  }

  get id(): string {
    return this.handle.container.id;
  }

  async #follow(changed: () => void): Promise<void> {
    for await (const event of this.handle.journal(true, this.#stop.signal)) {
      this.events.push(event);
      this.#frame = undefined;
      changed();
    }
    if (this.#stop.signal.aborted) return;
    // The journal file is removed together with the container.
    this.removed = true;
    changed();
  }

  frame = (): Frame => (this.#frame ??= frameAt(this.events, this.events.length - 1));

  stop(): void {
    this.#stop.abort();
  }

  /**
   * `since`: milliseconds since 1970; earlier events do not count. `own`: the container was started by opening the
   * lesson.
   */
  subject(k: Kernel, since: number, growth: Growth, own: boolean): Subject {
    const { container, state, created } = this.handle;
    const { pid = 0 } = container.live;
    const layers = container.image?.layers ?? [];
    let asked: Promise<number[]> | undefined;
    const pids = () =>
      (asked ??= this.removed
        ? Promise.resolve([])
        : container.cgroup
            .processes()
            .then(withZombies)
            .catch(() => []));
    // All processes sleep. A throttled process counts as running (R): proc_pid_stat(5).
    const rests = async () =>
      state.status === 'running' &&
      (await pids()).length > 0 &&
      (await pids()).every((one) => statOf(one)?.state === 'S');
    const settled = async () => this.output.typed(since).length > 0 || rests();
    return {
      id: container.id,
      name: container.name,
      request: container.request,
      removed: this.removed,
      state: {
        status: this.removed ? 'removed' : state.status,
        machine: state.machine,
        pid: this.removed ? 0 : pid,
        exitCode: state.exitCode,
        oomKilled: state.oomKilled,
        startedAt: state.startedAt,
        runs: Number(this.#runs()),
      },
      events: this.events.filter(({ time }) => time >= since),
      frame: this.frame,
      upper: (path) => entryAt(k, container.paths.upper, path),
      lower: async (path) => {
        for (const { dir } of [...layers].reverse()) {
          const entry = await entryAt(k, dir, path);
          if (entry) return entry !== 'whiteout';
        }
        return false;
      },
      typed: () => this.output.typed(since).map(({ text }) => text),
      shown: () => this.output.shown(since),
      layers: () => layers.length,
      nameservers: () => nameserversIn(container.paths.resolvConf),
      endpoints: () => container.endpoints,
      mounts: () => container.mounts,
      health: () => state.health?.status,
      logFiles: () => logFilesOf(container.paths.log),
      inside: (path) => seenAt(k, this.removed ? 0 : pid, path),
      pids,
      grown: (counter, now) => growth.of(counter, now, since, { id: container.id, created, own, settled }),
      cgroupDir: (controller) =>
        ANY_FILE[controller]
          ?.map((file) => container.cgroup.pathOf(controller, file))
          .find((path) => path !== undefined)
          ?.replace(/\/[^/]+$/, ''),
    };
  }

  #runs = (): number =>
    this.events.filter((event) => event.type === 'state' && event.to === 'running' && event.from !== 'paused').length;
}
