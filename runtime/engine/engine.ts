/** The runtime's interface for the server. Every method throws ApiError with the HTTP status and docker's message. */
import type { Duplex, Readable } from 'node:stream';
import type { Event } from '../journal/event.ts';
import type { Parts } from '../kernel/jobs.ts';
import type { Kernel } from '../kernel/kernel.ts';
import type { CgroupStats } from '../kernel/cgroup/cgroup.ts';
import type { InspectionSection } from '../journal/inspection-section.ts';
import type { BundleOptions } from '../container/bundle-request.ts';
import type { Container } from '../container/container.ts';
import type { ContainerState } from '../container/container-state.ts';
import type { AttachOptions } from '../container/io/attach-options.ts';
import type { ExecOutput } from '../container/logs/exec-log.ts';
import type { LogOptions } from '../container/logs/log-file.ts';
import type { LogRecord } from '../container/logs/log-record.ts';
import type { EventBus } from './events.ts';
import type { Walking } from '../operation/walking.ts';
import type { EngineNetworks } from './networks.ts';
import type { Wanted } from '../network/request/wanted.ts';
import type { ContainerRequest, HostConfig, Program } from '../request/container-request.ts';
import type { PathStat } from '../storage/archive/path-stat.ts';
import type { StorageDriver } from '../storage/driver.ts';
import type { Settings } from '../data-root/settings.ts';
import type { Image } from '../image/manifest/image.ts';
import type { ImageRecord } from '../image/store/image-list.ts';
import type { LayerFile } from '../image/layer/layer-file.ts';
import type { CheckpointList, CheckpointRef } from './checkpoint-options.ts';
import type { CommitOptions } from './commit-options.ts';
import type { Verdict } from '../build/build.ts';
import type { CacheUsage, PruneAsked } from './build-usage.ts';
import type { BuildOptions } from './build-options.ts';
import type { FailedRuns } from './failed-runs.ts';
import type { ImageArchiveList } from './image-archive-options.ts';
import type { PullOptions, Pulled } from './pull-options.ts';
import type { PushOptions } from './push-options.ts';
import type { ImportOptions } from './imports.ts';
import type { RegistryQuestions } from './registries.ts';
import type { Pruned, VolumeRequest } from './volume-request.ts';
import type { Volume } from '../volume/volume.ts';
import type { GateCommand, GateOptions } from '../operation/gate-command.ts';
import type { OperationHandle } from '../operation/record.ts';

export type { GateCommand, GateOptions };

/** A process of a container that a client can use: the first process, or an exec. */
export interface Handle {
  /**
   * Couples a client's connection. Its bytes are stdin (FIN closes stdin when StdinOnce). The output is raw for a tty
   * and multiplexed otherwise (the frames of native/shim.c are Docker's own). The output is complete and the stream has
   * ended before the process counts as exited.
   *
   * Couples before the first await. Resolves when the coupling is over; detachKeys end only this coupling. When the
   * start fails, the coupling is over but the client's stream is not ended, because the server still has to write the
   * reason.
   */
  attach(client: Duplex, options: AttachOptions): Promise<'ended' | 'detached'>;
  /** Throws 409 when the process is not running. */
  resize(height: number, width: number): Promise<void>;
}

/** Throws ApiError 400, 403 and 404 in dockerd's words. */
export interface NetworkConnections {
  connect(wanted: Wanted, walk?: Walking): Promise<void>;
  /** `ref`: the network's name or id */
  disconnect(ref: string, walk?: Walking): Promise<void>;
  /** Takes a link of the default bridge away. Throws ApiError 404. */
  removeLink(alias: string): Promise<void>;
}

