/**
 * Where a container's output goes besides to the clients that are attached. The shim writes it, because it outlives the
 * daemon: a driver says into which file and when a new one is begun, and how it is read again.
 */
import type { Duplex, Readable } from 'node:stream';
import type { LogOptions, LogSource } from './log-file.ts';
import type { LogRecord } from './log-record.ts';

/** `--log-opt`, by name. */
export type LogOpts = Readonly<Record<string, string>>;

/** For the shim: the file, and how large it becomes before the next one is begun. */
export interface LogTarget {
  path: string;
  limits?: LogLimits;
}
export interface LogLimits {
  /** bytes of one file */
  size: number;
  files: number;
}

export interface LogDriver {
  readonly name: string;
  /** Throws ApiError 400 for an option that is wrong or unknown, 501 for one that is not there yet. */
  check(options: LogOpts): void;
  /** `file` is the container's own, for a driver that keeps one */
  target(file: string, options: LogOpts): LogTarget;
  /** what `docker inspect` shows as LogPath */
  shownPath(file: string): string;
  /** `docker logs`. Throws ApiError 501 where nothing is kept. */
  read(source: LogSource, options: LogOptions): Readable;
  /** What was written up to now, to a client that attaches with `logs`. */
  replay(path: string, client: Duplex, options: ReplayOptions): Promise<void>;
  /** Everything that is kept, for a recording. */
  records(path: string): AsyncIterable<readonly LogRecord[]>;
}
export type ReplayOptions = Pick<LogOptions, 'stdout' | 'stderr'> & { tty: boolean };

/** A container's driver, with what it was asked for. */
export interface ContainerLog {
  readonly driver: LogDriver;
  readonly target: LogTarget;
}
