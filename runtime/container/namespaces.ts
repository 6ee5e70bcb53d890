/** The namespaces of a container: config-linux, "Namespaces". */
import { badParameter } from '../errors/api-error.ts';
import type { HostConfig } from '../request/container-request.ts';
import type { NetworkNamespace } from '../network/driver.ts';
import type { Linux, NamespaceType } from '../oci/spec.ts';

/** new: a new namespace; host: none; otherwise the container whose namespace is joined. */
type Choice = 'new' | 'host' | `container:${string}`;

/** The allowed values of --pid, --ipc, --uts, --userns and --cgroupns. Throws ApiError 400 with Docker's words. */
const modes: Record<
  'pid' | 'ipc' | 'uts' | 'user' | 'cgroup',
  { field: keyof HostConfig; label: string; choices: Record<string, Choice>; joins?: boolean }
> = {
  pid: { field: 'PidMode', label: 'PID', choices: { '': 'new', private: 'new', host: 'host' }, joins: true },
  ipc: {
    field: 'IpcMode',
    label: 'IPC',
    choices: { '': 'new', private: 'new', shareable: 'new', none: 'new', host: 'host' },
    joins: true,
  },
  uts: { field: 'UTSMode', label: 'UTS', choices: { '': 'new', private: 'new', host: 'host' } },
  user: { field: 'UsernsMode', label: 'user namespace', choices: { '': 'host', host: 'host', private: 'new' } },
  cgroup: { field: 'CgroupnsMode', label: 'cgroup namespace', choices: { '': 'new', private: 'new', host: 'host' } },
};

export function choiceOf(type: keyof typeof modes, host: HostConfig): Choice {
  const { field, label, choices, joins } = modes[type];
  const mode = String(host[field] ?? '');
  if (Object.hasOwn(choices, mode)) return choices[mode]!;
  if (joins && /^container:.+/.test(mode)) return mode as Choice;
  throw badParameter(`invalid ${label} mode: ${mode}`);
}

/**
 * The namespaces in the order in which they are made. `path` is 'container:<ref>' for one that is joined, because the
 * other container's pid is known only at the start.
 */
export function namespacesOf(host: HostConfig, network: NetworkNamespace): Linux['namespaces'] {
  const all: [NamespaceType, Choice][] = [
    ['user', choiceOf('user', host)],
    ['pid', choiceOf('pid', host)],
    ['mount', 'new'],
    ['uts', choiceOf('uts', host)],
    ['ipc', choiceOf('ipc', host)],
    ['network', network],
    ['cgroup', choiceOf('cgroup', host)],
  ];
  return all
    .filter(([, choice]) => choice !== 'host')
    .map(([type, choice]) => (choice === 'new' ? { type } : { type, path: choice }));
}

/**
 * Ids are the same inside and outside. Root in the container loses its power over the host's namespaces, but keeps its
 * files.
 */
export const IDENTITY = [{ containerID: 0, hostID: 0, size: 65536 }];
