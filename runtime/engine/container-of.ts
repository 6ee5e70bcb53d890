/** Makes the subject of the steps from a container's record. */
import { posix } from 'node:path';
import type { Container } from '../container/container.ts';
import { leavesOut } from '../container/leave-out.ts';
import { containerPaths } from '../container/paths.ts';
import type { ContainerRecord } from '../container/record.ts';
import { readSpec } from '../data-root/data-root.ts';
import type { Settings } from '../data-root/settings.ts';
import { logOf } from '../drivers/log.ts';
import { newPull } from '../image/pull.ts';
import type { ImageStore } from '../image/store/store.ts';
import { noCgroup } from '../kernel/cgroup/none.ts';
import { openCgroup } from '../kernel/cgroup/open.ts';
import { namesAsked } from '../network/request/endpoints.ts';
import { bundleRoot } from '../storage/bundle/driver.ts';
import type { StorageDriver } from '../storage/driver.ts';

export interface ContainerContext {
  settings: Settings;
  images: ImageStore;
  /** the daemon's */
  storage: StorageDriver;
  volumes: Container['volumes'];
  /** finds a container by id or name; throws ApiError 404 */
  other(ref: string): Container;
  networkOf: NonNullable<Container['networkOf']>;
}

/** Undefined for a container of a bundle, and for one whose image its start will pull. */
const imageOf = ({ bundle, image, request }: ContainerRecord, images: ImageStore) =>
  bundle ? undefined : image ? images.ofContainer(image) : images.find(request.Image);

/** The list of mounts is the record's own. */
export function containerOf(
  record: ContainerRecord,
  { settings, images, storage, volumes, other, networkOf }: ContainerContext,
): Container {
  const { id, name, request, bundle, endpoints, platform } = record;
  const paths = containerPaths(settings, id);
  // like runc: a relative path is below the root of the hierarchies, and no path climbs above it
  const group = openCgroup(posix.join('/', request.HostConfig.CgroupParent || settings.cgroupParent, id));
  return {
    id,
    name,
    settings,
    images,
    storage: bundle ? bundleRoot : storage,
    executor: record.executor ?? 'stage',
    paths,
    request,
    bundle,
    endpoints,
    mounts: (record.mounts ??= []),
    volumes,
    takesVolumes: record.takesVolumes ?? false,
    log: logOf(request.HostConfig.LogConfig, paths.log),
    names: namesAsked(request),
    stdin: request.OpenStdin ?? false,
    warnings: [...record.warnings],
    live: {},
    pull: newPull(record.image ?? request.Image, 'missing', platform ? { platform } : {}),
    image: imageOf(record, images),
    cgroup: leavesOut(record, 'cgroup') ? noCgroup(group, storage.mountMark(paths)) : group,
    spec: readSpec(paths.config),
    other,
    networkOf,
  };
}
