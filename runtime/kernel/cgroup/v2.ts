/** cgroups version 2: one directory; controllers are enabled in the groups above. admin-guide/cgroup-v2. */
import type { DeviceRule } from '../../oci/spec.ts';
import { hasCode, tolerate } from '../errors.ts';
import type { Kernel } from '../kernel.ts';
import type { Cgroup } from './cgroup.ts';
import { deviceProgram } from './devices-ebpf.ts';
import { checkPath, levels, makeDirectory, pidsIn, readText, removeDirectory } from './directory.ts';
import type { Hierarchies } from './hierarchies.ts';
import { inspectFiles } from './inspect.ts';
import { killAll } from './kill.ts';
import { v2Limits } from './limits.ts';
import { eventsOfV2, readOom } from './oom.ts';
import { statsV2 } from './stats-v2.ts';
import { waitUntil } from './wait.ts';
import { writeLimits } from './write-limits.ts';

const WANTED = ['cpuset', 'cpu', 'io', 'memory', 'pids'];
const WAIT_MS = 10_000;

export function cgroupV2(cgroupPath: string, { unified }: Hierarchies): Cgroup {
  if (!unified) throw new Error('no cgroup file system is mounted: mount -t cgroup2 none /sys/fs/cgroup');
  const path = checkPath(cgroupPath);
  const dir = unified + path;

  const event = async (k: Kernel, name: string) => {
    const text = (await k.daemon.read_file(`${dir}/cgroup.events`, 256)).toString('latin1');
    return new RegExp(`^${name} (\\d+)`, 'm').exec(text)?.[1];
  };
  const setFrozen = async (k: Kernel, value: '0' | '1') => {
    await k.daemon.write_file(`${dir}/cgroup.freeze`, 0, 0, value);
    if (!(await waitUntil(async () => (await event(k, 'frozen')) === value, WAIT_MS))) {
      if (value === '1') await k.daemon.write_file(`${dir}/cgroup.freeze`, 0, 0, '0');
      throw new Error(`${dir}/cgroup.events did not say "frozen ${value}" within ${WAIT_MS / 1000} s`);
    }
  };
  const remove = async (k: Kernel) => {
    await removeDirectory(k, dir);
    k.fact({ kind: 'cgroup', key: dir, value: null });
  };

  return {
    version: 2,
    path,
    async create(k) {
      try {
        const available = words(await k.daemon.read_file(`${unified}/cgroup.controllers`, 1024));
        const wanted = WANTED.filter((c) => available.includes(c));
        for (const level of levels(path)) {
          await enable(k, unified + (levels(level).at(-2) ?? ''), wanted);
          await makeDirectory(k, unified + level);
        }
        k.fact({ kind: 'cgroup', key: dir, value: wanted.join(',') });
      } catch (error) {
        await remove(k);
        throw error;
      }
    },
    limit: (k, resources) => writeLimits(k, v2Limits, () => dir, resources),
    async allowDevices(k, rules: readonly DeviceRule[]) {
      const done = await tolerate(['ENOSYS', 'EINVAL', 'EPERM'], k.daemon.bpf_device(deviceProgram(rules), dir));
      return done === undefined ? ['Your kernel does not load cgroup device programs. Device rules discarded.'] : [];
    },
    async join(k) {
      await k.stage.write_file(`${dir}/cgroup.procs`, 0, 0, '0');
    },
    freeze: (k) => setFrozen(k, '1'),
    thaw: (k) => setFrozen(k, '0'),
    async kill(k) {
      // cgroup.kill came with Linux 5.14
      const killed = await tolerate(['ENOENT'], k.daemon.write_file(`${dir}/cgroup.kill`, 0, 0, '1'));
      if (killed === undefined)
        return killAll(k, () => pidsIn(dir), { freeze: () => setFrozen(k, '1'), thaw: () => setFrozen(k, '0') });
      if (!(await waitUntil(async () => (await populated(k, event)) !== '1', WAIT_MS))) {
        throw new Error(
          `processes ${pidsIn(dir).join(', ')} did not end within ${WAIT_MS / 1000} s of cgroup.kill; see their state in /proc/<pid>/status`,
        );
      }
    },
    remove,
    processes: async () => pidsIn(dir),
    oomKilled: async () => Number(/^oom_kill (\d+)/m.exec(readText(`${dir}/memory.events`))?.[1] ?? 0) > 0,
    oom: () => readOom(`${dir}/memory.events`),
    onOom: async (_k, callback) => eventsOfV2(dir, callback),
    pathOf: (_controller, file) => `${dir}/${file}`,
    stats: async () => statsV2(dir),
    inspect: async () => inspectFiles([{ title: dir, dir }]),
  };
}

const words = (bytes: Buffer) => bytes.toString('latin1').split(/\s+/).filter(Boolean);

/** Undefined when the cgroup is gone; then it has no processes. */
async function populated(
  k: Kernel,
  event: (k: Kernel, name: string) => Promise<string | undefined>,
): Promise<string | undefined> {
  return tolerate(['ENOENT', 'ENODEV'], event(k, 'populated'));
}

/**
 * Enables all controllers in one write. If the kernel rejects that, it enables them one by one, so that one controller
 * that is in use elsewhere does not keep the others from being enabled.
 */
async function enable(k: Kernel, parent: string, wanted: string[]): Promise<void> {
  const file = `${parent}/cgroup.subtree_control`;
  const present = words(await k.daemon.read_file(file, 1024));
  const missing = wanted.filter((c) => !present.includes(c));
  if (!missing.length) return;
  const write = (controllers: string[]) => k.daemon.write_file(file, 0, 0, controllers.map((c) => `+${c}`).join(' '));
  try {
    await write(missing);
  } catch (error) {
    if (!hasCode(error, 'ENOENT', 'EINVAL', 'EBUSY', 'EOPNOTSUPP')) throw error;
    for (const controller of missing) await tolerate(['ENOENT', 'EINVAL', 'EBUSY', 'EOPNOTSUPP'], write([controller]));
  }
}
