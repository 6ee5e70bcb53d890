/** The control groups of one container, on either version: cgroups(7). */
import type { DeviceRule, Resources } from '../../oci/spec.ts';
import type { InspectionSection } from '../../journal/inspection-section.ts';
import type { Kernel } from '../kernel.ts';

export interface Cgroup {
  readonly version: 1 | 2;
  /** below the root of each hierarchy: '/drydock/<id>' */
  readonly path: string;
  /**
   * The directory in the cgroup2 of a hybrid machine, beside version 1. A process is cloned into it (CLONE_INTO_CGROUP
   * in clone3(2)), because cgroup2 has no `tasks`, and writing to its `cgroup.procs` waits 10 ms for an RCU grace
   * period.
   */
  readonly unified?: string;
  /** mkdir(2) in each hierarchy. On v2 it also enables the controllers in the groups above. */
  create(k: Kernel): Promise<void>;
  /** Writes the limits. Returns a warning for each one that this machine cannot enforce. */
  limit(k: Kernel, resources: Resources): Promise<string[]>;
  /** Writes devices.deny and devices.allow on v1, attaches an eBPF program on v2. Returns warnings. */
  allowDevices(k: Kernel, rules: readonly DeviceRule[]): Promise<string[]>;
  /**
   * The stage moves itself: it writes "0" to `tasks` (v1) or `cgroup.procs` (v2). A single thread that moves itself
   * does not take cgroup_threadgroup_rwsem, whose first write lock waits for an RCU grace period.
   */
  join(k: Kernel): Promise<void>;
  freeze(k: Kernel): Promise<void>;
  thaw(k: Kernel): Promise<void>;
  /** Sends SIGKILL to all processes until none is left. Throws when some are left after ten seconds. */
  kill(k: Kernel): Promise<void>;
  /** rmdir(2) in each hierarchy. A missing group is no error. */
  remove(k: Kernel): Promise<void>;
  /** Pids of its processes, as the host sees them. */
  processes(): Promise<number[]>;
  oomKilled(): Promise<boolean>;
  /** How often the OOM killer killed, and the file that says so. */
  oom(): Oom;
  /**
   * Runs `callback` when memory has run out, until the returned function is called. Undefined where the kernel has no
   * memory controller.
   */
  onOom(k: Kernel, callback: () => void): Promise<(() => Promise<void>) | undefined>;
  /** The path of a controller's file; undefined when this machine does not have the controller. */
  pathOf(controller: string, file: string): string | undefined;
  stats(): Promise<CgroupStats>;
  /** The files that show the group's state and limits, as they are now. */
  inspect(): Promise<InspectionSection[]>;
}

/** `path`: the file; `says`: its lines, joined with commas. */
export interface Oom {
  kills: number;
  path: string;
  says: string;
}

/** Times in nanoseconds, sizes in bytes. */
export interface CgroupStats {
  cpu: {
    total: number;
    user: number;
    system: number;
    perCpu?: number[];
    periods: number;
    throttledPeriods: number;
    throttledTime: number;
  };
  memory: { usage: number; maxUsage?: number; limit: number; failcnt?: number; stats: Record<string, number> };
  pids: { current: number; limit: number };
  io: { major: number; minor: number; op: 'Read' | 'Write'; bytes: number; operations: number }[];
}
