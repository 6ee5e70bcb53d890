/** What a client of an older version of the API means by a field that it does not send. Engine API, "Version history". */
import type { ContainerRequest } from '../../runtime/machine/request.ts';

/** `api` is the version's minor number. What is no object is left to the check of the request's shape. */
export function asMeant(request: ContainerRequest, api: number): ContainerRequest {
  const { HostConfig } = request;
  if (typeof HostConfig !== 'object' || HostConfig === null || Array.isArray(HostConfig)) return request;
  return {
    ...request,
    HostConfig: {
      ...HostConfig,
      // private became the default with 1.40
      ...(api < 40 && !HostConfig.IpcMode && { IpcMode: 'shareable' }),
      // before 1.44, what is mounted below a read-only bind stayed writable
      ...(api < 44 && { ReadOnlyNonRecursive: true }),
    },
  };
}
