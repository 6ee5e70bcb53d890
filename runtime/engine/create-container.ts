/** Makes the record of a new container from a request. All checks of create are here. */
import type { Image } from '../image/manifest/image.ts';
import { matches, parsePlatform, showPlatform } from '../image/manifest/platform.ts';
import { endpointsOf, type Shared } from '../network/request/endpoints.ts';
import type { Endpoint } from '../network/endpoint.ts';
import { keptLinks } from '../network/request/legacy-links.ts';
import type { FindNetwork } from '../network/request/wanted.ts';
import { buildSpec } from '../container/bundle.ts';
import { type BundleOptions, requestOf } from '../container/bundle-request.ts';
import type { Bundle, Container } from '../container/container.ts';
import { checkBreakable } from '../container/leave-out.ts';
import { addDeclared, mountPointsOf } from '../container/mount-points.ts';
import { hostnameOf, mergeConfig } from '../container/merge.ts';
import { containerPaths } from '../container/paths.ts';
import type { ContainerRecord } from '../container/record.ts';
import { validateRequest } from '../container/validate.ts';
import { newId } from '../data-root/identity.ts';
import type { Settings } from '../data-root/settings.ts';
import type { Spec } from '../oci/spec.ts';
import { normalize } from 'node:path/posix';
import { badParameter, notFound } from '../errors/api-error.ts';
import type { MountPoint } from '../volume/mount-point.ts';
import { checkVolumeName } from '../volume/volume.ts';
import type { DriverName } from '../storage/driver.ts';
import type { ContainerRequest } from '../request/container-request.ts';

export interface CreateOptions {
  platform?: string;
  /** the image may be pulled by the start */
  pull?: 'missing';
  /** the volumes that the image declares are left out, so that what is written there belongs to the container */
  withoutVolumes?: boolean;
  /** binds that no request may ask for: directories of the daemon, with paths that are resolved in them */
  mounts?: readonly MountPoint[];
}
/** What the engine knows and the request does not contain. */
export interface CreateContext {
  settings: Settings;
  storage: DriverName;
  image: Image | undefined;
  /** finds another image, for a mount of type image */
  imageNamed(reference: string): Image | undefined;
  /** finds a container by id or name; throws ApiError 404 */
  other(ref: string): Container;
  /** finds a network that a user made */
  network: FindNetwork;
  /** Reserves the name, after all other checks. Throws ApiError 400 for an invalid name, 409 for one that is in use. */
  claim(): string;
}

/** Throws ApiError 400, 404 or 409, in dockerd's words. */
export function newRecord(
  asked: ContainerRequest,
  options: CreateOptions,
  { settings, storage, image, imageNamed, other, network, claim }: CreateContext,
): ContainerRecord {
  let request = withCleanDirectory(withoutUnlimited(asked));
  const warnings = validateRequest(request, settings, network);
  checkJoined(request, other);
  if (!image && options.pull !== 'missing') throw noSuchImage(request.Image);
  if (image && options.platform) checkPlatform(request.Image, image, options.platform);
  if (image) checkBreakable(request, image);
  const id = newId();
  const mounts = [...(options.mounts ?? []), ...mountPointsOf(id, request, other)];
  if (image && !options.withoutVolumes) addDeclared(mounts, id, request, image);
  for (const { type, name } of mounts) if (type === 'volume') checkVolumeName(name);
  for (const point of mounts)
    if (point.type === 'image') {
      const found = imageNamed(point.image ?? point.name);
      if (!found) throw noSuchImage(point.name);
      point.image = found.id;
    }
  const endpoints = endpointsOf(request, id, settings, (ref) => sharedBy(other(ref)), network);
  request = withLinks(request, endpoints, other);
  // built now, so that create refuses a bad flag, and not start
  if (image) buildSpec({ id, request, endpoints, mounts, paths: containerPaths(settings, id), settings }, image);
  if (
    image &&
    !mergeConfig(request, image.config).Cmd?.length &&
    !mergeConfig(request, image.config).Entrypoint?.length
  )
    throw badParameter('no command specified');
  return {
    ...blankRecord({ id, name: claim(), request, storage, endpoints, warnings }),
    ...(options.platform && { platform: options.platform }),
    ...(image && { image: image.id }),
    mounts,
    ...(!image && { undeclared: true }),
  };
}

