/** The subject of the steps: one container, from its request to the descriptors and pids of its run. */
import type { Cgroup } from '../kernel/cgroup/cgroup.ts';
import type { Kernel } from '../kernel/kernel.ts';
import type { Process, Resources, Spec } from '../oci/spec.ts';
import type { PullContext } from '../image/pull.ts';
import type { NamesAsked, Network, NetworkLive } from '../network/driver.ts';
import type { Endpoint } from '../network/endpoint.ts';
import type { Volumes } from '../volume/driver.ts';
import type { MountPoint } from '../volume/mount-point.ts';
import type { ContainerLog } from './logs/driver.ts';
import type { ExecutorName } from '../executor/driver.ts';
import type { StorageDriver } from '../storage/driver.ts';
import type { ContainerRequest } from '../request/container-request.ts';

/** A container's paths. The first group survives a reboot, the second does not. */
export interface ContainerPaths {
  dir: string;
  rootfs: string;
  upper: string;
  work: string;
  /** what mounted images need, a directory for each place */
  images: string;
  config: string;
  /** config.json of the bundle that it was made from, as it was then */
  bundle: string;
  journal: string;
  /** the steps of the last probes of its health */
  healthJournal: string;
  log: string;
  hosts: string;
  hostname: string;
  resolvConf: string;
  runDir: string;
  shimSocket: string;
  exit: string;
}

/** Descriptors and pids of the current run. No undo needs them. */
export interface Held {
  proc?: number;
  sys?: number;
  dev?: number;
  null?: number;
}

export interface Live extends NetworkLive {
  shimPid?: number;
  shimPidfd?: number;
  shimSocket?: number;
  /** the daemon's ends of the two SOCK_SEQPACKET pairs */
  stageSocket?: number;
  stageEnd?: number;
  /** pid of the container's first process on the host */
  pid?: number;
  pidfd?: number;
  /** descriptor in the stage: the root of the new file system (O_PATH) */
  rootfd?: number;
  /** descriptors in the stage: /proc, /sys and /dev after they were mounted and verified, and null(4) in that /dev */
  held?: Held;
  /** descriptor in the stage: the other container's /dev/shm, until it is mounted (--ipc container:ID) */
  shm?: number;
  /** descriptor in the stage: the pty's master, until the shim has taken it */
  master?: number;
  /** descriptor in the stage: the pty's slave, until it is stdin, stdout and stderr */
  slave?: number;
  /** the path for execve(2), after it was found */
  program?: string;
  /** couples the clients to the shim, so that they get the output from the first byte on */
  listen?: (k: Kernel) => Promise<void>;
  /** when execve(2) succeeded, in ms since 1970 */
  startedAt?: number;
}

/** What a container is made from when it has no image. Absolute paths without symbolic links. */
export interface Bundle {
  dir: string;
  /** the directory of the root's files */
  root: string;
  /** the limits after the last update, which stand above those of config.json at each start */
  limits?: Omit<Resources, 'devices'>;
}

/** The checkpoint that a start restores: runtime/container/checkpoints.ts. */
export interface Restore {
  directory: string;
  stdio: readonly string[];
  mounts: readonly string[];
}

export interface Container extends PullContext {
  readonly id: string;
  name: string;
  readonly paths: ContainerPaths;
  readonly request: ContainerRequest;
  readonly bundle?: Bundle | undefined;
  spec: Spec;
  cgroup: Cgroup;
  readonly storage: StorageDriver;
  readonly executor: ExecutorName;
  readonly log: ContainerLog;
  /** true when the process's input is a pipe that clients write to; a terminal always takes input */
  readonly stdin: boolean;
  readonly endpoints: Endpoint[];
  /** volumes, and binds that came by --volumes-from; the list of the container's record */
  readonly mounts: MountPoint[];
  readonly volumes: Volumes;
  /** its removal takes the anonymous volumes too */
  takesVolumes: boolean;
  /** 'NAME=value' that its program gets, and that neither its record, its config.json nor its journal has */
  hiddenEnv?: readonly string[];
  readonly names: NamesAsked;
  live: Live;
  /** set during a start from a checkpoint */
  restore?: Restore | undefined;
  /** the end of the last run, as the kernel reported it: wait(2) status, and whether the OOM killer acted */
  exit?: { status: number; time: number; oom: boolean };
  /** limits that this machine could not enforce, for the client */
  warnings: string[];
  /** finds another container for --network container:ID */
  other(ref: string): Container;
  /** the network of an endpoint; undefined when it was removed */
  networkOf?(endpoint: Endpoint): Network | undefined;
}

/** One `exec`: a new process with a shim of its own, in the namespaces of `target`. */
export interface Exec {
  readonly id: string;
  readonly target: Container;
  readonly paths: ContainerPaths;
  readonly process: Process;
  readonly stdin: boolean;
  live: Live;
}
