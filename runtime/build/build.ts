/** The state of a build: what was asked for, and what its steps have found and made so far. */
import type { Parts } from '../kernel/jobs.ts';
import type { Socket } from 'node:net';
import type { Image, ImageConfig } from '../image/manifest/image.ts';
import type { LayerFile } from '../image/layer/layer-file.ts';
import type { RegistryAuth } from '../image/registry/auth.ts';
import type { ImageStore } from '../image/store/store.ts';
import type { Kernel } from '../kernel/kernel.ts';
import type { Lease } from '../image/store/lease.ts';
import type { Step } from '../operation/step.ts';
import type { MountPoint } from '../volume/mount-point.ts';
import type { HostConfig } from '../request/container-request.ts';
import type { CacheDirs } from './mounts/cache-dirs.ts';
import type { OpenMounts, PreparedMount } from './mounts/prepared-mount.ts';
import type { ImageRecord } from '../image/store/image-list.ts';
import type { CacheSite, CacheSource, CacheTarget } from './remote-cache/site.ts';
import type { BuildCache } from './cache/cache.ts';
import type { Dockerfile, Instruction } from './dockerfile/parse.ts';
import type { ContextFiles, FileList } from './context/file-list.ts';
import type { ContextKey, KeptContext, KeptContexts } from './context/kept-contexts.ts';
import type { NamedContext, NamedContexts } from './context/named.ts';
import type { ArchiveInput, Found } from './context/sources.ts';
import type { Report, Reports } from './stages/report.ts';
import type { StageLanes } from './stages/stage-lanes.ts';

export type Config = NonNullable<ImageConfig['config']>;

/** What a build may set for all its RUNs. Values as in POST /containers/create; they are checked there. */
export type RunLimits = Pick<
  HostConfig,
  | 'ExtraHosts'
  | 'ShmSize'
  | 'Ulimits'
  | 'CgroupParent'
  | 'Memory'
  | 'MemorySwap'
  | 'CpuShares'
  | 'CpuPeriod'
  | 'CpuQuota'
  | 'CpusetCpus'
  | 'CpusetMems'
>;
export interface BuildRequest extends Omit<Report, 'ended'> {
  /** path in the context */
  dockerfile: string;
  /** normalized references */
  tags: readonly string[];
  args: ReadonlyMap<string, string>;
  labels: Readonly<Record<string, string>>;
  target?: string;
  noCache: boolean;
  /** the names of stages that are built anew: --no-cache-filter */
  noCacheStages?: readonly string[];
  /** images in whose history results are looked up: --cache-from */
  cacheFrom?: readonly string[];
  /** the same in directories of the client: --cache-from type=local */
  cacheSources?: readonly CacheSource[];
  /** --cache-to type=registry and type=local */
  cacheTo?: readonly CacheTarget[];
  /** The cache is written to this place. The function is called when that has ended, with the reason of a failure. */
  exports?(name: string): (error?: string) => void;
  /** An image of --cache-from is asked for. The function is called when it was, with the reason why it is not read. */
  imports?(reference: string): (error?: string) => void;
  /** keep the keys in the image: --cache-to type=inline */
  inlineCache?: boolean;
  /** --build-context, by name */
  contexts?: ReadonlyMap<string, NamedContext>;
  pull: boolean;
  /** leave the containers of RUN */
  keep: boolean;
  networkMode?: string;
  /** `RUN --network=host` is allowed */
  hostNetwork?: boolean;
  /** `RUN --security=insecure` is allowed */
  insecure?: boolean;
  /** of the containers of RUN */
  limits?: RunLimits;
  /** the context is a git repository: 'https://host/a.git#REF:DIRECTORY' */
  repository?: string;
  /** the client does not speak BuildKit's wire */
  isClassic?: boolean;
  /** the text of the Dockerfile, when it does not come with the context */
  text?(): Promise<string>;
  /** writes the context's archive into this socket, and closes that; with `files` only what has changed */
  pass(fd: number, files?: ContextFiles): Promise<void>;
  /** names the client's directory, so that what is received of it is kept for the next build */
  contextKey?: ContextKey;
  /** Told of a stage that is built beside others. Absent: all are told as one text, in the order of the stages. */
  reportOf?(): Report;
  /** the content of a secret; undefined when the client has none of this id */
  secret?(id: string): Promise<Uint8Array | undefined>;
  /** the client's SSH agents */
  agent?: SshAgent;
  /** the credentials for a registry: 'docker.io', 'localhost:5000' */
  auth?(domain: string): RegistryAuth | undefined | Promise<RegistryAuth | undefined>;
  /** Asked what to do with a RUN that has failed, and whose container is kept until the answer. */
  onFailure?(failed: FailedRun): Promise<AfterFailure>;
  /** Nothing is built: each instruction is looked up alone, and told to this function. */
  explain?(verdict: Verdict): void;
}