const noSuchImage = (name: string) =>
  notFound(`No such image: ${name}${/[:@]/.test(name.split('/').pop() ?? '') ? '' : ':latest'}`);

type Given = Pick<ContainerRecord, 'id' | 'name' | 'request' | 'endpoints' | 'warnings'> & { storage: DriverName };

/** The record of a container that was never started. */
const blankRecord = (given: Given): ContainerRecord => ({
  ...given,
  created: Date.now(),
  executor: 'stage',
  machine: 'created',
  error: '',
  runs: 0,
  pid: 0,
  exitCode: 0,
  oomKilled: false,
  startedAt: 0,
  finishedAt: 0,
  restartCount: 0,
  stopped: false,
});

/** The record of a container that is made from a bundle, without an image. */
export function newBundleRecord(
  bundle: Bundle,
  spec: Spec,
  options: BundleOptions,
  { settings, claim }: Pick<CreateContext, 'settings' | 'claim'>,
): ContainerRecord {
  const id = newId();
  const request = requestOf(spec, bundle.dir, options);
  const endpoints = endpointsOf(request, id, settings, () => {
    throw new Error('a bundle names no container');
  });
  const name = claim();
  return { ...blankRecord({ id, name, request, storage: 'bundle', endpoints, warnings: [] }), bundle };
}

/** With the ids of the containers of --link instead of their names. */
function withLinks(request: ContainerRequest, endpoints: readonly Endpoint[], other: CreateContext['other']) {
  const { Links } = request.HostConfig;
  if (!Links?.length) return request;
  return { ...request, HostConfig: { ...request.HostConfig, Links: keptLinks(Links, endpoints, other) } };
}

/** What a container with --network container:ID shares. */
const sharedBy = ({ id, request, endpoints }: Container): Shared => ({
  id,
  hostname: hostnameOf(id, request),
  endpoints,
});

/**
 * Refuses an image of another platform under the same name. The client then pulls the right one, or learns that there
 * is none.
 */
function checkPlatform(reference: string, { config }: Image, platform: string): void {
  const wanted = parsePlatform(platform);
  if (matches(wanted, config)) return;
  throw notFound(
    `No such image: image with reference ${reference} was found but its platform (${showPlatform(config)}) does not match the specified platform (${showPlatform(wanted)})`,
  );
}

/** --pid and --ipc container:ID. Not 404, because the docker client would pull an image. */
function checkJoined({ HostConfig: { PidMode, IpcMode } }: ContainerRequest, other: CreateContext['other']): void {
  for (const mode of [PidMode, IpcMode]) {
    const [, ref] = /^container:(.+)$/.exec(mode ?? '') ?? [];
    try {
      if (ref) other(ref);
    } catch (error) {
      throw badParameter((error as Error).message);
    }
  }
}

/** As dockerd keeps it: without `.`, `..`, double slashes and a slash at the end. */
function withCleanDirectory(request: ContainerRequest): ContainerRequest {
  const { WorkingDir } = request;
  if (typeof WorkingDir !== 'string' || !WorkingDir.startsWith('/')) return request;
  return { ...request, WorkingDir: normalize(WorkingDir).replace(/(?<=.)\/$/, '') };
}

/** As dockerd stores it: null after a create without a limit of processes, 0 after an update that removes the limit. */
function withoutUnlimited(request: ContainerRequest): ContainerRequest {
  const { PidsLimit } = request.HostConfig ?? {};
  return typeof PidsLimit === 'number' && PidsLimit <= 0
    ? { ...request, HostConfig: { ...request.HostConfig, PidsLimit: null } }
    : request;
}
