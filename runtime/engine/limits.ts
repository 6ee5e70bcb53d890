/**
 * Changes a limit while the container runs, and reports the kernel's answer and the files' content after the change.
 */
import { SyscallError } from '../kernel/errors.ts';
import type { Cgroup } from '../kernel/cgroup/cgroup.ts';
import { readText } from '../kernel/cgroup/directory.ts';
import type { ContainerHandle } from './engine.ts';
import { conflict } from '../errors/api-error.ts';
import type { HostConfig } from '../request/container-request.ts';
import { memorySwapOf } from '../oci/resources.ts';

/** In bytes, CPUs and processes. 0 processes means as many as the host allows. */
export interface WantedLimits {
  memory?: number;
  cpus?: number;
  pids?: number;
}
/** `refused` has the errno and the call that failed. */
export interface LimitsNow {
  warnings: string[];
  refused?: { errno: string; message: string };
  files: { path: string; value: string }[];
}

const FILES: Record<keyof WantedLimits, Record<1 | 2, readonly [controller: string, file: string][]>> = {
  memory: {
    1: [
      ['memory', 'memory.limit_in_bytes'],
      ['memory', 'memory.memsw.limit_in_bytes'],
      ['memory', 'memory.usage_in_bytes'],
    ],
    2: [
      ['memory', 'memory.max'],
      ['memory', 'memory.swap.max'],
      ['memory', 'memory.current'],
    ],
  },
  cpus: {
    1: [
      ['cpu', 'cpu.cfs_quota_us'],
      ['cpu', 'cpu.cfs_period_us'],
    ],
    2: [['cpu', 'cpu.max']],
  },
  pids: { 1: [['pids', 'pids.max']], 2: [['pids', 'pids.max']] },
};

/** The files that hold these limits, with the kernel's current values. Files that do not exist are left out. */
export const limitFiles = (cgroup: Cgroup, which: readonly (keyof WantedLimits)[]): LimitsNow['files'] =>
  which
    .flatMap((name) => FILES[name][cgroup.version])
    .flatMap(([controller, file]) => {
      const path = cgroup.pathOf(controller, file);
      const value = path && readText(path).trim();
      return path && value ? [{ path, value }] : [];
    });

/**
 * Keeps the amount of swap: the engine's MemorySwap is the sum of memory and swap. It is always given, because
 * dockerd's rule refuses a memory limit above the sum that was set. A first limit gets the sum of a create: twice the
 * memory.
 */
function swapWith(memory: number, host: HostConfig): number {
  const sum = memorySwapOf(host);
  if (sum < 0) return -1;
  return sum ? memory + Math.max(0, sum - (host.Memory ?? 0)) : memorySwapOf({ Memory: memory });
}

function changesOf({ memory, cpus, pids }: WantedLimits, host: HostConfig): Partial<HostConfig> {
  return {
    ...(memory && { Memory: memory, MemorySwap: swapWith(memory, host) }),
    ...(cpus && { NanoCpus: Math.round(cpus * 1e9) }),
    ...(pids !== undefined && { PidsLimit: pids }),
  };
}

/**
 * Throws ApiError 400 for a value out of range, 409 when the container is not running. An error of the kernel is part
 * of the answer.
 */
export async function changeLimits(
  handle: Pick<ContainerHandle, 'container' | 'state' | 'update'>,
  wanted: WantedLimits,
): Promise<LimitsNow> {
  const { container, state } = handle;
  if (!['running', 'paused'].includes(state.machine))
    throw conflict(`container ${container.name} is ${state.machine}: limits are changed while it runs`);
  const names = (Object.keys(wanted) as (keyof WantedLimits)[]).filter((name) => wanted[name] !== undefined);
  try {
    const warnings = await handle.update(changesOf(wanted, container.request.HostConfig));
    return { warnings, files: limitFiles(container.cgroup, names) };
  } catch (error) {
    if (!(error instanceof SyscallError)) throw error;
    return {
      warnings: [],
      refused: { errno: error.code, message: error.message },
      files: limitFiles(container.cgroup, names),
    };
  }
}
