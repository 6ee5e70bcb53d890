/** Translates a registry's errors into docker's words: OCI distribution spec, "Error Codes". */
import { parseJson } from '../../json/parse-json.ts';
import { ApiError } from '../../errors/api-error.ts';
import { familiarName, familiarRepository, type Reference } from '../manifest/reference.ts';

/** `code` is as in the specification, but in lower case and with spaces: 'manifest unknown'. */
export class RegistryError extends Error {
  override readonly name = 'RegistryError';
  /** false: the body was no JSON, so code and message follow from the status alone */
  parsed = true;
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly retryAfter?: number,
  ) {
    super(message === code || !message ? `${code}: ${code}` : `${code}: ${message}`);
  }
}

/** No answer came, or the connection was cut; `what` names the request. Keeps the code of the last failure. */
export class ConnectionError extends Error {
  override readonly name = 'ConnectionError';
  readonly code: string | undefined;
  constructor(what: string, cause: unknown, tries = 1) {
    super(
      `${what}: ${cause instanceof Error ? cause.message : String(cause)}${tries > 1 ? `, ${tries} times in a row` : ''}`,
      { cause },
    );
    this.code = (cause as { code?: string } | undefined)?.code;
  }
}

const byStatus = new Map([
  [401, 'unauthorized'],
  [403, 'denied'],
  [404, 'not found'],
  [429, 'toomanyrequests'],
]);
/** By the registry's own code. These are maps, because a code may be any text, even `constructor`. */
const words = new Map([
  ['unauthorized', 'authentication required'],
  ['denied', 'requested access to the resource is denied'],
  ['toomanyrequests', 'too many requests; wait a while, or log in'],
]);

/** The first error of {"errors":[{"code","message"}]}. A body that is not JSON gives an error with the status alone. */
export function readError(status: number, body: string, denied: boolean, retryAfter?: number): RegistryError {
  let first: { code?: unknown; message?: unknown } | undefined;
  let parsed = true;
  try {
    const told = parseJson(body) as { errors?: (typeof first)[]; details?: unknown } | null;
    // Docker Hub's token server
    const details = typeof told?.details === 'string' && told.details ? { message: told.details } : undefined;
    first = told?.errors?.[0] ?? details;
  } catch {
    parsed = false;
  }
  if (denied) return new RegistryError(status, 'denied', words.get('denied')!, retryAfter);
  const code =
    typeof first?.code === 'string' && first.code
      ? first.code.toLowerCase().replaceAll('_', ' ')
      : (byStatus.get(status) ?? `status ${status}`);
  const message = typeof first?.message === 'string' && first.message ? first.message : (words.get(code) ?? '');
  const error = new RegistryError(status, code.slice(0, 100), message.slice(0, 1000), retryAfter);
  error.parsed = parsed;
  return error;
}

type Translation = (ref: Reference, error: RegistryError) => ApiError;
const noAccess: Translation = (ref, error) =>
  new ApiError(
    404,
    `pull access denied for ${familiarRepository(ref)}, repository does not exist or may require 'docker login': ${error.message}`,
    { cause: error },
  );
const translations = new Map<string, Translation>(
  Object.entries<Translation>({
    'manifest unknown': (ref, error) =>
      new ApiError(404, `manifest for ${familiarName(ref)} not found: ${error.message}`, { cause: error }),
    'name unknown': (ref, error) =>
      new ApiError(404, `repository ${familiarRepository(ref)} not found: ${error.message}`, { cause: error }),
    'not found': (ref, error) =>
      new ApiError(404, `manifest for ${familiarName(ref)} not found: manifest unknown: manifest unknown`, {
        cause: error,
      }),
    denied: noAccess,
    unauthorized: (_, error) => new ApiError(401, error.message, { cause: error }),
    toomanyrequests: (_, error) => new ApiError(503, error.message, { cause: error }),
  }),
);

/** Turns a RegistryError into a ApiError for the client; other errors are returned unchanged. */
export function translate(ref: Reference, error: unknown): unknown {
  if (!(error instanceof RegistryError)) return error;
  return (
    translations.get(error.code)?.(ref, error) ??
    new ApiError(500, `${familiarName(ref)}: ${error.message}`, { cause: error })
  );
}

const statuses: ReadonlyMap<string, 401 | 403> = new Map([
  ['unauthorized', 401],
  ['denied', 403],
]);
/** The same for a push: the registry's own words, `denied: requested access to the resource is denied`. */
export function translatePush(error: unknown): unknown {
  if (!(error instanceof RegistryError)) return error;
  return new ApiError(statuses.get(error.code) ?? 500, error.message, { cause: error });
}
