/** POST /containers/create, with a pull if the image is missing. */
import { closeSync, existsSync, openSync, rmSync, writeSync } from 'node:fs';
import type { Client } from '../../client/client.ts';
import type { ContainerOptions } from '../../flags/container.ts';
import type { Body } from '../../flags/flag.ts';
import { DaemonError, Failure, messageOf } from '../../failure/failure.ts';
import { pullImage } from '../../client/images-create.ts';
import { warn } from '../../terminal/columns.ts';

/** Opens the --cidfile before the container is created, so that no container exists without its file. */
function reserveIDFile(path: string | undefined): number | undefined {
  if (!path) return undefined;
  if (existsSync(path))
    throw new Failure(`container ID file found, make sure the other container isn't running or delete ${path}`, 125);
  try {
    return openSync(path, 'wx', 0o644);
  } catch (error) {
    throw new Failure(`failed to create the container ID file: ${messageOf(error)}`, 125, { cause: error });
  }
}

const noSuchImage = (error: unknown) => error instanceof DaemonError && error.status === 404;

/**
 * A private cgroup namespace, so that the container's cgroup is shown as / inside, on cgroup v1 too, where the API's
 * default is the host's namespace. Its creation is then one more thing to watch.
 */
const withCgroupNamespace = (body: Body): Body => ({
  ...body,
  HostConfig: { ...body.HostConfig, CgroupnsMode: body.HostConfig.CgroupnsMode || 'private' },
});

/**
 * Creates a container and returns its id. `pullLater`: the pull becomes the first phase of the start (?pull=missing).
 * `signal` ends a pull that is made before.
 */
export async function createContainer(
  client: Client,
  body: Body,
  options: ContainerOptions,
  { pullLater = false, code = 125, signal }: { pullLater?: boolean; code?: number; signal?: AbortSignal } = {},
): Promise<string> {
  const file = reserveIDFile(options.cidfile);
  const create = () =>
    client.post<{ Id: string; Warnings?: string[] | null }>(
      '/containers/create',
      { name: options.name, platform: options.platform, ...(pullLater && { pull: 'missing' }) },
      withCgroupNamespace(body),
    );
  const pull = () =>
    pullImage(client, body.Image, {
      ...(options.platform && { platform: options.platform }),
      quiet: options.quiet ?? false,
      out: process.stderr,
      code,
      ...(signal && { signal }),
    });
  let made = false;
  try {
    if (options.pull === 'always') await pull();
    const { Id, Warnings } = await create().catch(async (error: unknown) => {
      if (!noSuchImage(error) || options.pull === 'never' || pullLater) throw error;
      if (!options.quiet) warn(`Unable to find image '${body.Image}' locally`);
      await pull();
      return create();
    });
    for (const warning of Warnings ?? []) warn(`WARNING: ${warning}`);
    if (file !== undefined) writeSync(file, Id);
    made = true;
    return Id;
  } catch (error) {
    throw error instanceof DaemonError ? new Failure(error.message, code, { cause: error }) : error;
  } finally {
    if (file !== undefined) closeSync(file);
    if (file !== undefined && !made) rmSync(options.cidfile!, { force: true });
  }
}