/** Whether the cache has the result of an instruction, and if not, what is different. */
export interface Verdict {
  number: string;
  text: string;
  hit: boolean;
  reasons: string[];
}

export interface FailedRun {
  container: string;
  code: number;
  number: string;
  /** 'RUN make' */
  text: string;
  /** the program of a shell in the container */
  shell: string;
}
/**
 * 'retry': the command runs again on what it and the user have left; 'fresh': on a new container. 'continue' takes what
 * is there as its result.
 */
export const afterFailure = ['retry', 'fresh', 'continue', 'abort'] as const;
export type AfterFailure = (typeof afterFailure)[number];

export interface SshAgent {
  has(id: string): Promise<boolean>;
  /** Couples a connection of the container with the agent, until one of them ends. */
  connect(id: string, socket: Socket): void;
}

export interface RunRequest {
  Cmd: string[];
  Env?: string[];
  NetworkMode?: string;
  Privileged?: boolean;
  limits?: RunLimits;
  /** of --mount */
  mounts?: readonly MountPoint[];
  /** options by path */
  tmpfs?: Readonly<Record<string, string>>;
  /** 'NAME=value' that neither the container's record nor its journal may have */
  hiddenEnv?: readonly string[];
}

/** What the build asks of the runtime. */
export interface BuildRuntime {
  readonly images: ImageStore;
  /** The image of this name, from the registry if it is not there or `always` is set. */
  image(reference: string, always: boolean): Promise<Image>;
  /** A cache in a registry. Throws ApiError when that does not answer. */
  cacheSite(k: Kernel, reference: string, writes: boolean): Promise<CacheSite>;
  /** Creates a container of this build for its files alone: without volumes. Returns its id. */
  createForFiles(image: Image): Promise<string>;
  /** Creates a container of this build for a RUN, and returns its id. */
  create(image: Image, request: RunRequest): Promise<string>;
  /** Runs it to its end, and returns the exit code. */
  run(id: string, tell: (stream: 1 | 2, text: string) => Promise<void>, signal: AbortSignal): Promise<number>;
  /** The command of the container's next run, without a terminal. */
  setCommand(id: string, command: string[]): void;
  /** Unpacks an archive in a container; `owner` as in --chown */
  write(id: string, path: string, archive: Parts<Uint8Array>, owner?: string): Promise<void>;
  /** The kind of what is at this path of a container, undefined when there is nothing. */
  kind(id: string, path: string): Promise<'directory' | 'other' | undefined>;
  /** The path without a link in its last component. Throws ApiError 404 when there is nothing. */
  real(id: string, path: string): Promise<string>;
  /** The archive of a path in a container. */
  read(id: string, path: string, send: (parts: Parts<Uint8Array>) => Promise<void>): Promise<void>;
  /** Writes the changes of a container as a layer's archive into a file that does not exist yet. */
  layer(k: Kernel, id: string, path: string): Promise<LayerFile>;
  remove(id: string): Promise<void>;
  /** the containers of this build, also those of a daemon that died */
  containers(): string[];
}

