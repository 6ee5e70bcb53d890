/** Builds: `docker build`, POST /build. Each is an operation; the containers of its RUNs are ordinary containers. */
import { join } from 'node:path';
import type { BuildContext, BuildRequest, BuildRuntime, RunRequest, Verdict } from '../build/build.ts';
import { unpackInto } from '../build/files/unpack.ts';
import { KeptContexts } from '../build/context/kept-contexts.ts';
import { keepContext } from '../build/files/receive-context.ts';
import { NamedContexts, type NamedContext } from '../build/context/named.ts';
import { CacheDirs } from '../build/mounts/cache-dirs.ts';
import { checkOut } from '../build/git/checkout.ts';
import { registrySite } from '../build/remote-cache/registry-site.ts';
import { BuildCache } from '../build/cache/cache.ts';
import { ApiError, badParameter, notFound } from '../errors/api-error.ts';
import { removeTree } from '../kernel/tree/remove-tree.ts';
import type { Image } from '../image/manifest/image.ts';
import { familiarName, normalize } from '../image/manifest/reference.ts';
import type { ImageStore } from '../image/store/store.ts';
import type { Operation } from '../operation/operation.ts';
import type { Operations } from '../operation/operations.ts';
import type { ContainerRequest } from '../request/container-request.ts';
import type { Settings } from '../data-root/settings.ts';
import type { GateOptions } from '../operation/gate-command.ts';
import type { LanedPhase } from '../operation/step.ts';
import { OrderedReports } from '../build/stages/ordered-reports.ts';
import { OwnReports } from '../build/stages/own-reports.ts';
import { build, parse, receive, TITLE } from '../steps/build/build.ts';
import type { StorageDriver } from '../storage/driver.ts';
import type { BuildOptions } from './build-options.ts';
import { BuildFiles } from './build-files.ts';
import { FailedRuns } from './failed-runs.ts';
import { BuildUsage } from './build-usage.ts';
import { BuildOutput } from './build-output.ts';
import type { CreateOptions } from './create-container.ts';
import type { ContainerHandle } from './engine.ts';
import { hasCode } from '../kernel/errors.ts';
import type { EventBus } from './events.ts';
import type { Pulled, PullOptions } from './pull-options.ts';

/** The build that a container belongs to, so that a later daemon finds what a build left. */
export const BUILD_LABEL = 'drydock.build';

/** Each is asked for at a registry. */
const CACHES_MOST = 100;

/** The engine, as a build uses it. */
interface Host {
  readonly settings: Settings;
  readonly storage: StorageDriver;
  readonly images: ImageStore;
  readonly events: EventBus;
  create(request: ContainerRequest, options: CreateOptions): Promise<ContainerHandle>;
  container(ref: string): ContainerHandle;
  containers(): ContainerHandle[];
  pull(options: PullOptions): Promise<Pulled>;
}

export class Builds {
  readonly cache: BuildCache;
  readonly cacheDirs: CacheDirs;
  readonly contexts: KeptContexts;
  readonly usage: BuildUsage;
  readonly files: BuildFiles;
  readonly failed: FailedRuns;

  constructor(
    private readonly host: Host,
    private readonly operations: Operations,
  ) {
    this.cache = new BuildCache(host.settings.root, (id) => host.images.find(id) !== undefined);
    this.cacheDirs = new CacheDirs(host.settings.root);
    this.contexts = new KeptContexts(host.settings.root);
    this.files = new BuildFiles(host);
    this.failed = new FailedRuns((id) => host.container(id));
    this.usage = new BuildUsage(host.images, this.cache, this.cacheDirs, this.contexts, async (id) => {
      const removed = await host.images.remove(id, { force: false }).catch(() => undefined);
      if (removed) this.cache.forget(id);
      return removed !== undefined;
    });
  }

  /** Resolves with the image. Throws ApiError in the client's words, after everything but the cache was undone. */
  async build({ signal, gate, begun, ...request }: BuildOptions): Promise<Image> {
    const [tag] = request.tags;
    const caches = (request.cacheFrom?.length ?? 0) + (request.cacheSources?.length ?? 0);
    if (caches > CACHES_MOST)
      throw badParameter(`--cache-from names ${caches} caches: at most ${CACHES_MOST} are read; name fewer`);
    const name = tag === undefined ? request.dockerfile : familiarName(normalize(tag));
    const operation = this.operations.begin({ kind: 'build', subject: { kind: 'image', name } });
    const context = this.#context(operation, request, gate);
    const phases = [phaseOf(context)];
    // the journal is removed with the image
    const done = () => void (operation.record.subject = { ...operation.record.subject, id: imageOf(context).id });
    await this.operations
      .perform(operation, { context, phases, done }, { signal, gate, begun })
      .finally(() => context.lease.release());
    const image = imageOf(context);
    for (const one of request.tags)
      this.host.events.emit('image', 'tag', image.id, {
        ...image.config.config?.Labels,
        name: familiarName(normalize(one)),
      });
    // what it costs to keep is not the client's to wait for
    void this.cacheDirs.collect().catch(() => undefined);
    void this.contexts.collect().catch(() => undefined);
    return image;
  }

