/** The streams of a process that a client wants. */
export interface AttachOptions {
  stdin: boolean;
  stdout: boolean;
  stderr: boolean;
  logs: boolean;
  stream: boolean;
  detachKeys?: string;
  /** the output without frames; when absent, a terminal's output has no frames and other output has them */
  raw?: boolean;
}
