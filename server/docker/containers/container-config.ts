/**
 * Config and HostConfig of inspect: the request, completed from the image and with zero values for what was not
 * requested.
 */
import type { Container } from '../../../runtime/container/container.ts';
import { defaultEndpoint, linksOf } from '../../../runtime/network/request/legacy-links.ts';
import type { MountPoint } from '../../../runtime/volume/mount-point.ts';
import type { ContainerConfig, HostConfig } from '../../../runtime/request/container-request.ts';
import { maskedPathsHere, readonlyPaths } from '../../../runtime/oci/default-spec.ts';
import { imageTree } from '../../../runtime/container/mount-points.ts';
import { hostnameOf, mergeConfig } from '../../../runtime/container/merge.ts';
import { memorySwapOf } from '../../../runtime/oci/resources.ts';

/** The request's Config, completed from the image. Before the pull there is no image. */
export function mergedConfig({ request, image }: Container): ContainerConfig {
  const { HostConfig: _host, NetworkingConfig: _net, ...config } = request;
  return image ? mergeConfig(config, image.config) : config;
}

/** The words that are executed: [Entrypoint…, Cmd…]. */
export function words(container: Container): string[] {
  const { Entrypoint, Cmd } = mergedConfig(container);
  return [...(Entrypoint ?? []), ...(Cmd ?? [])];
}

/** The labels of the image and of the request. */
export const labelsOf = (container: Container): Record<string, string> => mergedConfig(container).Labels ?? {};

/** As in dockerd, an empty list of volumes is null, and an empty list of ports is absent. */
export function configView(container: Container): object {
  const { Volumes, ExposedPorts, NetworkDisabled, MacAddress: _, ...config } = mergedConfig(container);
  const filled = (value: object | null | undefined) => (value && Object.keys(value).length ? value : undefined);
  return {
    AttachStdin: false,
    AttachStdout: false,
    AttachStderr: false,
    Tty: false,
    OpenStdin: false,
    StdinOnce: false,
    Domainname: '',
    OnBuild: null,
    ...config,
    ...(NetworkDisabled && { NetworkDisabled }),
    Hostname: hostnameOf(container.id, container.request),
    Volumes: filled(Volumes) ?? null,
    ...(filled(ExposedPorts) && { ExposedPorts }),
  };
}

/** A container that was never started has no spec yet: then these are the paths that it will get. */
function hiddenPaths({ request: { HostConfig: asked }, spec }: Container): {
  MaskedPaths: readonly string[] | null;
  ReadonlyPaths: readonly string[] | null;
} {
  const hidden = !asked.Privileged;
  return {
    MaskedPaths: asked.MaskedPaths ?? spec.linux?.maskedPaths ?? (hidden ? maskedPathsHere() : null),
    ReadonlyPaths: asked.ReadonlyPaths ?? spec.linux?.readonlyPaths ?? (hidden ? readonlyPaths : null),
  };
}

/** dockerd's daemon/create_unix.go: without options of its own, such a container gets no label of SELinux. */
const labelsOff = ({ Privileged, PidMode, IpcMode }: HostConfig): string[] | null =>
  Privileged || PidMode === 'host' || IpcMode === 'host' ? ['label=disable'] : null;

