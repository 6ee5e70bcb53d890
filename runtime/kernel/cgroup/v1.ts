/** cgroups version 1: one directory in each hierarchy. admin-guide/cgroup-v1. */
import type { DeviceRule, Resources } from '../../oci/spec.ts';
import { tolerate } from '../errors.ts';
import type { Kernel } from '../kernel.ts';
import type { Cgroup } from './cgroup.ts';
import { deviceFile, deviceLine } from './devices-v1.ts';
import { checkPath, levels, makeDirectory, pidsIn, readText, removeDirectory } from './directory.ts';
import { isNamed, type Hierarchies } from './hierarchies.ts';
import { inspectFiles } from './inspect.ts';
import { killAll } from './kill.ts';
import { v1Limits, type Limit } from './limits.ts';
import { eventsOfV1, readOom } from './oom.ts';
import { statsV1 } from './stats-v1.ts';
import { waitUntil } from './wait.ts';
import { readNumber, writeLimits } from './write-limits.ts';

const FREEZE_MS = 10_000;
/** What the journal shows for the cgroup2 of a hybrid machine, because it has no controllers. */
const UNIFIED = 'unified';

export function cgroupV1(cgroupPath: string, { v1, unified }: Hierarchies): Cgroup {
  const path = checkPath(cgroupPath);
  const beside = unified && unified + path;
  const dirs = v1.map((h) => h.mount + path);
  const directoryOf = (controller: string) => {
    const hierarchy = v1.find((h) => h.controllers.includes(controller));
    return hierarchy && hierarchy.mount + path;
  };
  const freezer = directoryOf('freezer');
  /** Any hierarchy lists the processes; prefer the freezer's, which can stop them. */
  const listing = freezer ?? dirs[0] ?? '';

  const setFrozen = async (k: Kernel, state: 'FROZEN' | 'THAWED') => {
    if (!freezer) throw new Error('this kernel has no freezer controller mounted: containers cannot be paused');
    await k.daemon.write_file(`${freezer}/freezer.state`, 0, 0, state);
    const there = async () =>
      (await k.daemon.read_file(`${freezer}/freezer.state`, 64)).toString('latin1').trim() === state;
    // the kernel may miss a task that forks or is traced; its documentation says to write again
    const reached = await waitUntil(
      async () =>
        (await there()) || (await k.daemon.write_file(`${freezer}/freezer.state`, 0, 0, state), await there()),
      FREEZE_MS,
    );
    if (!reached) {
      if (state === 'FROZEN') await k.daemon.write_file(`${freezer}/freezer.state`, 0, 0, 'THAWED');
      throw new Error(`${freezer}/freezer.state did not become ${state} within ${FREEZE_MS / 1000} s`);
    }
  };

  const remove = async (k: Kernel) => {
    for (const dir of [...dirs, ...(beside ? [beside] : [])]) {
      await removeDirectory(k, dir);
      k.fact({ kind: 'cgroup', key: dir, value: null });
    }
  };

  return {
    version: 1,
    path,
    ...(beside && { unified: beside }),
    async create(k) {
      try {
        for (const { mount, controllers } of v1) {
          await createIn(k, mount, path, controllers.includes('cpuset'));
          k.fact({ kind: 'cgroup', key: mount + path, value: controllers.join(',') });
        }
        if (unified && beside) {
          await createIn(k, unified, path, false);
          k.fact({ kind: 'cgroup', key: beside, value: UNIFIED });
        }
      } catch (error) {
        await remove(k);
        throw error;
      }
    },
    limit: async (k, resources) =>
      writeLimits(k, await memoryOrder(k, directoryOf('memory'), resources), directoryOf, resources),
    async allowDevices(k, rules: readonly DeviceRule[]) {
      const dir = directoryOf('devices');
      if (!dir)
        return ['Your kernel does not support the devices cgroup or it is not mounted. Device rules discarded.'];
      for (const rule of rules) await k.daemon.write_file(`${dir}/${deviceFile(rule)}`, 0, 0, deviceLine(rule));
      return [];
    },
    async join(k) {
      await k.batch((stage) => {
        for (const hierarchy of v1) {
          const joined = stage.write_file(`${hierarchy.mount}${path}/tasks`, 0, 0, '0');
          // a container of an older Drydock is not in the named hierarchies
          if (isNamed(hierarchy)) joined.mayFail('ENOENT');
        }
      });
    },
    freeze: (k) => setFrozen(k, 'FROZEN'),
    thaw: (k) => setFrozen(k, 'THAWED'),
    kill: (k) =>
      killAll(
        k,
        () => pidsIn(listing),
        freezer ? { freeze: () => setFrozen(k, 'FROZEN'), thaw: () => setFrozen(k, 'THAWED') } : undefined,
      ),
    remove,
    processes: async () => pidsIn(listing),
    oomKilled: async () =>
      Number(/^oom_kill (\d+)/m.exec(readText(`${directoryOf('memory') ?? ''}/memory.oom_control`))?.[1] ?? 0) > 0,
    oom: () => readOom(`${directoryOf('memory') ?? ''}/memory.oom_control`),
    onOom: async (k, callback) => {
      const dir = directoryOf('memory');
      return dir ? eventsOfV1(k, dir, callback) : undefined;
    },
    pathOf: (controller, file) => {
      const dir = directoryOf(controller);
      return dir && `${dir}/${file}`;
    },
    stats: async () => statsV1(directoryOf),
    inspect: async () =>
      inspectFiles(v1.map((h) => ({ title: `${h.controllers.join(',')}: ${h.mount}${path}`, dir: h.mount + path }))),
  };
}

