/** Flags for what the process sees of the file system: volumes, mounts and devices. */
import { resolve } from 'node:path';
import type { MountRequest } from '../../request/container-request.ts';
import { pair, push, size, type Body, type Flag } from './flag.ts';

/** '/src:/dst[:ro]', './src:/dst', or '/dst' alone for an anonymous volume. */
function bindOrVolume(body: Body, value: string): void {
  const [source, target] = pair(value, ':');
  if (!source) throw new Error('give source:target[:options]');
  if (!target) return void (body.Volumes = { ...body.Volumes, [source]: {} });
  // docker makes a path absolute only when it begins with a dot; any other value without a slash is a volume's name
  const host = source.startsWith('.') ? resolve(source) : source;
  body.HostConfig.Binds = push(body.HostConfig.Binds, `${host}:${target}`);
}

/** The fields of a line of comma-separated values. A field may be in double quotes. */
export function fields(text: string): string[] {
  const found = [...text.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g)];
  return found.map(([, quoted, plain]) => quoted?.replaceAll('""', '"') ?? plain ?? '');
}

const yes = (value: string | undefined): boolean => {
  if (value === undefined || value === 'true' || value === '1') return true;
  if (value === 'false' || value === '0') return false;
  throw new Error(`${JSON.stringify(value)} is neither true nor false`);
};
type Setter = (mount: MountRequest, value: string | undefined) => void;
const target: Setter = (m, v) => void (m.Target = v ?? '');
const source: Setter = (m, v) => void (m.Source = v?.startsWith('.') ? resolve(v) : (v ?? ''));
const readonly: Setter = (m, v) => void (m.ReadOnly = yes(v));
const bind =
  (change: (value: string | undefined) => NonNullable<MountRequest['BindOptions']>): Setter =>
  (m, v) =>
    void (m.BindOptions = { ...m.BindOptions, ...change(v) });
const volume =
  (change: (value: string | undefined) => NonNullable<MountRequest['VolumeOptions']>): Setter =>
  (m, v) =>
    void (m.VolumeOptions = { ...m.VolumeOptions, ...change(v) });
/** docker's values of bind-recursive: mounts below the source are included, writable or read-only, or left out. */
const recursions: Record<string, NonNullable<MountRequest['BindOptions']>> = {
  enabled: {},
  disabled: { NonRecursive: true },
  writable: { ReadOnlyNonRecursive: true },
  readonly: { ReadOnlyForceRecursive: true },
};
function recursion(value = ''): NonNullable<MountRequest['BindOptions']> {
  const found = Object.hasOwn(recursions, value) ? recursions[value] : undefined;
  if (!found)
    throw new Error(`bind-recursive ${JSON.stringify(value)} is none of ${Object.keys(recursions).join(', ')}`);
  return found;
}
const keys: Record<string, Setter> = {
  type: (m, v) => void (m.Type = (v ?? '').toLowerCase()),
  source,
  src: source,
  target,
  dst: target,
  destination: target,
  readonly,
  ro: readonly,
  'bind-propagation': bind((v) => ({ Propagation: v ?? '' })),
  'bind-nonrecursive': bind((v) => ({ NonRecursive: yes(v) })),
  'bind-recursive': bind(recursion),
  'volume-nocopy': volume((v) => ({ NoCopy: yes(v) })),
  'volume-subpath': volume((v) => ({ Subpath: v ?? '' })),
  'volume-driver': volume((v) => ({ DriverConfig: { Name: v ?? '' } })),
  'volume-label': (m, v) => {
    const [key, text] = pair(v ?? '');
    m.VolumeOptions = { ...m.VolumeOptions, Labels: { ...m.VolumeOptions?.Labels, [key]: text } };
  },
  'volume-opt': (m, v) => {
    const [key, text] = pair(v ?? '');
    const config = m.VolumeOptions?.DriverConfig;
    m.VolumeOptions = {
      ...m.VolumeOptions,
      DriverConfig: { ...config, Options: { ...config?.Options, [key]: text } },
    };
  },
  'image-subpath': (m, v) => void (m.ImageOptions = { Subpath: v ?? '' }),
  'tmpfs-size': (m, v) => void (m.TmpfsOptions = { ...m.TmpfsOptions, SizeBytes: size(v ?? '') }),
  'tmpfs-mode': (m, v) => {
    if (!/^[0-7]{1,5}$/.test(v ?? '')) throw new Error(`tmpfs-mode ${JSON.stringify(v)} is not octal`);
    m.TmpfsOptions = { ...m.TmpfsOptions, Mode: parseInt(v!, 8) };
  },
};

