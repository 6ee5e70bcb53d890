/** A snapshot of the kernel's objects and the data root; in this machine all of them are Drydock's. */
import * as assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { layout } from './check.ts';
import { daemonPid, ROOT } from './daemon.ts';
import { until } from '../../until.ts';

const list = (dir: string) => (existsSync(dir) ? readdirSync(dir) : []);
const processes = () =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        const words = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
        return words ? [words.replace(/ --registry-mirror .*/, '')] : []; // kernel threads have no command line
      } catch {
        return [];
      }
    })
    .sort();

export interface Leftovers {
  mounts: string[];
  cgroups: string[];
  links: string[];
  processes: string[];
  containers: string[];
  runs: string[];
  descriptors: number;
}
export const leftovers = (): Leftovers => ({
  mounts: readFileSync('/proc/self/mountinfo', 'utf8')
    .trim()
    .split('\n')
    .map((line) => line.split(' ')[4]!),
  cgroups: layout.parents.flatMap((dir) =>
    list(dir)
      .filter((name) => statSync(`${dir}/${name}`).isDirectory())
      .map((name) => `${dir}/${name}`),
  ),
  links: list('/sys/class/net')
    .filter((name) => name !== 'drydock0')
    .sort(),
  processes: processes(),
  containers: list(`${ROOT}/containers`),
  runs: list('/run/drydock').filter((name) => /^[0-9a-f]{16}$/.test(name)),
  descriptors: list(`/proc/${daemonPid()}/fd`).length,
});

/** Undefined: the daemon has ended, and nothing of it may be left. */
export async function nothingLeft(before: Leftovers | undefined): Promise<void> {
  const same = () => {
    // The daemon was killed and restarted once, so its descriptors differ; its children do not.
    const { descriptors: _now, ...now } = leftovers();
    if (!before)
      return assert.deepEqual(
        [
          now.cgroups,
          now.links,
          layout.parents.filter((dir) => existsSync(dir)),
          existsSync('/sys/class/net/drydock0'),
          now.processes.filter((words) => /drydock|stage|sleep/.test(words)),
        ],
        [[], ['lo'], [], false, []],
      );
    const { descriptors: _then, ...then } = before;
    assert.deepEqual(now, then);
  };
  const held = () => {
    try {
      same();
      return true;
    } catch {
      return false;
    }
  };
  await until('', held, 20).catch(() => undefined);
  same();
}