  /** Looks all instructions up, as an operation, and builds nothing. Throws ApiError. */
  async why({ signal, gate, begun, ...request }: Omit<BuildOptions, 'explain'>): Promise<Verdict[]> {
    const operation = this.operations.begin({ kind: 'build', subject: { kind: 'image', name: request.dockerfile } });
    const verdicts: Verdict[] = [];
    const context = this.#context(operation, { ...request, explain: (verdict) => void verdicts.push(verdict) }, gate);
    const phases = [phaseOf(context)];
    try {
      await this.operations.perform(operation, { context, phases }, { signal, gate, begun });
      return verdicts;
    } finally {
      context.lease.release();
      for (const id of context.runtime.containers()) await context.runtime.remove(id);
      await keepContext(context);
      await removeTree(context.dir);
    }
  }

  #context(operation: Operation, request: BuildRequest, gate?: GateOptions): BuildContext {
    const { id } = operation;
    const cut = new AbortController();
    const signal = AbortSignal.any([operation.signal, cut.signal]);
    const isWalked = gate !== undefined && (gate.mode !== 'run' || gate.breakpoints.length > 0);
    const { reportOf, contexts = new Map<string, NamedContext>() } = request;
    const dir = join(this.host.settings.root, 'build', id);
    return {
      id,
      dir,
      importing: {},
      named: new NamedContexts(
        contexts,
        dir,
        (k, into, pass) => unpackInto(k, into, pass, '0:0'),
        (k, repository, into) => checkOut(k, repository, into, signal),
      ),
      asked: request,
      runtime: this.#runtime(id, signal, request),
      cache: this.cache,
      cacheDirs: this.cacheDirs,
      contexts: this.contexts,
      received: {},
      lease: this.host.images.lease(),
      signal,
      cut,
      // a person is asked about one stage after another
      inOrder: isWalked || request.explain !== undefined || request.onFailure !== undefined,
      mended: [],
      reports: reportOf ? new OwnReports(reportOf) : new OrderedReports(request),
      say: request,
      steps: [receive, parse],
      globals: new Map(),
      total: 0,
      stages: [],
      hit: false,
      usedArgs: new Set(),
    };
  }

  #runtime(build: string, signal: AbortSignal, request: BuildRequest): BuildRuntime {
    const { host } = this;
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

  /** Removes the images below a removed one that have no name and on which nothing else was built. */
  async forget(image: string): Promise<void> {
    for (let next = this.cache.forget(image); next;) {
      const parent = this.host.images.find(next);
      if (!parent || parent.tags.length || parent.digests.length || this.cache.isParent(next)) return;
      if (this.host.images.leases.has(next)) return;
      const removed = await this.host.images.remove(next, { force: false }).catch(() => undefined);
      if (!removed) return;
      next = this.cache.forget(next);
    }
  }

  /** Undoes what a daemon left unfinished when it died. */
  async recover(): Promise<void> {
    await this.cacheDirs.recover();
    await this.contexts.recover();
    await this.files.recover();
    for (const operation of this.operations.interrupted()) {
      if (operation.record.kind !== 'build') continue;
      await operation.recover({ context: this.#context(operation, nothing), phases: [build] });
    }
  }
}

const phaseOf = ({ steps }: BuildContext): LanedPhase<BuildContext> => ({
  id: build.id,
  title: TITLE,
  steps,
  lanes: ({ lanes }) => lanes,
});

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

/** The request of a build that is only undone. */
const nothing: BuildRequest = {
  dockerfile: '',
  tags: [],
  args: new Map(),
  labels: {},
  noCache: false,
  pull: false,
  keep: false,
  pass: () => Promise.resolve(),
  tell: () => undefined,
  output: () => Promise.resolve(),
  made: () => undefined,
};

function imageOf({ stages }: BuildContext): Image {
  const image = stages.at(-1)?.image;
  if (!image) throw notFound('the build made no image');
  return image;
}

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
