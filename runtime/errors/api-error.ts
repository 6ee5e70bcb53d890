/** An error that the client gets as an HTTP status: Engine API, "Errors". `docker` prints the message. */
export class ApiError extends Error {
  constructor(
    readonly status: 304 | 400 | 401 | 403 | 404 | 406 | 409 | 500 | 501 | 503,
    message: string,
    options?: { cause?: unknown; exitCode?: number | undefined },
  ) {
    super(message, options);
    this.name = 'ApiError';
    this.exitCode = options?.exitCode;
  }
  /**
   * The exit code of `drydock run` and `exec`: 126 or 127 when the program could not be executed (docker run, "Exit
   * status"). It is in the response's body beside `message`; Docker's own clients derive it from the message's text.
   */
  readonly exitCode: number | undefined;
}
/** 400: the request is invalid. */
export const badParameter = (message: string) => new ApiError(400, message);
/** 404: there is no such object. */
export const notFound = (message: string) => new ApiError(404, message);
/** 409: the object's state does not allow it. */
export const conflict = (message: string) => new ApiError(409, message);
/** 304: the object is in the requested state already. */
export const notModified = (message: string) => new ApiError(304, message);
