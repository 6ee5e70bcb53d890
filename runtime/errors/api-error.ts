/** An answer the client must see as an HTTP status: Engine API, "Errors". The message is what `docker` prints. */
export class Refusal extends Error {
  constructor(
    readonly status: 304 | 400 | 401 | 403 | 404 | 406 | 409 | 500 | 501 | 503,
    message: string,
    options?: { cause?: unknown; exitCode?: number | undefined },
  ) {
    super(message, options);
    this.name = 'Refusal';
    this.exitCode = options?.exitCode;
  }
  /**
   * What `drydock run` and `exec` exit with: 126 or 127 when the program could not be executed (docker run, "Exit
   * status"). In the answer's body beside `message`; Docker's own clients read it out of the message's words.
   */
  readonly exitCode: number | undefined;
}
export const badParameter = (message: string) => new Refusal(400, message);
export const notFound = (message: string) => new Refusal(404, message);
export const conflict = (message: string) => new Refusal(409, message);
export const notModified = (message: string) => new Refusal(304, message);
