/** An end that the user must hear of: one line on stderr after `drydock: `, and the exit code. */
export class Failure extends Error {
  constructor(
    message: string,
    readonly code = 1,
    options?: { cause?: unknown; usage?: boolean },
  ) {
    super(message, options);
    this.name = 'Failure';
    this.usage = options?.usage ?? false;
  }
  /** true when the command line itself is wrong: the user is pointed at --help. */
  readonly usage: boolean;
}

/** A wrong flag or value; docker's code for these is 125, whatever the command. */
export const misuse = (message: string): Failure => new Failure(message, 125, { usage: true });

/** An answer of the daemon with an error status: Engine API, "Errors". */
export class DaemonError extends Failure {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message, 1);
    this.name = 'DaemonError';
  }
}

export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
export const codeOf = (error: unknown): string | undefined =>
  error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined;

/**
 * The exit code of `run` when its container could not be started, from the daemon's words: 127 not found, 126 not
 * executable, 125 anything else. `docker run`, "Exit status".
 */
export function startCode(message: string): 125 | 126 | 127 {
  // a file that a step of ours misses is no missing program
  if (/^(step [a-z0-9-]+\.[a-z0-9-]+|aborted)[: ]/.test(message)) return 125;
  if (/executable file not found|no such file or directory|system cannot find the file specified/.test(message))
    return 127;
  if (/permission denied|exec format error|is a directory/.test(message)) return 126;
  return 125;
}
