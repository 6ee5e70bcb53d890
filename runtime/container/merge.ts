/** Image config and flags → what is run: Docker's rules, which `docker inspect` shows under Config. */
import { hostname } from 'node:os';
import type { ImageConfig } from '../image/manifest/image.ts';
import { badParameter } from '../errors/api-error.ts';
import type { ContainerConfig, ContainerRequest } from '../request/container-request.ts';
import { DEFAULT_PATH } from '../oci/default-spec.ts';

const nameOf = (entry: string) => entry.split('=', 1)[0]!;
const filled = (list: string[] | null | undefined): list is string[] => !!list && list.length > 0;

/**
 * A new entry point makes the image's command void; `--entrypoint ""` (sent as [""]) means none at all. Of the
 * environment the flags win by name; of labels, ports and volumes both are kept.
 */
export function mergeConfig(request: ContainerConfig, image: ImageConfig): ContainerConfig {
  const base = image.config ?? {};
  const own = request.Env ?? [];
  const names = new Set(own.map(nameOf));
  const cmd = filled(request.Cmd) || filled(request.Entrypoint) ? request.Cmd : base.Cmd;
  const entrypoint = request.Entrypoint ?? base.Entrypoint ?? null;
  return {
    ...request,
    User: request.User || base.User || '',
    Env: [...own, ...(base.Env ?? []).filter((e) => !names.has(nameOf(e)))],
    Cmd: filled(cmd) ? cmd : null,
    Entrypoint: filled(entrypoint) && !(entrypoint.length === 1 && entrypoint[0] === '') ? entrypoint : null,
    WorkingDir: request.WorkingDir || base.WorkingDir || '',
    Labels: { ...base.Labels, ...request.Labels },
    ExposedPorts: { ...base.ExposedPorts, ...request.ExposedPorts },
    Volumes: { ...base.Volumes, ...request.Volumes },
    ...((request.StopSignal || base.StopSignal) && { StopSignal: request.StopSignal || base.StopSignal }),
  };
}

/** Throws Refusal 400 when neither image nor flags name a command. */
export function processArgs(config: ContainerConfig): string[] {
  const args = [...(config.Entrypoint ?? []), ...(config.Cmd ?? [])];
  if (!args.length) throw badParameter('no command specified');
  return args;
}

/**
 * PATH, HOSTNAME, TERM, then the image's and the flags' by name; 'NAME' without '=' takes a default away. HOME is known
 * only inside.
 */
export function processEnv(config: ContainerConfig, host: string): string[] {
  const env = new Map([
    ['PATH', `PATH=${DEFAULT_PATH}`],
    ['HOSTNAME', `HOSTNAME=${host}`],
  ]);
  if (config.Tty) env.set('TERM', 'TERM=xterm');
  for (const entry of config.Env ?? []) {
    if (entry.includes('=')) env.set(nameOf(entry), entry);
    else env.delete(entry);
  }
  return [...env.values()];
}

/** --hostname; the host's own with --uts host or --network host; else the id's first 12 digits. */
export function hostnameOf(id: string, request: ContainerRequest): string {
  const shared = request.HostConfig.UTSMode === 'host' || request.HostConfig.NetworkMode === 'host';
  return request.Hostname || (shared ? hostname() : id.slice(0, 12));
}
