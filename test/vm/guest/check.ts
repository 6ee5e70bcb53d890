/**
 * A check has a sentence as its name and throws if it fails. `seconds`: its time limit; `log`: the daemon's log, if it
 * is not the usual one. The differences between the two cgroup layouts are here.
 */
import * as assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';

export interface Check {
  name: string;
  run: () => Promise<void>;
  seconds?: number;
  log?: string;
}

const ROOT = '/sys/fs/cgroup';
const PARENT = 'drydock';
const two = existsSync(`${ROOT}/cgroup.controllers`);

export const layout = {
  version: two ? (2 as const) : (1 as const),
  /** Drydock's parent group in every hierarchy */
  parents: two
    ? [`${ROOT}/${PARENT}`]
    : ['cpu', 'cpuacct', 'cpuset', 'memory', 'devices', 'freezer', 'blkio', 'pids'].map(
        (name) => `${ROOT}/${name}/${PARENT}`,
      ),
  /** The path of a file of a container's group: 'memory.max', or in version 1 'memory/memory.limit_in_bytes'. */
  file(id: string, name: string): string {
    const [controller, file] = name.includes('/') ? (name.split('/') as [string, string]) : ['', name];
    return `${ROOT}/${controller && `${controller}/`}${PARENT}/${id}/${file}`;
  },
  read(id: string, name: string): string {
    return readFileSync(layout.file(id, name), 'utf8').trim();
  },
  expectKernel(): void {
    assert.equal(/drydock\.cgroup=(\d)/.exec(readFileSync('/proc/cmdline', 'utf8'))?.[1], String(layout.version));
    if (two)
      for (const controller of ['cpuset', 'cpu', 'io', 'memory', 'pids'])
        assert.match(readFileSync(`${ROOT}/cgroup.controllers`, 'utf8'), new RegExp(`\\b${controller}\\b`));
  },
};
/** The value for the current layout. */
export const on = <T>(v2: T, v1: T): T => (two ? v2 : v1);
