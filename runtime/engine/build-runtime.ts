/** What a build has done by the engine: images and pulls, and the containers of its RUNs and of its files. */
import type { BuildRequest, BuildRuntime, RunRequest } from '../build/build.ts';
import { registrySite } from '../build/remote-cache/registry-site.ts';
import type { Settings } from '../data-root/settings.ts';
import { ApiError } from '../errors/api-error.ts';
import type { Image } from '../image/manifest/image.ts';
import { normalize } from '../image/manifest/reference.ts';
import type { ImageStore } from '../image/store/store.ts';
import { hasCode } from '../kernel/errors.ts';
import type { ContainerRequest } from '../request/container-request.ts';
import type { StorageDriver } from '../storage/driver.ts';
import { BuildOutput } from './build-output.ts';
import type { CreateOptions } from './create-container.ts';
import type { ContainerHandle } from './engine.ts';
import type { EventBus } from './events.ts';
import type { Pulled, PullOptions } from './pull-options.ts';

/** The build that a container belongs to, so that a later daemon finds what a build left. */
export const BUILD_LABEL = 'drydock.build';

/** The engine, as a build uses it. */
export interface BuildHost {
  readonly settings: Settings;
  readonly storage: StorageDriver;
  readonly images: ImageStore;
  readonly events: EventBus;
  create(request: ContainerRequest, options: CreateOptions): Promise<ContainerHandle>;
  container(ref: string): ContainerHandle;
  containers(): ContainerHandle[];
  pull(options: PullOptions): Promise<Pulled>;
}

/** `build`: the id of the build's operation. `signal` ends its pulls. */
export function runtimeOf(host: BuildHost, build: string, signal: AbortSignal, request: BuildRequest): BuildRuntime {
  // two stages on one base pull it once, and get the same
  const bases = new Map<string, Promise<Image>>();
  const pull = async (reference: string) => {
    const auth = await request.auth?.(normalize(reference).domain);
    return (await host.pull({ reference, signal, ...(auth && { auth }) })).image;
  };
  const the = (id: string) => host.container(id);
  return {
    images: host.images,
    image(reference, always) {
      const known = bases.get(reference);
      if (known) return known;
      const there = always ? undefined : host.images.find(reference);
      const image = there ? Promise.resolve(there) : pull(reference);
      bases.set(reference, image);
      return image;
    },
    cacheSite: (k, reference, writes) => {
      const { auth } = request;
      return registrySite(k, { reference, writes, signal, settings: host.settings, ...(auth && { auth }) });
    },
    createForFiles: async (image) =>
      (await host.create(requestOf(build, image, { Cmd: ['/'] }), { withoutVolumes: true })).container.id,
    create: async (image, asked) => {
      const { mounts = [], hiddenEnv } = asked;
      const { container } = await host.create(requestOf(build, image, asked), { mounts });
      if (hiddenEnv?.length) container.hiddenEnv = hiddenEnv;
      return container.id;
    },
    run: (id, tell, stop) => runToEnd(the(id), tell, stop),
    setCommand: (id, Cmd) => the(id).setProgram({ Cmd, Tty: false, OpenStdin: false }),
    write: (id, path, archive, owner) =>
      the(id)
        .archive(id)
        .write(path, archive, { keepsKinds: false, ownUser: false, ...(owner && { owner }) }),
    async kind(id, path) {
      try {
        const { mode } = await the(id).archive(id).stat(path);
        return mode >= 2 ** 31 || (await leadsToDirectory(the(id), path)) ? 'directory' : 'other';
      } catch (error) {
        if (!(error instanceof ApiError)) throw error;
        if (error.status === 404 || hasCode(error.cause, 'ENOTDIR')) return undefined;
        throw error;
      }
    },
    read: (id, path, send) =>
      the(id)
        .archive(id)
        .read(path, {
          begin: () => undefined,
          send,
        }),
    real: async (id, path) => (await the(id).archive(id).stat(path)).linkTarget || path,
    layer: (k, id, path) => the(id).layerFile(k, path),
    remove: (id) => the(id).remove({ force: true, volumes: true }),
    containers: () =>
      host
        .containers()
        .filter(({ container }) => container.request.Labels?.[BUILD_LABEL] === build)
        .map(({ container }) => container.id),
  };
}

const requestOf = (
  build: string,
  { id }: Image,
  { Cmd, Env = [], NetworkMode = 'default', Privileged = false, limits, tmpfs }: RunRequest,
): ContainerRequest => ({
  Image: id,
  Cmd,
  Env,
  Entrypoint: [''],
  AttachStdout: true,
  AttachStderr: true,
  Labels: { [BUILD_LABEL]: build },
  HostConfig: { ...limits, NetworkMode, Privileged, ...(tmpfs && { Tmpfs: { ...tmpfs } }) },
});

/** `/path/` is the directory that a link leads to. */
const leadsToDirectory = (container: ContainerHandle, path: string): Promise<boolean> =>
  container
    .archive(container.container.id)
    .stat(`${path}/.`)
    .then(
      ({ mode }) => mode >= 2 ** 31,
      () => false,
    );

async function runToEnd(
  container: ContainerHandle,
  tell: (stream: 1 | 2, text: string) => Promise<void>,
  signal: AbortSignal,
): Promise<number> {
  signal.throwIfAborted();
  const output = new BuildOutput(tell);
  const coupled = container.attach(output, { stdin: false, stdout: true, stderr: true, logs: false, stream: true });
  const ended = container.wait('next-exit');
  // its end resolves `ended`
  const kill = () => void container.kill().catch(() => undefined);
  signal.addEventListener('abort', kill, { once: true });
  try {
    await container.start();
    if (signal.aborted) kill();
    const { StatusCode } = await ended;
    await coupled;
    signal.throwIfAborted();
    return StatusCode;
  } finally {
    signal.removeEventListener('abort', kill);
    ended.catch(() => undefined);
    output.destroy();
  }
}
