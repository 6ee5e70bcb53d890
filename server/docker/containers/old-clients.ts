/**
 * The meaning of a field that a client does not send; it depends on the client's API version. Engine API, "Version
 * history".
 */
import { badParameter } from '../../../runtime/errors/api-error.ts';
import { hierarchies } from '../../../runtime/kernel/cgroup/hierarchies.ts';
import type { ContainerRequest } from '../../../runtime/request/container-request.ts';

const isObject = (value: unknown): boolean => typeof value === 'object' && value !== null && !Array.isArray(value);

/** `api` is the version's minor number. A value that is not an object is left to the check of the request's shape. */
export function asMeant(request: ContainerRequest, api: number): ContainerRequest {
  const named = Object.keys(request.NetworkingConfig?.EndpointsConfig ?? {});
  if (api < 44 && named.length > 1)
    throw badParameter(`Container cannot be created with multiple network endpoints: ${named.sort().join(', ')}`);
  const { HostConfig, Healthcheck } = request;
  if (!isObject(HostConfig)) return request;
  if (api < 48 && Array.isArray(HostConfig.Mounts) && HostConfig.Mounts.some((mount) => mount?.Type === 'image'))
    throw badParameter('Mount type "Image" needs API v1.48 or newer');
  return {
    ...withEndpointAddress(request),
    // as in dockerd, the field is of API 1.44
    ...(api < 44 && isObject(Healthcheck) && { Healthcheck: { ...Healthcheck, StartInterval: 0 } }),
    HostConfig: {
      ...HostConfig,
      // private is the default since API 1.40
      ...(api < 40 && !HostConfig.IpcMode && { IpcMode: 'shareable' }),
      // private is the default only on cgroup v2: on v1, programs such as systemd look for the host's paths
      ...(!HostConfig.CgroupnsMode && { CgroupnsMode: hierarchies().version === 1 ? 'host' : 'private' }),
      // before API 1.44, a mount below a read-only bind stayed writable
      ...(api < 44 && { ReadOnlyNonRecursive: true }),
    },
  };
}

/**
 * The hardware address of the container, from before API 1.44, as that of its first endpoint. Throws ApiError 400 when
 * the endpoint has another one.
 */
function withEndpointAddress({ MacAddress, ...request }: ContainerRequest): ContainerRequest {
  if (!MacAddress || typeof MacAddress !== 'string') return request;
  const all = request.NetworkingConfig?.EndpointsConfig ?? {};
  const mode = request.HostConfig.NetworkMode || 'default';
  const own = all[mode];
  if (own?.MacAddress && own.MacAddress !== MacAddress)
    throw badParameter(
      'the container-wide MAC address must match the endpoint-specific MAC address for the main network, or be left empty',
    );
  return { ...request, NetworkingConfig: { EndpointsConfig: { ...all, [mode]: { ...own, MacAddress } } } };
}