export interface ContainerHandle extends Handle {
  readonly container: Container;
  /** ms since 1970 */
  readonly created: number;
  readonly state: ContainerState;
  /**
   * Runs pull → exec. Throws ApiError 304 when it is running. Errors have docker's words (`exec: "/nope": stat /nope:
   * no such file or directory: unknown`). `from`: the checkpoint of which its processes are restored; ApiError 404.
   */
  start(gate?: GateOptions, from?: CheckpointRef): Promise<void>;
  /** Signal and seconds default to the container's own. Throws 304 when it is not running. */
  stop(signal?: string, seconds?: number): Promise<void>;
  restart(signal?: string, seconds?: number): Promise<void>;
  /** With SIGKILL it resolves when the process has ended and everything is released. */
  kill(signal?: string): Promise<void>;
  pause(): Promise<void>;
  unpause(): Promise<void>;
  rename(name: string): void;
  update(changes: Partial<HostConfig>): Promise<string[]>;
  /** `volumes`: also the volumes that have no name */
  remove(options: { force: boolean; volumes?: boolean }): Promise<void>;
  /** Connects it to networks and disconnects it. */
  readonly networks: NetworkConnections;
  readonly checkpoints: CheckpointList;
  wait(
    condition: 'not-running' | 'next-exit' | 'removed',
  ): Promise<{ StatusCode: number; Error: { Message: string } | null }>;
  /** In the format of the wire: raw for a tty, multiplexed otherwise. Destroying the stream ends following. */
  logs(options: LogOptions): Readable;
  /** The log piece by piece, each with its time and its stream, up to the last piece written. */
  written(): AsyncIterable<readonly LogRecord[]>;
  /** The output of execs that was sent to their clients, as far as it was kept. */
  execsWritten(): ExecOutput[];
  /** pids of the host, with the columns of ps -ef */
  top(args?: string): Promise<{ Titles: string[]; Processes: string[][] }>;
  stats(): Promise<{ cgroup: CgroupStats; networks: Record<string, Record<string, number>> }>;
  /** `ref` is the name or id that the client used; the error about a paused container repeats it. */
  exec(config: ExecConfig, ref?: string): Promise<ExecHandle>;
  /** Execs that are running or wait for their start. */
  readonly execIDs: readonly string[];
  /** Entries added, changed or deleted against the image: overlay upperdir. */
  changes(): AsyncIterable<readonly { Path: string; Kind: 0 | 1 | 2 }[]>;
  /**
   * An archive of everything that the container sees, except the content of mounts in it. Throws ApiError 409 while the
   * container is being removed.
   */
  exported(): Parts<Uint8Array>;
  /** Another program for its next start. Throws ApiError 409 while it runs. */
  setProgram(program: Program): void;
  /** Writes its own layer into the file. Throws ApiError 409 when it was removed meanwhile. */
  layerFile(k: Kernel, path: string): Promise<LayerFile>;
  /** Its files, for `docker cp`. `ref` is the name or id that the client used; errors repeat it. */
  archive(ref: string): ArchiveHandle;
  /** size of the rw layer in bytes */
  sizeRw(): Promise<number>;
  /** Drydock's own methods: */
  journal(follow: boolean, signal?: AbortSignal): AsyncIterable<Event>;
  /** Past events and events as they happen, until the signal; each batch has all events that are available. */
  happening(signal: AbortSignal): AsyncIterable<readonly Event[]>;
  gate(command: GateCommand): void;
  inspectLive(step?: string): Promise<InspectionSection[]>;
  /**
   * While a page watches, changes of the container's upper directory become facts (runtime/storage/overlay2/upper.ts).
   * The watching ends when all signals have fired.
   */
  watch(signal: AbortSignal): void;
}

export interface ArchiveOptions {
  /** refuse to replace a directory by another kind of file, and the other way round */
  keepsKinds: boolean;
  /** everything belongs to the container's user, not to the archive's owners */
  ownUser: boolean;
  /** everything belongs to this user, as in --chown */
  owner?: string;
}
/** Gets an archive: first what the path is, then its parts. */
export interface ArchiveReader {
  begin(found: PathStat): void;
  send(parts: Parts<Uint8Array>): Promise<void>;
}
/** Files of a container, also of a stopped one. Throws ApiError 404 for a path that is not there. */
export interface ArchiveHandle {
  stat(path: string): Promise<PathStat>;
  read(path: string, reader: ArchiveReader): Promise<void>;
  /** Throws ApiError 500 when the path is no directory, or may not be written to. */
  write(path: string, body: Readable | Parts<Uint8Array>, options: ArchiveOptions): Promise<void>;
}

export interface ExecConfig {
  AttachStdin?: boolean;
  AttachStdout?: boolean;
  AttachStderr?: boolean;
  Tty?: boolean;
  DetachKeys?: string;
  Env?: string[] | null;
  Cmd: string[];
  User?: string;
  WorkingDir?: string;
  Privileged?: boolean;
  ConsoleSize?: [number, number] | null;
}
export interface ExecHandle extends Handle {
  readonly id: string;
  readonly container: ContainerHandle;
  readonly config: ExecConfig;
  readonly state: { running: boolean; exitCode: number | null; pid: number };
  /**
   * Throws ApiError 409 when it was started before, or when its container is paused or has no process. The server calls
   * it before it hijacks the connection.
   */
  checkStartable(): void;
  /** Call attach before this. */
  start(options: { Tty?: boolean; ConsoleSize?: [number, number] | null }): Promise<void>;
  /** Resolves with the exit code. */
  wait(): Promise<number>;
}

