/** What a client means by a field that it does not send, in its version of the API. Engine API, "Version history". */
import { hierarchies } from '../../../runtime/kernel/cgroup/hierarchies.ts';
import type { ContainerRequest } from '../../../runtime/request/container-request.ts';

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
      // private is the default on cgroup v2 alone: what runs on v1, systemd above all, looks for the host's paths
      ...(!HostConfig.CgroupnsMode && { CgroupnsMode: hierarchies().version === 1 ? 'host' : 'private' }),
      // before 1.44, what is mounted below a read-only bind stayed writable
      ...(api < 44 && { ReadOnlyNonRecursive: true }),
    },
  };
}