/** A list that the request does not have is null, as in dockerd; docker's client sends empty lists. */
export function hostConfigView(container: Container): object {
  const { ReadOnlyNonRecursive: _, ...asked } = container.request.HostConfig;
  const links = linksOf<Container>(container, container.other).map(
    ({ target, alias }) => `/${target.name}:/${container.name}/${alias}`,
  );
  return {
    Binds: null,
    ContainerIDFile: '',
    PortBindings: null,
    AutoRemove: false,
    VolumeDriver: '',
    VolumesFrom: null,
    ConsoleSize: [0, 0],
    CapAdd: null,
    CapDrop: null,
    Dns: null,
    DnsOptions: null,
    DnsSearch: null,
    ExtraHosts: null,
    GroupAdd: null,
    Cgroup: '',
    Links: null,
    OomScoreAdj: 0,
    PidMode: '',
    Privileged: false,
    PublishAllPorts: false,
    ReadonlyRootfs: false,
    UTSMode: '',
    UsernsMode: '',
    Isolation: '',
    CpuShares: 0,
    Memory: 0,
    NanoCpus: 0,
    CgroupParent: '',
    BlkioWeight: 0,
    BlkioWeightDevice: null,
    BlkioDeviceReadBps: null,
    BlkioDeviceWriteBps: null,
    BlkioDeviceReadIOps: null,
    BlkioDeviceWriteIOps: null,
    CpuPeriod: 0,
    CpuQuota: 0,
    CpuRealtimePeriod: 0,
    CpuRealtimeRuntime: 0,
    CpusetCpus: '',
    CpusetMems: '',
    Devices: null,
    DeviceCgroupRules: null,
    DeviceRequests: null,
    MemoryReservation: 0,
    MemorySwappiness: null,
    OomKillDisable: false,
    PidsLimit: null,
    Ulimits: null,
    CpuCount: 0,
    CpuPercent: 0,
    IOMaximumIOps: 0,
    IOMaximumBandwidth: 0,
    ...asked,
    ...(defaultEndpoint(container) && { Links: links.length ? links : null }),
    NetworkMode: !asked.NetworkMode || asked.NetworkMode === 'default' ? 'bridge' : asked.NetworkMode,
    RestartPolicy: {
      Name: asked.RestartPolicy?.Name || 'no',
      MaximumRetryCount: asked.RestartPolicy?.MaximumRetryCount ?? 0,
    },
    IpcMode: asked.IpcMode || 'private',
    CgroupnsMode: asked.CgroupnsMode || 'private',
    ShmSize: asked.ShmSize || 64 * 1024 * 1024,
    Runtime: asked.Runtime || 'drydock',
    LogConfig: { Type: asked.LogConfig?.Type || 'json-file', Config: asked.LogConfig?.Config ?? {} },
    MemorySwap: memorySwapOf(asked),
    SecurityOpt: asked.SecurityOpt ?? labelsOff(asked),
    ...hiddenPaths(container),
  };
}

/** One of `Mounts` in the inspection of a container: the Engine API specification, MountPoint. */
export interface MountView {
  Type: string;
  Name?: string;
  Source: string;
  Destination: string;
  Driver?: string;
  Mode: string;
  RW: boolean;
  Propagation: string;
}

const pointView =
  ({ volumes, paths }: Pick<Container, 'volumes' | 'paths'>) =>
  ({ type, name, source, destination, mode, rw, propagation }: MountPoint): MountView => ({
    Type: type,
    ...(name && { Name: name }),
    Source: type === 'image' ? imageTree(paths.images, { destination }) : (source ?? volumes.paths(name).data),
    Destination: destination,
    ...(name && type === 'volume' && { Driver: volumes.find(name)?.driver ?? 'local' }),
    Mode: mode,
    RW: rw,
    Propagation: propagation,
  });

/** Its volumes, and the request's Binds and Mounts. As in docker, --tmpfs is shown in HostConfig only. */
export function mountsView(container: Container): MountView[] {
  const { Binds, Mounts } = container.request.HostConfig;
  const paths = (Binds ?? []).filter((bind) => bind.startsWith('/') && bind.includes(':'));
  const binds = paths.map((bind): MountView => {
    const [Source = '', Destination = '', Mode = ''] = bind.split(':');
    const options = Mode.split(',');
    return {
      Type: 'bind',
      Source,
      Destination,
      Mode,
      RW: !options.includes('ro'),
      Propagation: options.find((o) => /^r?(private|shared|slave)$/.test(o)) ?? 'rprivate',
    };
  });
  const others = (Mounts ?? []).filter(({ Type }) => Type !== 'volume' && Type !== 'image');
  const mounts = others.map((m): MountView => ({
    Type: m.Type,
    Source: m.Source ?? '',
    Destination: m.Target,
    Mode: '',
    RW: !m.ReadOnly,
    Propagation: m.Type === 'bind' ? m.BindOptions?.Propagation || 'rprivate' : '',
  }));
  return [...binds, ...mounts, ...container.mounts.map(pointView(container))];
}