/** The image store's interface for the server (runtime/image/store/store.ts). */
export interface Images {
  find(reference: string): Image | undefined;
  list(): Image[];
  /** the digests under which the image came, and the blobs of its layers */
  record(id: string): Pick<ImageRecord, 'manifest' | 'blobs'> | undefined;
  /** what a pull or a build needs just now, by the ids of images and the digests of blobs */
  readonly leases: { has(key: string): boolean };
  /** Throws ApiError 404 when the image does not exist, 400 for an invalid target. */
  tag(reference: string, target: string): unknown;
  /** Throws ApiError 404, and 409 when a container uses it or other tags name it. */
  remove(reference: string, options: { force: boolean }): Removed[] | Promise<Removed[]>;
}
export type Removed = { Untagged: string } | { Deleted: string };

/** Volumes for the server (runtime/engine/volumes.ts). */
export interface VolumeList {
  list(): Volume[];
  /** Throws ApiError 404. */
  get(name: string): Volume;
  find(name: string): Volume | undefined;
  /** the directory of the host that holds its files */
  mountpoint(volume: Volume): string;
  /** ids of the containers that have it */
  usersOf(volume: Volume): string[];
  /** bytes of its files */
  size(volume: Volume): Promise<number>;
  /** Returns the existing volume of that name, if there is one. Throws ApiError 400, 404 or 409. */
  create(asked: VolumeRequest, walking?: Walking): Promise<Volume>;
  /** Throws ApiError 404, and 409 while a container has the volume. With `force` an absent volume is no error. */
  remove(name: string, force?: boolean, walking?: Walking): Promise<void>;
  /** Removes those of the volumes that no container has. Throws ApiError 409 while another prune runs. */
  prune(wanted: (volume: Volume) => boolean): Promise<Pruned>;
}

export interface Engine {
  readonly settings: Settings;
  readonly storage: StorageDriver;
  readonly images: Images;
  readonly volumes: VolumeList;
  readonly events: EventBus;
  readonly id: string;
  readonly networks: EngineNetworks;
  /**
   * Throws 404 `No such image: …` unless pull is 'missing' (then the pull is the first phase of the start), 409 for a
   * name in use, and 400.
   */
  create(
    request: ContainerRequest,
    options: { name?: string; platform?: string; pull?: 'missing' },
  ): Promise<ContainerHandle>;
  /**
   * Makes a container from a bundle of the OCI runtime specification: a directory with config.json and the files of the
   * root, without an image. config.json is kept as it is now. Throws ApiError 400 for what is wrong with it, 501 for
   * what is not supported, 409 for a name in use.
   */
  createFromBundle(path: string, options: BundleOptions & { name?: string }): Promise<ContainerHandle>;
  /** Finds a container by id, unambiguous prefix, name or '/name'. Throws 404 `No such container: x`. */
  container(ref: string): ContainerHandle;
  containers(): ContainerHandle[];
  /** Throws 404 `No such exec instance: x`. */
  execById(id: string): ExecHandle;
  /** Runs the pull phase without a container, as an operation. `digest` is the digest of the name. */
  pull(options: PullOptions): Promise<Pulled>;
  /** Pushes one tag or all of a repository, each as an operation. Throws ApiError 401, 403, 404 and 500. */
  push(options: PushOptions): Promise<void>;
  /** Asks registries without changing anything here. */
  readonly registries: RegistryQuestions;
  /** Makes an image of a container, as an operation. Throws ApiError 400, 404 or 409. */
  commit(options: CommitOptions): Promise<Image>;
  /** Makes an image of an archive of files, as an operation. Throws ApiError 400. */
  import(options: ImportOptions): Promise<Image>;
  /** Images as archives, as operations. */
  readonly archives: ImageArchiveList;
  /** Builds an image, as an operation. */
  build(options: BuildOptions): Promise<Image>;
  readonly builds: {
    /** What the cache has for a build, and why not the rest. Throws ApiError. */
    why(options: Omit<BuildOptions, 'explain'>): Promise<Verdict[]>;
    /** The files of an image for as long as `take` lasts. */
    readonly files: {
      tar(image: Image, take: (parts: AsyncIterable<Uint8Array>) => Promise<void>): Promise<void>;
      tree(image: Image, take: (dir: string) => Promise<void>): Promise<void>;
    };
    /** RUNs that have failed and are held. */
    readonly failed: Pick<FailedRuns, 'hold' | 'shell' | 'answer'>;
    /** What builds keep for later ones. */
    readonly usage: {
      list(): Promise<CacheUsage[]>;
      /** Returns what was removed. */
      prune(asked: PruneAsked): Promise<CacheUsage[]>;
    };
    readonly cache: {
      /** True for an image on which a build made another one. */
      isParent(image: string): boolean;
      /** The image on which a build here made this one, while it is there; otherwise empty. */
      parentOf(image: string): string;
    };
  };
  /** The newest first. */
  operations(): OperationHandle[];
  /** Finds an operation by id or unambiguous prefix. Throws 404 `No such operation: x`. */
  operation(ref: string): OperationHandle;
  /** True when an auto-started daemon must stay alive. */
  busy(): boolean;
  close(): Promise<void>;
}
