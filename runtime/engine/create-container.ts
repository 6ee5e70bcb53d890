/** From a request to the record of a container that is to be: everything that create refuses is refused here. */
import type { Image } from '../image/manifest/image.ts';
import { matches, parsePlatform, showPlatform } from '../image/manifest/platform.ts';
import { endpointsOf, type Shared } from '../network/request/endpoints.ts';
import { buildSpec } from '../container/bundle.ts';
import type { Container } from '../container/container.ts';
import { healthWarnings } from '../container/health.ts';
import { checkBreakable } from '../container/leave-out.ts';
import { hostnameOf, mergeConfig } from '../container/merge.ts';
import { containerPaths } from '../container/paths.ts';
import type { ContainerRecord } from '../container/record.ts';
import { validateRequest } from '../container/validate.ts';
import { newId } from '../data-root/identity.ts';
import type { Settings } from '../data-root/settings.ts';
import { badParameter, notFound } from '../errors/api-error.ts';
import type { DriverName } from '../storage/driver.ts';
import type { ContainerRequest } from '../request/container-request.ts';

export interface CreateOptions {
  platform?: string;
  /** the image may come with the start */
  pull?: 'missing';
}
/** What the engine knows and a request does not say. */
export interface CreateContext {
  settings: Settings;
  storage: DriverName;
  image: Image | undefined;
  /** by id or name; ApiError 404 */
  other(ref: string): Container;
  /** The name, once everything else is in order; ApiError 400 for what is none, 409 for one that is taken. */
  claim(): string;
}

/** ApiError 400, 404 or 409, in dockerd's words. */
export function newRecord(
  asked: ContainerRequest,
  options: CreateOptions,
  { settings, storage, image, other, claim }: CreateContext,
): ContainerRecord {
  const request = withoutUnlimited(asked);
  const warnings = [...validateRequest(request, settings), ...healthWarnings(request, image?.config)];
  if (!image && options.pull !== 'missing')
    throw notFound(
      `No such image: ${request.Image}${/[:@]/.test(request.Image.split('/').pop() ?? '') ? '' : ':latest'}`,
    );
  if (image && options.platform) checkPlatform(request.Image, image, options.platform);
  if (image) checkBreakable(request, image);
  const id = newId();
  const endpoints = endpointsOf(request, id, settings, (ref) => sharedBy(other(ref)));
  // asked now, so that a bad flag is refused by create and not by start
  if (image) buildSpec({ id, request, endpoints, paths: containerPaths(settings, id), settings }, image);
  if (
    image &&
    !mergeConfig(request, image.config).Cmd?.length &&
    !mergeConfig(request, image.config).Entrypoint?.length
  )
    throw badParameter('no command specified');
  return {
    id,
    name: claim(),
    created: Date.now(),
    request,
    ...(options.platform && { platform: options.platform }),
    ...(image && { image: image.id }),
    storage,
    endpoints,
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
    warnings,
  };
}

/** What a container with --network container:ID takes over. */
const sharedBy = ({ id, request, endpoints }: Container): Shared => ({
  id,
  hostname: hostnameOf(id, request),
  endpoints,
});

/**
 * An image of another platform under the same name does not count: the client pulls the right one, or is told that
 * there is none.
 */
function checkPlatform(reference: string, { config }: Image, platform: string): void {
  const wanted = parsePlatform(platform);
  if (matches(wanted, config)) return;
  throw notFound(
    `No such image: image with reference ${reference} was found but its platform (${showPlatform(config)}) does not match the specified platform (${showPlatform(wanted)})`,
  );
}

/** As dockerd stores it: a create without a limit of processes leaves null, an update that takes it away leaves 0. */
function withoutUnlimited(request: ContainerRequest): ContainerRequest {
  const { PidsLimit } = request.HostConfig ?? {};
  return typeof PidsLimit === 'number' && PidsLimit <= 0
    ? { ...request, HostConfig: { ...request.HostConfig, PidsLimit: null } }
    : request;
}
