/**
 * Which volumes a container has: those of its request, those that its image declares, and all that it takes over from
 * other containers (`--volumes-from`).
 */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { Image } from '../image/manifest/image.ts';
import { ApiError, badParameter } from '../errors/api-error.ts';
import type { Mount } from '../oci/spec.ts';
import { anonymous, userMounts, volumePath, type UserMount } from '../oci/user-mounts.ts';
import { PROPAGATION } from '../oci/tmpfs-options.ts';
import type { ContainerRequest } from '../request/container-request.ts';
import type { MountPoint } from '../volume/mount-point.ts';
import { anonymousName } from '../volume/volume.ts';

/** The container whose mounts are taken over. */
export interface Source {
  readonly request: ContainerRequest;
  readonly mounts: readonly MountPoint[];
}

function pointOf(id: string, { destination, volume, image }: UserMount): MountPoint[] {
  if (image) {
    const { reference: name, ...more } = image;
    return [{ type: 'image', name, destination, rw: false, mode: '', propagation: '', ...more }];
  }
  if (!volume) return [];
  const { name, rw, copy, mode, ...more } = volume;
  return [
    {
      type: 'volume',
      name: name || anonymousName(id, destination),
      destination,
      rw,
      mode,
      propagation: '',
      ...(!name && { anonymous: true as const }),
      ...(copy && { copy: true as const }),
      ...more,
    },
  ];
}

/** Like dockerd, an unknown container is a wrong parameter of the create: 400. */
function sourceOf(ref: string, other: (ref: string) => Source): Source {
  try {
    return other(ref);
  } catch (cause) {
    throw cause instanceof ApiError && cause.status === 404 ? badParameter(cause.message) : cause;
  }
}

/** Mounts of the request, and those taken over. Throws ApiError 400. */
export function mountPointsOf(id: string, request: ContainerRequest, other: (ref: string) => Source): MountPoint[] {
  const asked = userMounts(request.HostConfig);
  const taken = new Set(asked.map(({ destination }) => destination));
  const points = new Map<string, MountPoint>();
  for (const text of request.HostConfig.VolumesFrom ?? [])
    for (const point of takenOver(text, other)) if (!taken.has(point.destination)) points.set(point.destination, point);
  return [...points.values(), ...asked.flatMap((mount) => pointOf(id, mount))];
}

/** Adds the volumes that the image and `-v /path` declare, where nothing else is mounted. */
export function addDeclared(
  points: MountPoint[],
  id: string,
  { Volumes, HostConfig }: ContainerRequest,
  image: Image | undefined,
): void {
  const taken = new Set([...userMounts(HostConfig), ...points].map(({ destination }) => destination));
  for (const path of Object.keys({ ...image?.config.config?.Volumes, ...Volumes })) {
    const destination = volumePath(path);
    if (taken.has(destination)) continue;
    taken.add(destination);
    points.push(...pointOf(id, anonymous(destination)));
  }
}

/** 'container[:ro|rw|z|Z]' */
function takenOver(text: string, other: (ref: string) => Source): MountPoint[] {
  const at = text.indexOf(':');
  const [ref, mode] = at < 0 ? [text, 'rw'] : [text.slice(0, at), text.slice(at + 1)];
  if (!ref) throw badParameter(`invalid volume specification: '${text}'`);
  const words = mode.split(',');
  if (!words.every((word) => ['ro', 'rw', 'z', 'Z'].includes(word))) throw badParameter(`invalid mode: ${mode}`);
  const { request, mounts } = sourceOf(ref, other);
  const binds = userMounts(request.HostConfig).filter(({ type }) => type === 'bind');
  return [...mounts, ...binds.map(boundPoint)].map(({ copy: _, ...point }) => ({
    ...point,
    mode: '',
    rw: point.rw && !words.includes('ro'),
  }));
}

const boundPoint = ({ destination, source, options }: Mount): MountPoint => ({
  type: 'bind',
  name: '',
  source,
  destination,
  rw: !options.includes('ro') && !options.includes('rro'),
  mode: '',
  propagation: options.find((word) => PROPAGATION.includes(word)) ?? 'rprivate',
  options: options.filter((word) => word !== 'ro' && word !== 'rro'),
});

/** The directory in `paths.images` for the image that is mounted at `destination`. */
export const imageDirectory = ({ destination }: Pick<MountPoint, 'destination'>): string =>
  createHash('sha256').update(destination).digest('hex').slice(0, 16);
/** The tree of the image that is mounted there, in the container's mount namespace. */
export const imageTree = (images: string, point: Pick<MountPoint, 'destination'>): string =>
  join(images, imageDirectory(point), 'tree');

/** The mount for config.json. `data`: the directory of a volume, or the tree of an image. */
export function specMount(point: MountPoint, data: (point: MountPoint) => string): Mount {
  const readonly = point.rw ? [] : ['ro'];
  const { type, source = '', destination, options = [], subpath } = point;
  if (type === 'bind') return { destination, type, source, options: [...options, ...readonly] };
  const directory = subpath ? `${data(point)}/${subpath}` : data(point);
  return { destination, type: 'bind', source: directory, options: ['rbind', 'rprivate', ...readonly] };
}
