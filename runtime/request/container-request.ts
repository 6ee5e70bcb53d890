/**
 * The body of POST /containers/create, with the fields that have an effect: Docker Engine API 1.50, ContainerConfig and
 * HostConfig. `validate.ts` rejects values that are not supported. Zero values mean "not given".
 */
export interface ContainerConfig {
  Hostname?: string;
  Domainname?: string;
  User?: string;
  AttachStdin?: boolean;
  AttachStdout?: boolean;
  AttachStderr?: boolean;
  Tty?: boolean;
  OpenStdin?: boolean;
  StdinOnce?: boolean;
  /** that of the first endpoint; deprecated since API 1.44 */
  MacAddress?: string;
  /** no network but a loopback device, as --network none */
  NetworkDisabled?: boolean;
  Env?: string[] | null;
  Cmd?: string[] | null;
  Entrypoint?: string[] | null;
  Image: string;
  WorkingDir?: string;
  Labels?: Record<string, string> | null;
  StopSignal?: string;
  StopTimeout?: number | null;
  Volumes?: Record<string, object> | null;
  ExposedPorts?: Record<string, object> | null;
  Healthcheck?: HealthConfig | null;
  /** the shell of a health check that is one string */
  Shell?: string[] | null;
}
/** Times in nanoseconds. Empty and zero values are the image's, or the defaults. */
export interface HealthConfig {
  Test?: string[] | null;
  Interval?: number;
  Timeout?: number;
  StartPeriod?: number;
  StartInterval?: number;
  Retries?: number;
}
export interface HostConfig {
  Binds?: string[] | null;
  Tmpfs?: Record<string, string> | null;
  Mounts?: MountRequest[] | null;
  ReadonlyRootfs?: boolean;
  ContainerIDFile?: string;
  NetworkMode?: string;
  Dns?: string[] | null;
  DnsSearch?: string[] | null;
  DnsOptions?: string[] | null;
  ExtraHosts?: string[] | null;
  Memory?: number;
  MemorySwap?: number;
  MemoryReservation?: number;
  MemorySwappiness?: number | null;
  OomKillDisable?: boolean | null;
  OomScoreAdj?: number;
  NanoCpus?: number;
  CpuShares?: number;
  CpuQuota?: number;
  CpuPeriod?: number;
  CpusetCpus?: string;
  CpusetMems?: string;
  PidsLimit?: number | null;
  BlkioWeight?: number;
  BlkioWeightDevice?: DeviceWeight[] | null;
  BlkioDeviceReadBps?: Throttle[] | null;
  BlkioDeviceWriteBps?: Throttle[] | null;
  BlkioDeviceReadIOps?: Throttle[] | null;
  BlkioDeviceWriteIOps?: Throttle[] | null;
  /** bytes; no Linux of today has this limit */
  KernelMemory?: number;
  KernelMemoryTCP?: number;
  Ulimits?: { Name: string; Soft: number; Hard: number }[] | null;
  Sysctls?: Record<string, string> | null;
  ShmSize?: number;
  CapAdd?: string[] | null;
  CapDrop?: string[] | null;
  SecurityOpt?: string[] | null;
  Privileged?: boolean;
  Devices?: { PathOnHost: string; PathInContainer: string; CgroupPermissions: string }[] | null;
  DeviceCgroupRules?: string[] | null;
  Init?: boolean | null;
  AutoRemove?: boolean;
  RestartPolicy?: { Name?: string; MaximumRetryCount?: number };
  MaskedPaths?: string[] | null;
  ReadonlyPaths?: string[] | null;
  GroupAdd?: string[] | null;
  PidMode?: string;
  IpcMode?: string;
  UTSMode?: string;
  UsernsMode?: string;
  CgroupnsMode?: string;
  CgroupParent?: string;
  ConsoleSize?: [number, number];
  LogConfig?: { Type?: string; Config?: Record<string, string> };
  PortBindings?: Record<string, { HostIp?: string; HostPort?: string }[] | null> | null;
  PublishAllPorts?: boolean;
  Links?: string[] | null;
  VolumesFrom?: string[] | null;
  VolumeDriver?: string;
  Runtime?: string;
  Isolation?: string;
  Annotations?: Record<string, string>;
  /** not in the API: set for clients below 1.44, for which a read-only bind does not apply to the mounts below it */
  ReadOnlyNonRecursive?: boolean;
}
export interface DeviceWeight {
  Path: string;
  Weight: number;
}
export interface Throttle {
  Path: string;
  Rate: number;
}
export interface BindOptions {
  Propagation?: string;
  NonRecursive?: boolean;
  CreateMountpoint?: boolean;
  ReadOnlyNonRecursive?: boolean;
  ReadOnlyForceRecursive?: boolean;
}
export interface MountRequest {
  Type: string;
  Source?: string;
  Target: string;
  ReadOnly?: boolean;
  BindOptions?: BindOptions;
  TmpfsOptions?: { SizeBytes?: number; Mode?: number };
  VolumeOptions?: VolumeOptions | null;
  ImageOptions?: { Subpath?: string } | null;
}
export interface VolumeOptions {
  NoCopy?: boolean;
  Labels?: Record<string, string> | null;
  Subpath?: string;
  DriverConfig?: { Name?: string; Options?: Record<string, string> | null } | null;
}
export interface EndpointSettings {
  IPAMConfig?: { IPv4Address?: string; IPv6Address?: string; LinkLocalIPs?: string[] | null } | null;
  MacAddress?: string;
  Aliases?: string[] | null;
  Links?: string[] | null;
  DriverOpts?: Record<string, string> | null;
  GwPriority?: number;
}
export interface NetworkingConfig {
  EndpointsConfig?: Record<string, EndpointSettings | null> | null;
}
export interface ContainerRequest extends ContainerConfig {
  HostConfig: HostConfig;
  NetworkingConfig?: NetworkingConfig;
}

/** What a container runs, and whether with a terminal. */
export type Program = Required<Pick<ContainerConfig, 'Cmd' | 'Tty' | 'OpenStdin'>>;
