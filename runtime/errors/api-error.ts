/** An answer the client must see as an HTTP status: Engine API, "Errors". The message is what `docker` prints. */
export class Refusal extends Error {
  constructor(
    readonly status: 304 | 400 | 401 | 403 | 404 | 406 | 409 | 500 | 501 | 503,
    message: string,
    options?: { cause?: unknown },
  ) {
    super(message, options);
    this.name = 'Refusal';
  }
}
export const badParameter = (message: string) => new Refusal(400, message);
export const notFound = (message: string) => new Refusal(404, message);
export const conflict = (message: string) => new Refusal(409, message);
export const notModified = (message: string) => new Refusal(304, message);
