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
    /** 127: there is no such program; 126: it cannot be executed. Absent: anything else. */
    readonly exitCode?: 126 | 127,
  ) {
    super(message, 1);
    this.name = 'DaemonError';
  }
}

/** What a start failed of, as a Failure with its own exit code or else `otherwise` (docker run: 125, exec: 1). */
export const startFailure = (error: unknown, otherwise: number): unknown =>
  error instanceof DaemonError ? new Failure(error.message, error.exitCode ?? otherwise, { cause: error }) : error;

export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
export const codeOf = (error: unknown): string | undefined =>
  error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined;