/** 'type=bind,source=/a,target=/b,readonly' */
function mount(body: Body, value: string): void {
  const request: MountRequest = { Type: 'volume', Target: '' };
  for (const field of fields(value)) {
    const [key, text] = pair(field);
    const set = keys[key.toLowerCase()];
    if (!set) throw new Error(`unexpected key '${key}'`);
    set(request, field.includes('=') ? text : undefined);
  }
  if (request.Type !== 'volume' && request.VolumeOptions)
    throw new Error(`volume options do not go with type=${request.Type}`);
  if (!request.Target) throw new Error('target is required');
  if (request.Type !== 'bind' && request.BindOptions)
    throw new Error(`bind options do not go with type=${request.Type}`);
  if (request.Type !== 'tmpfs' && request.TmpfsOptions)
    throw new Error(`tmpfs options do not go with type=${request.Type}`);
  if (request.Type !== 'image' && request.ImageOptions)
    throw new Error(`image options do not go with type=${request.Type}`);
  body.HostConfig.Mounts = push(body.HostConfig.Mounts, request);
}

function tmpfs(body: Body, value: string): void {
  const [path, options] = pair(value, ':');
  body.HostConfig.Tmpfs = { ...body.HostConfig.Tmpfs, [path]: options };
}

/** '/dev/x[:/dev/y][:rwm]' */
function device(body: Body, value: string): void {
  const [from, second, third, ...rest] = value.split(':');
  if (!from || rest.length) throw new Error('give host-path[:container-path][:rwm]');
  const permissions = (text: string | undefined) =>
    text !== undefined && /^[rwm]{1,3}$/.test(text) && new Set(text).size === text.length;
  if (third !== undefined && !permissions(third)) throw new Error(`${JSON.stringify(third)} is not of r, w and m`);
  const alone = third === undefined && permissions(second);
  body.HostConfig.Devices = push(body.HostConfig.Devices, {
    PathOnHost: from,
    PathInContainer: alone || !second ? from : second,
    CgroupPermissions: third ?? (alone ? second! : 'rwm'),
  });
}

export const fileFlags: readonly Flag[] = [
  {
    flags: '-v, --volume <source:target[:options]>',
    help: 'mount a volume, or bind a file or directory of the host',
    many: true,
    set: bindOrVolume,
  },
  {
    flags: '--volumes-from <container[:ro]>',
    help: 'mount what another container has mounted',
    many: true,
    set: (b, v) => void (b.HostConfig.VolumesFrom = push(b.HostConfig.VolumesFrom, v)),
  },
  {
    flags: '--volume-driver <driver>',
    help: 'driver of volumes that are made: only local',
    set: (b, v) => void (b.HostConfig.VolumeDriver = v),
  },
  {
    flags: '--mount <key=value,...>',
    help: 'a mount: type=bind|volume|tmpfs,source=,target=,readonly',
    many: true,
    set: mount,
  },
  { flags: '--tmpfs <path[:options]>', help: 'an empty file system in memory', many: true, set: tmpfs },
  {
    flags: '--read-only',
    help: 'make the root file system read-only',
    set: (b) => void (b.HostConfig.ReadonlyRootfs = true),
  },
  { flags: '--device <host[:container][:rwm]>', help: 'give a device of the host', many: true, set: device },
  {
    flags: '--device-cgroup-rule <rule>',
    help: "a rule for the devices cgroup: 'c 1:3 rwm'",
    many: true,
    set: (b, v) => void (b.HostConfig.DeviceCgroupRules = push(b.HostConfig.DeviceCgroupRules, v)),
  },
  { flags: '--shm-size <bytes>', help: 'size of /dev/shm (64m)', set: (b, v) => void (b.HostConfig.ShmSize = size(v)) },
];
