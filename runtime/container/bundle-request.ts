/**
 * A container that was made from a bundle has no request. Clients of the Engine API are shown this one, which says in
 * Docker's words what config.json says. No step reads it.
 */
import type { ContainerRequest, HostConfig } from '../request/container-request.ts';
import type { NamespaceType, Spec } from '../oci/spec.ts';

export interface BundleOptions {
  /** keeps a pipe for stdin open; a terminal always takes input */
  stdin?: boolean;
  labels?: Record<string, string>;
  /** removes the container when its process ends; the bundle stays */
  autoRemove?: boolean;
}

/** '' for a namespace of its own, otherwise `host`: also when it enters that of a path. */
const modeOf = ({ linux }: Spec, type: NamespaceType): '' | 'host' =>
  linux.namespaces.some((one) => one.type === type && !one.path) ? '' : 'host';

function limitsOf({ memory, cpu, pids, blockIO }: Spec['linux']['resources']): Partial<HostConfig> {
  const above = (value: number | undefined) => value !== undefined && value > 0;
  return {
    ...(above(memory?.limit) && { Memory: memory!.limit! }),
    ...(memory?.swap && { MemorySwap: memory.swap }),
    ...(above(memory?.reservation) && { MemoryReservation: memory!.reservation! }),
    ...(memory?.disableOOMKiller && { OomKillDisable: true }),
    ...(cpu?.shares && { CpuShares: cpu.shares }),
    ...(above(cpu?.quota) && { CpuQuota: cpu!.quota! }),
    ...(cpu?.period && { CpuPeriod: cpu.period }),
    ...(cpu?.cpus && { CpusetCpus: cpu.cpus }),
    ...(cpu?.mems && { CpusetMems: cpu.mems }),
    ...(above(pids?.limit) && { PidsLimit: pids!.limit }),
    ...(blockIO?.weight && { BlkioWeight: blockIO.weight }),
  };
}

function hostConfigOf(spec: Spec, { autoRemove }: BundleOptions): HostConfig {
  const { process, linux } = spec;
  const security = [
    ...(process.noNewPrivileges ? ['no-new-privileges'] : []),
    ...(linux.seccomp ? [] : ['seccomp=unconfined']),
  ];
  return {
    NetworkMode: modeOf(spec, 'network') || 'none',
    PidMode: modeOf(spec, 'pid'),
    IpcMode: modeOf(spec, 'ipc'),
    UTSMode: modeOf(spec, 'uts'),
    CgroupnsMode: modeOf(spec, 'cgroup'),
    UsernsMode: modeOf(spec, 'user') || 'private',
    ...(autoRemove && { AutoRemove: true }),
    ...(linux.cgroupsPath && { CgroupParent: linux.cgroupsPath }),
    ...(spec.root.readonly && { ReadonlyRootfs: true }),
    ...(process.oomScoreAdj !== undefined && { OomScoreAdj: process.oomScoreAdj }),
    ...(process.user.additionalGids && { GroupAdd: process.user.additionalGids.map(String) }),
    CapAdd: process.capabilities.bounding,
    CapDrop: ['ALL'],
    SecurityOpt: security,
    Ulimits: (process.rlimits ?? []).map(({ type, soft, hard }) => ({
      Name: type.replace('RLIMIT_', '').toLowerCase(),
      Soft: soft,
      Hard: hard,
    })),
    Mounts: spec.mounts
      .filter(({ type }) => type === 'bind')
      .map(({ source, destination, options }) => ({
        Type: 'bind',
        Source: source,
        Target: destination,
        ReadOnly: options.includes('ro'),
      })),
    Sysctls: linux.sysctl ?? {},
    MaskedPaths: linux.maskedPaths ?? [],
    ReadonlyPaths: linux.readonlyPaths ?? [],
    ...(spec.annotations && { Annotations: spec.annotations }),
    ...limitsOf(linux.resources),
  };
}

/** `dir`, the bundle's directory, stands where the image's name stands otherwise. */
export function requestOf(spec: Spec, dir: string, options: BundleOptions): ContainerRequest {
  const { process } = spec;
  return {
    Image: dir,
    Cmd: process.args,
    Entrypoint: null,
    Env: process.env,
    WorkingDir: process.cwd,
    User: `${process.user.uid}:${process.user.gid}`,
    Hostname: spec.hostname ?? '',
    ...(spec.domainname && { Domainname: spec.domainname }),
    Tty: process.terminal,
    OpenStdin: process.terminal || options.stdin === true,
    // as `run -i` asks for it: the end of the client's input is that of the process
    ...(options.stdin && { StdinOnce: true }),
    Labels: options.labels ?? {},
    HostConfig: hostConfigOf(spec, options),
  };
}
