import type { Cgroup } from './cgroup.ts';
import { hierarchies, type Hierarchies } from './hierarchies.ts';
import { cgroupV1 } from './v1.ts';
import { cgroupV2 } from './v2.ts';

/**
 * The control groups of one container by their path below the hierarchies' roots, '/drydock/<id>'. It changes nothing,
 * so it also serves for a container that an earlier daemon started. Throws Error for a path with '..' or a machine
 * without cgroups.
 */
export function openCgroup(path: string, on: Hierarchies = hierarchies()): Cgroup {
  return on.version === 1 ? cgroupV1(path, on) : cgroupV2(path, on);
}