export interface StageState {
  /** its number from 0 */
  index: number;
  name?: string;
  /** undefined for scratch, until something was committed */
  image?: Image | undefined;
  config: Config;
  /** ARG in scope: name → value; undefined when it has none */
  args: Map<string, string | undefined>;
  cmdSet: boolean;
  /** after a miss the rest of the stage is not looked up */
  missed: boolean;
  /** the keys of its instructions and what they made, above its base image; '' is scratch */
  chain: { base: string; made: { key: string; image: string }[]; isOver?: boolean };
}

/** What an instruction will do, found by its look-up. */
export interface Prepared {
  /** `created_by` of the history */
  createdBy: string;
  /** of MAINTAINER */
  author?: string;
  /** the instruction as it stands in the Dockerfile, with its variables replaced where that is known */
  text?: string;
  /** what COPY copies: each path with a hash, as far as they were not too many */
  files?: readonly (readonly [path: string, hash: string])[];
  config: Config;
  copy?: { found: Found[]; target: string; slash: boolean; owner?: string; permissions?: number };
  /** `args`: the ARGs in scope; `env` has the proxies too, which are no part of the cache's key; `hosts`: --add-host */
  run?: {
    command: string[];
    args: string[];
    env: string[];
    hosts?: string[];
    network?: string;
    /** a privileged container */
    insecure?: boolean;
    mounts?: PreparedMount[];
  };
  /** WORKDIR: this directory is made when it is not there */
  makes?: string;
}

/** A cache of --cache-from that could be read. */
export interface ImportSource {
  name: string;
  /** what the instruction with this key has made on the stage of the context */
  find(k: Kernel, c: BuildContext, key: string): Promise<ImportedLayer | undefined>;
}
export interface ImportedLayer {
  created: string;
  /** of the layer that the instruction made, which is in the store */
  diffID?: string | undefined;
  /** of all layers up to it */
  blobs: ImageRecord['blobs'];
}

export interface BuildContext {
  readonly id: string;
  /** the build's own directory: context/, from-N/ */
  readonly dir: string;
  readonly asked: BuildRequest;
  readonly runtime: BuildRuntime;
  readonly cache: BuildCache;
  readonly cacheDirs: CacheDirs;
  readonly contexts: KeptContexts;
  /** The received files, when all have come and are to be kept. */
  readonly received: { files?: FileList | undefined; before?: KeptContext };
  readonly lease: Lease;
  /** aborted by the client, and when a stage fails */
  readonly signal: AbortSignal;
  /** ends all stages */
  readonly cut: AbortController;
  /** It is walked step by step, so that one stage is built after another. */
  readonly inOrder: boolean;
  readonly named: NamedContexts;
  /** the images of --cache-from, when they were asked for */
  readonly importing: { sources?: Promise<readonly ImportSource[]> };
  readonly reports: Reports;
  /** of the stage, or of the build as a whole */
  say: Report;
  /** the steps of this stage; in the context of the build those before the stages */
  steps: Step<BuildContext>[];
  /** the stages that are built, when the Dockerfile was read */
  lanes?: StageLanes<BuildContext, StageState>;
  /** of a Dockerfile that is not in the context */
  text?: string;
  file?: Dockerfile;
  /** the ARGs before the first FROM */
  globals: Map<string, string | undefined>;
  /** all instructions up to the target stage, for `Step 2/7` */
  total: number;
  /** all up to the target, those that are not needed too */
  stages: StageState[];
  /** the one to which this context belongs */
  stage?: StageState;
  /** Ends the claim to make the result of the instruction, for which others wait. */
  claim?: (() => void) | undefined;
  prepared?: Prepared | undefined;
  hit: boolean;
  /** A person has changed what the RUN has left, so that the cache must not have it. */
  byHand?: boolean;
  /** the RUNs of all stages of which this is true */
  readonly mended: string[];
  /** the mounts of the RUN that is being done */
  mounts?: OpenMounts | undefined;
  /** the container whose changes become the layer */
  container?: string | undefined;
  /** what comes into the first layer of an image, for which there is no container */
  direct?: ArchiveInput | undefined;
  usedArgs: Set<string>;
}
/** An instruction, and its number as it is shown: '3', and '3.1' for a trigger. */
export interface Place {
  one: Instruction;
  number: string;
}
