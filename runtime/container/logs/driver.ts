/**
 * A log driver. The shim writes the log, because it outlives the daemon. So a driver only says which file it writes and
 * when a new one is begun, and how the log is read.
 */
import type { Duplex, Readable } from 'node:stream';
import type { LogOptions, LogSource } from './log-file.ts';
import type { SyslogTarget } from './syslog-target.ts';
import type { LogRecord } from './log-record.ts';

/** The options of `--log-opt`, by name. */
export type LogOpts = Readonly<Record<string, string>>;

/** For the shim: the file, and the size at which the next file is begun. */
export interface LogTarget {
  path: string;
  limits?: LogLimits;
  /** where the shim sends each line, too */
  syslog?: SyslogTarget;
  /** for the daemon: it compresses the files that the shim has left */
  compress?: boolean;
}
export interface LogLimits {
  /** bytes of one file; `files` is how many are kept */
  size: number;
  files: number;
}

export interface LogDriver {
  readonly name: string;
  /** Throws ApiError 400 for a wrong or unknown option, 501 for one that is not supported yet. */
  check(options: LogOpts): void;
  /** `file` is the container's own log file, for a driver that keeps one. */
  target(file: string, options: LogOpts): LogTarget;
  /** The LogPath of `docker inspect`. */
  shownPath(file: string): string;
  /** `docker logs`. Throws ApiError 501 when the driver keeps nothing. */
  read(source: LogSource, options: LogOptions): Readable;
  /** Sends everything written so far to a client that attaches with `logs`. */
  replay(path: string, client: Duplex, options: ReplayOptions): Promise<void>;
  /** Everything that is kept, for a recording. */
  records(path: string): AsyncIterable<readonly LogRecord[]>;
}
export type ReplayOptions = Pick<LogOptions, 'stdout' | 'stderr'> & { tty: boolean };

/** A container's log driver and its target. */
export interface ContainerLog {
  readonly driver: LogDriver;
  readonly target: LogTarget;
}
