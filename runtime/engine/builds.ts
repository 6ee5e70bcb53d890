/** Builds: `docker build`, POST /build. Each is an operation; the containers of its RUNs are ordinary containers. */
import { join } from 'node:path';
import type { BuildContext, BuildRequest, Verdict } from '../build/build.ts';
import { unpackInto } from '../build/files/unpack.ts';
import { KeptContexts } from '../build/context/kept-contexts.ts';
import { keepContext } from '../build/files/receive-context.ts';
import { NamedContexts, type NamedContext } from '../build/context/named.ts';
import { CacheDirs } from '../build/mounts/cache-dirs.ts';
import { checkOut } from '../build/git/checkout.ts';
import { BuildCache } from '../build/cache/cache.ts';
import { badParameter, notFound } from '../errors/api-error.ts';
import { removeTree } from '../kernel/tree/remove-tree.ts';
import type { Image } from '../image/manifest/image.ts';
import { familiarName, normalize } from '../image/manifest/reference.ts';
import type { Operation } from '../operation/operation.ts';
import type { Operations } from '../operation/operations.ts';
import type { GateOptions } from '../operation/gate-command.ts';
import type { LanedPhase } from '../operation/step.ts';
import { OrderedReports } from '../build/stages/ordered-reports.ts';
import { OwnReports } from '../build/stages/own-reports.ts';
import { build, parse, receive, TITLE } from '../steps/build/build.ts';
import type { BuildOptions } from './build-options.ts';
import { BuildFiles } from './build-files.ts';
import { FailedRuns } from './failed-runs.ts';
import { type BuildHost, runtimeOf } from './build-runtime.ts';
import { BuildUsage } from './build-usage.ts';

/** Each is asked for at a registry. */
const CACHES_MOST = 100;

export class Builds {
  readonly cache: BuildCache;
  readonly cacheDirs: CacheDirs;
  readonly contexts: KeptContexts;
  readonly usage: BuildUsage;
  readonly files: BuildFiles;
  readonly failed: FailedRuns;

  constructor(
    private readonly host: BuildHost,
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
      runtime: runtimeOf(this.host, id, signal, request),
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
