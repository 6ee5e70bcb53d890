/** One container's control groups, whichever version the machine has: cgroups(7). */
import type { DeviceRule, Resources } from '../../oci/spec.ts';
import type { Evidence } from '../../journal/inspection-section.ts';
import type { Kernel } from '../kernel.ts';

export interface Cgroup {
  readonly version: 1 | 2;
  /** below the root of every hierarchy: '/drydock/<id>' */
  readonly path: string;
  /**
   * The directory in the cgroup2 that a hybrid machine has beside version 1. A process is born into it (CLONE_INTO_CGROUP
   * in clone3(2)): it has no `tasks`, and writing to its `cgroup.procs` waits 10 ms for an RCU grace period.
   */
  readonly unified?: string;
  /** mkdir in every hierarchy; on v2 the controllers are enabled on the way down. */
  create(k: Kernel): Promise<void>;
  /** Writes the limits; returns a warning for each one that this machine cannot enforce. */
  limit(k: Kernel, resources: Resources): Promise<string[]>;
  /** devices.deny/allow on v1, an eBPF program on v2. */
  allowDevices(k: Kernel, rules: readonly DeviceRule[]): Promise<string[]>;
  /**
   * The stage moves itself: it writes "0" to `tasks` (v1) or `cgroup.procs` (v2). Moving a single thread by itself
   * takes no cgroup_threadgroup_rwsem, whose first write lock waits for an RCU grace period.
   */
  join(k: Kernel): Promise<void>;
  freeze(k: Kernel): Promise<void>;
  thaw(k: Kernel): Promise<void>;
  /** SIGKILL to the last process, until none is left. */
  kill(k: Kernel): Promise<void>;
  /** rmdir everywhere; absent is fine. */
  remove(k: Kernel): Promise<void>;
  /** Host pids in it. */
  processes(): Promise<number[]>;
  oomKilled(): Promise<boolean>;
  /** How often the OOM killer has come, and the file that says so, as it stands. */
  oom(): Oom;
  /**
   * Calls back when memory has run out, until what it returns is called. Undefined where the kernel has no memory
   * controller.
   */
  onOom(k: Kernel, callback: () => void): Promise<(() => Promise<void>) | undefined>;
  /** Where a file of a controller is; undefined when this machine does not have the controller. */
  pathOf(controller: string, file: string): string | undefined;
  stats(): Promise<CgroupStats>;
  /** The files a learner wants to see, as the kernel has them now. */
  inspect(): Promise<Evidence[]>;
}

/** `says`: the file's lines, in one. */
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
