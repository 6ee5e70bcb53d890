/**
 * Is a client's JSON of the kinds that its type promises? Only named fields are looked at; null is "not given" and always fine.
 * The tables are complete by their types, so that no field of a request arrives unchecked.
 */
import { badParameter } from '../../runtime/machine/refusal.ts';
import type { ContainerConfig, ContainerRequest, HostConfig } from '../../runtime/machine/request.ts';
import type { ExecConfig } from '../../runtime/machine/engine.ts';

type Kind = 'string' | 'number' | 'boolean' | 'object';
/** 'string', ['string'] for a list, { of: 'string' } for a map, or the fields of an object. */
type Shape = Kind | readonly [Shape] | { readonly of: Shape } | { readonly fields: Readonly<Record<string, Shape>> };
type Table<T> = { readonly [F in keyof Required<T>]: Shape };

const strings: Shape = ['string'];
const throttles: Shape = [{ fields: { Path: 'string', Rate: 'number' } }];

const config: Table<ContainerConfig> = {
  Hostname: 'string', Domainname: 'string', User: 'string', AttachStdin: 'boolean', AttachStdout: 'boolean', AttachStderr: 'boolean',
  Tty: 'boolean', OpenStdin: 'boolean', StdinOnce: 'boolean', Env: strings, Cmd: strings, Entrypoint: strings, Image: 'string', WorkingDir: 'string',
  Labels: { of: 'string' }, StopSignal: 'string', StopTimeout: 'number', Volumes: { of: 'object' }, ExposedPorts: { of: 'object' },
};
const host: Table<HostConfig> = {
  Binds: strings, Tmpfs: { of: 'string' }, ReadonlyRootfs: 'boolean', ContainerIDFile: 'string',
  Mounts: [{ fields: {
    Type: 'string', Source: 'string', Target: 'string', ReadOnly: 'boolean',
    BindOptions: { fields: { Propagation: 'string', NonRecursive: 'boolean', CreateMountpoint: 'boolean' } },
    TmpfsOptions: { fields: { SizeBytes: 'number', Mode: 'number' } },
  } }],
  NetworkMode: 'string', Dns: strings, DnsSearch: strings, DnsOptions: strings, ExtraHosts: strings,
  Memory: 'number', MemorySwap: 'number', MemoryReservation: 'number', MemorySwappiness: 'number', OomKillDisable: 'boolean', OomScoreAdj: 'number',
  NanoCpus: 'number', CpuShares: 'number', CpuQuota: 'number', CpuPeriod: 'number', CpusetCpus: 'string', CpusetMems: 'string', PidsLimit: 'number',
  BlkioWeight: 'number', BlkioDeviceReadBps: throttles, BlkioDeviceWriteBps: throttles, BlkioDeviceReadIOps: throttles, BlkioDeviceWriteIOps: throttles,
  Ulimits: [{ fields: { Name: 'string', Soft: 'number', Hard: 'number' } }], Sysctls: { of: 'string' }, ShmSize: 'number',
  CapAdd: strings, CapDrop: strings, SecurityOpt: strings, Privileged: 'boolean',
  Devices: [{ fields: { PathOnHost: 'string', PathInContainer: 'string', CgroupPermissions: 'string' } }], DeviceCgroupRules: strings,
  Init: 'boolean', AutoRemove: 'boolean', RestartPolicy: { fields: { Name: 'string', MaximumRetryCount: 'number' } },
  MaskedPaths: strings, ReadonlyPaths: strings, GroupAdd: strings,
  PidMode: 'string', IpcMode: 'string', UTSMode: 'string', UsernsMode: 'string', CgroupnsMode: 'string', CgroupParent: 'string',
  ConsoleSize: ['number'], LogConfig: { fields: { Type: 'string', Config: { of: 'string' } } },
  PortBindings: 'object', PublishAllPorts: 'boolean', Links: strings, VolumesFrom: strings, Runtime: 'string', Isolation: 'string', Annotations: { of: 'string' },
};
const request: Table<ContainerRequest> = {
  ...config,
  HostConfig: { fields: host },
  NetworkingConfig: { fields: { EndpointsConfig: { of: { fields: { IPAMConfig: { fields: { IPv4Address: 'string' } }, MacAddress: 'string', Aliases: strings } } } } },
};
const exec: Table<ExecConfig> = {
  AttachStdin: 'boolean', AttachStdout: 'boolean', AttachStderr: 'boolean', Tty: 'boolean', DetachKeys: 'string', Env: strings, Cmd: strings,
  User: 'string', WorkingDir: 'string', Privileged: 'boolean', ConsoleSize: ['number'],
};

export const shapes = { request: { fields: request }, host: { fields: host }, exec: { fields: exec } } satisfies Record<string, Shape>;

/** Throws 400 that names the field and what it should be. */
export function check(value: unknown, shape: Shape, path: string): void {
  if (value === null || value === undefined) return;
  const wrong = (wanted: string) => badParameter(`invalid JSON: ${path} must be ${wanted}`);
  if (typeof shape === 'string') {
    if (typeof value !== shape || (shape === 'object' && Array.isArray(value))) throw wrong(`of type ${shape}`);
    if (shape === 'number' && !Number.isFinite(value)) throw wrong('a finite number');
    if (typeof value === 'string' && value.includes('\0')) throw wrong('without NUL bytes');
  } else if (isList(shape)) {
    if (!Array.isArray(value)) throw wrong('a list');
    value.forEach((item, i) => check(item, shape[0], `${path}[${i}]`));
  } else {
    if (typeof value !== 'object' || Array.isArray(value)) throw wrong('an object');
    for (const [key, item] of Object.entries(value)) {
      const inner = 'of' in shape ? shape.of : Object.hasOwn(shape.fields, key) ? shape.fields[key] : undefined;
      if (inner) check(item, inner, path ? `${path}.${key}` : key);
    }
  }
}
const isList = (shape: Exclude<Shape, Kind>): shape is readonly [Shape] => Array.isArray(shape);
