/**
 * -v, --mount and --tmpfs → mounts. Sources are paths on the host. Destinations are resolved later, below the new root.
 */
import { existsSync } from 'node:fs';
import { posix } from 'node:path';
import { makeDirectories } from '../kernel/make-directories.ts';
import { badParameter, ApiError } from '../errors/api-error.ts';
import type { HostConfig, MountRequest } from '../request/container-request.ts';
import type { Mount } from './spec.ts';
import { PROPAGATION, tmpfsOptions } from './tmpfs-options.ts';

/**
 * The options after 'source:destination:', at most one of each row. z and Z relabel for SELinux. The last row is for
 * file sharing on other operating systems.
 */
const BIND_WORDS = [['ro', 'rw'], PROPAGATION, ['z', 'Z'], ['consistent', 'cached', 'delegated', 'default']];

/** What a mount of a volume says beyond its place. */
export interface VolumeAsked {
  /** '' for an anonymous one */
  name: string;
  rw: boolean;
  /** an empty volume is filled from the image */
  copy: boolean;
  mode: string;
  subpath?: string;
  labels?: Record<string, string>;
  driver?: string;
  driverOptions?: Record<string, string>;
}
/** What a mount of an image says beyond its place. */
export interface ImageAsked {
  reference: string;
  subpath?: string;
}
/** A mount of type volume or image has no source yet: the directory is known when the volume exists. */
export interface UserMount extends Mount {
  volume?: VolumeAsked;
  image?: ImageAsked;
}
const volumeMount = (target: string, volume: VolumeAsked): UserMount => ({
  destination: target,
  type: 'volume',
  source: volume.name,
  options: [],
  volume,
});

/** The normalized destination. Throws ApiError 400. */
function destination(path: string, whole: string): string {
  if (!path.startsWith('/') || path.includes('\0'))
    throw badParameter(
      `invalid volume specification: '${whole}': invalid mount path: '${path}' mount path must be absolute`,
    );
  const clean = posix.normalize(path).replace(/(.)\/$/, '$1');
  if (clean === '/')
    throw badParameter(`invalid volume specification: '${whole}': invalid specification: destination can't be '/'`);
  return clean;
}
const sourcePath = (path: string) => posix.normalize(path).replace(/(.)\/$/, '$1');

/**
 * rro: the mounts below are read-only too (mount_setattr(2) with AT_RECURSIVE), which is Docker's default from API 1.44
 * on. ro: only the top mount is.
 */
type ReadOnly = 'ro' | 'rro' | undefined;
const bindOptions = (propagation: string, readonly: ReadOnly, recursive = true) => [
  recursive ? 'rbind' : 'bind',
  propagation || 'rprivate',
  ...(readonly ? [readonly] : []),
];

function bindWords(mode: string, groups = BIND_WORDS): string[] {
  const words = mode === '' ? [] : mode.split(',');
  const ok =
    words.every((w) => groups.flat().includes(w)) &&
    groups.every((group) => words.filter((w) => group.includes(w)).length <= 1);
  if (!ok) throw badParameter(`invalid mode: ${mode}`);
  return words;
}

/** A name instead of a path: nocopy is possible, and propagation is not. */
const VOLUME_WORDS = [['ro', 'rw'], ['z', 'Z'], ['nocopy'], ['consistent', 'cached', 'delegated', 'default']];

/** The client's words for an option that belongs to the other kind of mount. */
const extra = (text: string, type: string, field: string) =>
  badParameter(
    `invalid volume specification: '${text}': invalid mount config for type "${type}": field ${field} must not be specified`,
  );

function parseVolume(text: string, name: string, target: string, mode: string): UserMount {
  if (mode.split(',').some((word) => PROPAGATION.includes(word))) throw extra(text, 'volume', 'BindOptions');
  const words = bindWords(mode, VOLUME_WORDS);
  return volumeMount(target, { name, rw: !words.includes('ro'), copy: !words.includes('nocopy'), mode: mode || 'z' });
}

/**
 * Parses 'source:destination[:options]', where the source is a path of the host or a volume's name; without a source
 * the volume is anonymous. `readonly`: the meaning of the option `ro`. Throws ApiError 400.
 */
