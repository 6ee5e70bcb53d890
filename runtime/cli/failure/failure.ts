/** An error to report to the user: one line on stderr after `drydock: `, and the exit code. */
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
  /** true when the command line itself is wrong; the report then points to --help */
  readonly usage: boolean;
}

/** A wrong flag or value. docker's exit code for these is 125, for every command. */
export const misuse = (message: string): Failure => new Failure(message, 125, { usage: true });

/** The daemon answered with an error status: Engine API, "Errors". */
export class DaemonError extends Failure {
  constructor(
    readonly status: number,
    message: string,
    /** 127: the program does not exist; 126: it cannot be executed; absent: another error */
    readonly exitCode?: 126 | 127,
  ) {
    super(message, 1);
    this.name = 'DaemonError';
  }
}

/**
 * Makes a Failure from the error of a start: with the error's own exit code, or else with `otherwise` (docker run: 125,
 * exec: 1).
 */
export const startFailure = (error: unknown, otherwise: number): unknown =>
  error instanceof DaemonError ? new Failure(error.message, error.exitCode ?? otherwise, { cause: error }) : error;

export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
export const codeOf = (error: unknown): string | undefined =>
  error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined;
