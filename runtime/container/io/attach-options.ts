/** How a client is coupled to a process: what of its streams it wants. */
export interface AttachOptions {
  stdin: boolean;
  stdout: boolean;
  stderr: boolean;
  logs: boolean;
  stream: boolean;
  detachKeys?: string;
  /** the output without frames; absent: as the process has a terminal or not */
  raw?: boolean;
}