export function parseBind(text: string, readonly: ReadOnly = 'rro'): UserMount {
  const parts = text.split(':');
  if (parts.length > 3 || !parts[0]) throw badParameter(`invalid volume specification: '${text}'`);
  if (parts.length === 1) return anonymous(destination(text, text));
  const [source, target, mode = ''] = parts as [string, string, string?];
  if (!source.startsWith('/')) return parseVolume(text, source, destination(target, text), mode);
  if (mode.split(',').includes('nocopy')) throw extra(text, 'bind', 'VolumeOptions');
  const words = bindWords(mode);
  const clean = destination(target, text);
  return {
    destination: clean,
    type: 'bind',
    source: sourcePath(source),
    options: bindOptions(words.find((w) => PROPAGATION.includes(w)) ?? '', words.includes('ro') ? readonly : undefined),
  };
}

const wrong = (m: MountRequest, why: string) => badParameter(`invalid mount config for type "${m.Type}": ${why}`);

/** A volume without a name: `-v /path`, or an image's VOLUME. */
export const anonymous = (target: string): UserMount =>
  volumeMount(target, { name: '', rw: true, copy: true, mode: '' });
/** The destination of a volume of the image. Throws ApiError 400. */
export const volumePath = (path: string): string => destination(posix.join('/', path), path);

function mountOf(m: MountRequest, readonly: ReadOnly): UserMount {
  if (!m.Target) throw wrong(m, 'field Target must not be empty');
  if (!m.Target.startsWith('/')) throw wrong(m, `invalid mount path: '${m.Target}' mount path must be absolute`);
  if (!Object.hasOwn(mountTypes, m.Type)) throw wrong(m, 'mount type unknown');
  return mountTypes[m.Type]!(m, destination(m.Target, m.Target), readonly);
}

/** Throws ApiError 501 for other fields that are set, because they would change the mount and are not supported. */
function refuseRest(m: MountRequest, rest: Record<string, unknown>): void {
  const field = Object.entries(rest).find(
    ([, value]) => value !== undefined && value !== null && value !== false && value !== '',
  )?.[0];
  if (field) throw new ApiError(501, `invalid mount config for type "${m.Type}": ${field} is not supported yet`);
}

/** How bind-recursive=writable and bind-recursive=readonly change `usual`, the default of the client's API version. */
function readOnlyOf(m: MountRequest, usual: ReadOnly): ReadOnly {
  const { ReadOnlyNonRecursive: top, ReadOnlyForceRecursive: all, NonRecursive, Propagation } = m.BindOptions ?? {};
  const field = top ? 'ReadOnlyNonRecursive' : 'ReadOnlyForceRecursive';
  if (top && all) throw wrong(m, 'ReadOnlyNonRecursive and ReadOnlyForceRecursive exclude each other');
  if ((top || all) && !m.ReadOnly) throw wrong(m, `mount source must be read-only when ${field} is set`);
  if (all && NonRecursive) throw wrong(m, 'ReadOnlyForceRecursive and NonRecursive exclude each other');
  if (all && Propagation !== 'rprivate')
    throw wrong(m, 'mount propagation must be rprivate when ReadOnlyForceRecursive is set');
  if (!m.ReadOnly) return undefined;
  return top ? 'ro' : all ? 'rro' : usual;
}

function checkSubpath(m: MountRequest, subpath = ''): void {
  if (subpath.startsWith('/') || subpath.split('/').includes('..'))
    throw wrong(m, 'subpath must be a relative path within the volume');
}