/**
 * Makes the leaf with one mkdir(2) when its parent exists. A cpuset without CPUs and memory nodes takes no tasks
 * (cpuset(7)), so the parent passes its own on: cgroup.clone_children is set once, when the parent is made.
 */
async function createIn(k: Kernel, mount: string, path: string, isCpuset: boolean): Promise<void> {
  if ((await tolerate(['ENOENT'], makeDirectory(k, mount + path))) === undefined) {
    for (const level of levels(path)) {
      const made = await makeDirectory(k, mount + level);
      if (made && isCpuset) await inheritCpuset(k, mount, level, level !== path);
    }
  } else if (
    isCpuset &&
    (await k.daemon.read_file(`${mount}${path}/cpuset.cpus`, 4096)).toString('latin1').trim() === ''
  ) {
    await inheritCpuset(k, mount, path, false);
  }
}

/**
 * Copies CPUs and memory nodes from the parent. A parent that was made just now may have none yet; it is filled first.
 */
async function inheritCpuset(k: Kernel, mount: string, level: string, isParent: boolean): Promise<void> {
  const parent = levels(level).at(-2) ?? '';
  const read = (file: string) => k.daemon.read_file(`${mount}${parent}/${file}`, 4096);
  if (parent && (await read('cpuset.cpus')).toString('latin1').trim() === '')
    await inheritCpuset(k, mount, parent, true);
  for (const file of ['cpuset.cpus', 'cpuset.mems']) {
    const inherited = await read(file);
    await k.daemon.write_file(`${mount}${level}/${file}`, 0, 0, inherited);
  }
  if (isParent) await k.daemon.write_file(`${mount}${level}/cgroup.clone_children`, 0, 0, '1');
}

/** The kernel always keeps memory.limit ≤ memory.memsw.limit, so memsw comes first when both are raised. */
async function memoryOrder(k: Kernel, dir: string | undefined, resources: Resources): Promise<readonly Limit[]> {
  const { limit, swap } = resources.memory ?? {};
  if (!dir || limit === undefined || swap === undefined) return v1Limits;
  const now = await tolerate(['ENOENT'], readNumber(k, `${dir}/memory.memsw.limit_in_bytes`));
  const raising = now !== undefined && (swap < 0 || swap > now);
  const [first, second, ...rest] = v1Limits;
  return raising ? [second!, first!, ...rest] : v1Limits;
}
