/** Merges the image's config with the request, by Docker's rules. `docker inspect` shows the result under Config. */
import { hostname } from 'node:os';
import type { ImageConfig } from '../image/manifest/image.ts';
import { badParameter } from '../errors/api-error.ts';
import { mergeHealth } from './health.ts';
import type { ContainerConfig, ContainerRequest } from '../request/container-request.ts';
import { DEFAULT_PATH } from '../oci/default-spec.ts';

const nameOf = (entry: string) => entry.split('=', 1)[0]!;
const filled = (list: string[] | null | undefined): list is string[] => !!list && list.length > 0;

/**
 * A new entry point drops the image's command; `--entrypoint ""` (sent as [""]) means no entry point. In the
 * environment the request overrides variables of the same name; labels, ports and volumes of both are kept.
 */
export function mergeConfig(request: ContainerConfig, image: ImageConfig): ContainerConfig {
  const base = image.config ?? {};
  const own = request.Env ?? [];
  const names = new Set(own.map(nameOf));
  const cmd = filled(request.Cmd) || filled(request.Entrypoint) ? request.Cmd : base.Cmd;
  const entrypoint = request.Entrypoint ?? base.Entrypoint ?? null;
  const health = mergeHealth(request.Healthcheck, image);
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
    ...(health && { Healthcheck: health }),
    ...((request.StopSignal || base.StopSignal) && { StopSignal: request.StopSignal || base.StopSignal }),
  };
}

/** Throws ApiError 400 when neither the image nor the request has a command. */
export function processArgs(config: ContainerConfig): string[] {
  const args = [...(config.Entrypoint ?? []), ...(config.Cmd ?? [])];
  if (!args.length) throw badParameter('no command specified');
  return args;
}

/**
 * PATH, HOSTNAME and TERM, those of --link, then the variables of the image and of the request by name. 'NAME' without
 * '=' removes a default. HOME is known only inside the container.
 */
export function processEnv(config: ContainerConfig, host: string, linked: readonly string[] = []): string[] {
  const env = new Map([
    ['PATH', `PATH=${DEFAULT_PATH}`],
    ['HOSTNAME', `HOSTNAME=${host}`],
  ]);
  if (config.Tty) env.set('TERM', 'TERM=xterm');
  for (const entry of [...linked, ...(config.Env ?? [])]) {
    if (entry.includes('=')) env.set(nameOf(entry), entry);
    else env.delete(entry);
  }
  return [...env.values()];
}

/** --hostname; with --uts host or --network host the host's name; otherwise the first 12 digits of the id. */
export function hostnameOf(id: string, request: ContainerRequest): string {
  const shared = request.HostConfig.UTSMode === 'host' || request.HostConfig.NetworkMode === 'host';
  return request.Hostname || (shared ? hostname() : id.slice(0, 12));
}