const mountTypes: Record<string, (m: MountRequest, target: string, readonly: ReadOnly) => UserMount> = {
  volume(m, target) {
    const { NoCopy, Labels, Subpath, DriverConfig, ...rest } = m.VolumeOptions ?? {};
    refuseRest(m, rest);
    checkSubpath(m, Subpath);
    return volumeMount(target, {
      name: m.Source ?? '',
      rw: !m.ReadOnly,
      copy: !NoCopy,
      mode: 'z',
      ...(Subpath && { subpath: Subpath }),
      ...(Labels && { labels: Labels }),
      ...(DriverConfig?.Name && { driver: DriverConfig.Name }),
      ...(DriverConfig?.Options && { driverOptions: DriverConfig.Options }),
    });
  },

  bind(m, target, readonly) {
    const {
      Propagation = '',
      NonRecursive = false,
      CreateMountpoint = false,
      ReadOnlyNonRecursive: _,
      ReadOnlyForceRecursive: __,
      ...rest
    } = m.BindOptions ?? {};
    refuseRest(m, rest);
    if (!m.Source) throw wrong(m, 'field Source must not be empty');
    if (!m.Source.startsWith('/')) throw wrong(m, `invalid mount path: '${m.Source}' mount path must be absolute`);
    if (Propagation && !PROPAGATION.includes(Propagation)) throw wrong(m, `invalid propagation mode: ${Propagation}`);
    // unlike -v, --mount does not make a missing directory
    if (!existsSync(m.Source) && !CreateMountpoint) throw wrong(m, `bind source path does not exist: ${m.Source}`);
    return {
      destination: target,
      type: 'bind',
      source: sourcePath(m.Source),
      options: bindOptions(Propagation, readOnlyOf(m, readonly), !NonRecursive),
    };
  },
  /** Read-only in any case, as with dockerd: what is written would go to a place that nothing keeps. */
  image(m, target) {
    const { Subpath, ...rest } = m.ImageOptions ?? {};
    refuseRest(m, rest);
    if (!m.Source) throw wrong(m, 'field Source must not be empty');
    checkSubpath(m, Subpath);
    const image = { reference: m.Source, ...(Subpath && { subpath: Subpath }) };
    return { destination: target, type: 'image', source: m.Source, options: [], image };
  },
  tmpfs(m, target) {
    if (m.Source) throw wrong(m, 'field Source must not be specified');
    const { SizeBytes, Mode, ...rest } = m.TmpfsOptions ?? {};
    refuseRest(m, rest);
    const words = [m.ReadOnly && 'ro', Mode && `mode=${Mode.toString(8)}`, SizeBytes && `size=${SizeBytes}`].filter(
      (w): w is string => !!w,
    );
    return { destination: target, type: 'tmpfs', source: 'tmpfs', options: tmpfsOptions(words) };
  },
};

/** All mounts that the user asked for, parents before children. Throws ApiError 400 or 501. */
export function userMounts(host: HostConfig): UserMount[] {
  const tmpfs = Object.entries(host.Tmpfs ?? {}).map(([path, words]): Mount => ({
    destination: destination(path, path),
    type: 'tmpfs',
    source: 'tmpfs',
    options: tmpfsOptions(words ? words.split(',') : []),
  }));
  const readonly = host.ReadOnlyNonRecursive ? 'ro' : 'rro';
  const binds = (host.Binds ?? []).map((text) => parseBind(text, readonly));
  const mounts = [...binds, ...(host.Mounts ?? []).map((m) => mountOf(m, readonly)), ...tmpfs];
  const seen = new Set<string>();
  for (const { destination: path } of mounts) {
    if (seen.has(path)) throw badParameter(`Duplicate mount point: ${path}`);
    seen.add(path);
  }
  return mounts.sort(byDepth);
}
const depth = ({ destination: path }: Mount) => path.split('/').length;
export const byDepth = (a: Mount, b: Mount): number => depth(a) - depth(b);

/**
 * Makes missing source directories of -v, and of --mount with bind-create-src. Throws ApiError 400 with Docker's
 * message.
 */
export function makeBindSources(host: HostConfig): void {
  const asked = [
    ...(host.Binds ?? []).flatMap((text) => {
      const { type, source } = parseBind(text);
      return type === 'bind' ? [source] : [];
    }),
    ...(host.Mounts ?? []).filter((m) => m.BindOptions?.CreateMountpoint).map((m) => m.Source!),
  ];
  for (const source of asked.filter((path) => !existsSync(path))) {
    try {
      makeDirectories(source, 0o755);
    } catch (cause) {
      throw badParameter(`error while creating mount source path '${source}': ${(cause as Error).message}`);
    }
  }
}
