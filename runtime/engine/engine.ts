/**
 * What the server asks of the runtime. Implemented by the machine room (containers.ts, execs.ts …); every method throws
 * Refusal with the HTTP status and the message that docker prints.
 */
import type { Duplex, Readable } from 'node:stream';
import type { Event } from '../journal/event.ts';
import type { CgroupStats } from '../kernel/cgroup/cgroup.ts';
import type { Evidence } from '../journal/inspection-section.ts';
import type { Container } from '../container/container.ts';
import type { ContainerState } from '../container/container-state.ts';
import type { AttachOptions } from '../container/io/attach-options.ts';
import type { ExecOutput } from '../container/logs/exec-log.ts';
import type { LogOptions } from '../container/logs/log-file.ts';
import type { LogRecord } from '../container/logs/log-record.ts';
import type { EventBus } from './events.ts';
import type { ContainerRequest, HostConfig } from '../request/container-request.ts';
import type { StorageDriver } from '../storage/driver.ts';
import type { Settings } from '../data-root/settings.ts';
import type { Image } from '../image/manifest/image.ts';
import type { PullOptions, Pulled } from './pull-options.ts';
import type { GateCommand, GateOptions } from '../operation/gate-command.ts';
import type { OperationHandle } from '../operation/record.ts';

export type { GateCommand, GateOptions };

/** A process of the container that a client may talk to: the first one, or an exec. */
export interface Handle {
  /**
   * Couples a client's connection: its bytes are stdin (FIN closes stdin when StdinOnce), what comes back is raw for a
   * tty and multiplexed otherwise (native/shim.c's frames are Docker's own). Output is complete and the stream ended
   * before the process counts as exited.
   * Couples before it first awaits. Resolves when the coupling is over; detachKeys end only this
   * coupling. When start fails, the coupling is over and the client is not ended: the server still has to write why.
   */
  attach(client: Duplex, options: AttachOptions): Promise<'ended' | 'detached'>;
  /** 409 when it does not run (yet, or any more). */
  resize(height: number, width: number): Promise<void>;
}

export interface ContainerHandle extends Handle {
  readonly container: Container;
  /** ms since 1970 */
  readonly created: number;
  readonly state: ContainerState;
  /**
   * Runs pull → exec. Refusal 304 when running. Errors carry docker's words (`exec: "/nope": stat /nope: no such file
   * or directory: unknown`).
   */
  start(gate?: GateOptions): Promise<void>;
  /** Signal and seconds default to the container's own; 304 when not running. */
  stop(signal?: string, seconds?: number): Promise<void>;
  restart(signal?: string, seconds?: number): Promise<void>;
  /** With SIGKILL resolves when the process has ended and all of it is given back. */
  kill(signal?: string): Promise<void>;
  pause(): Promise<void>;
  unpause(): Promise<void>;
  rename(name: string): void;
  update(changes: Partial<HostConfig>): Promise<string[]>;
  remove(options: { force: boolean }): Promise<void>;
  wait(
    condition: 'not-running' | 'next-exit' | 'removed',
  ): Promise<{ StatusCode: number; Error: { Message: string } | null }>;
  /** As it goes on the wire: raw for a tty, multiplexed otherwise. Destroying it ends following. */
  logs(options: LogOptions): Readable;
  /** The same piece by piece, each with its time and its stream, as far as it has been written. */
  written(): AsyncIterable<readonly LogRecord[]>;
  /** What execs printed to those who were coupled to them, as far as it was kept. */
  execsWritten(): ExecOutput[];
  /** host pids with the columns of ps -ef */
  top(args?: string): Promise<{ Titles: string[]; Processes: string[][] }>;
  stats(): Promise<{ cgroup: CgroupStats; networks: Record<string, Record<string, number>> }>;
  /** `ref`: how the client calls the container, for the refusal of a paused one. */
  exec(config: ExecConfig, ref?: string): Promise<ExecHandle>;
  /** Those that run or wait for their start. */
  readonly execIDs: readonly string[];
  /** Added / changed / deleted against the image: overlay upperdir. */
  changes(): AsyncIterable<readonly { Path: string; Kind: 0 | 1 | 2 }[]>;
  /** bytes of the rw layer */
  sizeRw(): Promise<number>;
  /** Drydock's own: */
  journal(follow: boolean, signal?: AbortSignal): AsyncIterable<Event>;
  /** What has happened and what happens, until the signal, as many events at a time as there are. */
  happening(signal: AbortSignal): AsyncIterable<readonly Event[]>;
  gate(command: GateCommand): void;
  inspectLive(step?: string): Promise<Evidence[]>;
  /**
   * While somebody looks: what the container does to its upper directory comes as facts (runtime/storage/overlay2/upper.ts).
   * Nobody looks any more when all signals have fired.
   */
  watch(signal: AbortSignal): void;
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
   * Refusal 409 when it was started before, or when its container is paused or has no process: for what is said before
   * a hijacking.
   */
  checkStartable(): void;
  /** Attach first, then start. */
  start(options: { Tty?: boolean; ConsoleSize?: [number, number] | null }): Promise<void>;
  /** Resolves with the exit code. */
  wait(): Promise<number>;
}

/** What the server asks of the image store (runtime/image/store/store.ts). */
export interface Images {
  find(reference: string): Image | undefined;
  list(): Image[];
  /** Refusal 404 for no such image, 400 for a target that is no name. */
  tag(reference: string, target: string): unknown;
  /** Refusal 404, and 409 when a container uses it or other tags name it. */
  remove(reference: string, options: { force: boolean }): Removed[] | Promise<Removed[]>;
}
export type Removed = { Untagged: string } | { Deleted: string };

export interface Engine {
  readonly settings: Settings;
  readonly storage: StorageDriver;
  readonly images: Images;
  readonly events: EventBus;
  readonly id: string;
  /**
   * 404 `No such image: …` unless pull is 'missing' (then the pull is the first phase of start); 409 for a name in use;
   * 400.
   */
  create(
    request: ContainerRequest,
    options: { name?: string; platform?: string; pull?: 'missing' },
  ): Promise<ContainerHandle>;
  /** By id, unambiguous prefix, name, '/name': 404 `No such container: x`. */
  container(ref: string): ContainerHandle;
  containers(): ContainerHandle[];
  /** 404 `No such exec instance: x` */
  execById(id: string): ExecHandle;
  /** The pull phase without a container, as an operation. `digest` is what the name stood for. */
  pull(options: PullOptions): Promise<Pulled>;
  /** Newest first. */
  operations(): OperationHandle[];
  /** By id or an unambiguous prefix: 404 `No such operation: x`. */
  operation(ref: string): OperationHandle;
  /** Is there anything that keeps an auto-started daemon alive? */
  busy(): boolean;
  close(): Promise<void>;
}
