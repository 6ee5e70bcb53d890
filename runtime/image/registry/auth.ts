/**
 * Authentication at a registry: distribution's "Token Authentication Specification".
 *
 *   GET /v2/…          ─▶ 401, WWW-Authenticate: Bearer realm, service, scope
 *   GET realm?service&scope, Basic if there are credentials  ─▶ {"token", "expires_in"}
 *   GET /v2/… with Authorization: Bearer token               ─▶ 200
 *
 * An identity token (which some registries give to `docker login`) is exchanged by POST instead, as an OAuth 2 refresh
 * token.
 */
import { ApiError } from '../../errors/api-error.ts';
import type { HttpRequest, HttpResponse } from '../../kernel/http.ts';
import type { Kernel } from '../../kernel/kernel.ts';
import { readChallenges, type Challenge } from './challenge.ts';
import { discard, isSuccess, readAll } from './http-body.ts';
import { Backoff, BUSY, retryAfterMs } from './retry.ts';
import { Checked } from '../../json/checked.ts';
import { patience, within } from './patience.ts';
import { ConnectionError, readError } from './registry-error.ts';

/** Credentials in the form of docker's clients: the Engine API's X-Registry-Auth. */
export interface RegistryAuth {
  username?: string;
  password?: string;
  identitytoken?: string;
  registrytoken?: string;
  serveraddress?: string;
}

export const MAX_TOKEN = 256 * 1024;
const SHORTEST_SECONDS = 60;
/** A token is not used in the last milliseconds of its life. */
const MARGIN_MS = 5000;

export const basicOf = ({ username = '', password = '' }: RegistryAuth) =>
  `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;

/** The address of a token server. Throws ApiError 500 for one without TLS, when the registry has TLS. */
export function realmOf(text: string, https: boolean): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const allowed = https ? ['https:'] : ['https:', 'http:'];
  if (!url || !allowed.includes(url.protocol))
    throw new ApiError(
      500,
      `the registry names the token server ${JSON.stringify(text.slice(0, 200))}, which is no https address`,
    );
  return url;
}

/**
 * A token server's refusal in its own words: {"errors":[{"code","message"}]}, or {"details"} as Docker Hub's has it.
 * ApiError 401 for 401 and 403, otherwise 500.
 */
export async function tokenError(realm: URL, response: HttpResponse): Promise<ApiError> {
  const { status } = response;
  const body = await readAll(response, MAX_TOKEN, 'the error').catch(() => Buffer.alloc(0));
  const told = readError(status, body.toString(), false);
  const text = told.parsed
    ? told.message
    : `error parsing HTTP ${status} response body: that of the token server ${realm.host} is no JSON: ${JSON.stringify(body.toString().slice(0, 200))}`;
  return new ApiError(status === 401 || status === 403 ? 401 : 500, text, { cause: told });
}

/** The credentials for one registry, and the tokens that it gave for them. */
export class Authorizer {
  readonly #tokens = new Map<string, { header: string; until: number }>();

  /** `https`: whether the registry uses TLS. Then its token server must use TLS too. */
  constructor(
    private readonly auth: RegistryAuth | undefined,
    private readonly https: boolean,
  ) {}

  header(scope: string): string | undefined {
    if (this.auth?.registrytoken) return `Bearer ${this.auth.registrytoken}`;
    const known = this.#tokens.get(scope);
    return known && known.until > Date.now() ? known.header : undefined;
  }

  /** Answers a 401. Returns false when there is nothing left to try. Throws ApiError when the token server refuses. */
  async answer(k: Kernel, challenges: readonly Challenge[], scope: string, signal?: AbortSignal): Promise<boolean> {
    if (this.auth?.registrytoken) return false;
    const bearer = challenges.find(({ scheme, params }) => scheme === 'bearer' && params['realm']);
    if (bearer) {
      this.#tokens.set(scope, await this.#token(k, bearer.params, scope, signal));
      return true;
    }
    if (!challenges.some(({ scheme }) => scheme === 'basic') || !this.auth?.username || this.#tokens.has(scope))
      return false;
    this.#tokens.set(scope, { header: basicOf(this.auth), until: Infinity });
    return true;
  }

  async #token(
    k: Kernel,
    params: Record<string, string>,
    scope: string,
    signal?: AbortSignal,
  ): Promise<{ header: string; until: number }> {
    const realm = realmOf(params['realm']!, this.https);
    const asked = params['scope'] && params['scope'] !== scope ? `${scope} ${params['scope']}` : scope;
    const [url, request] = this.auth?.identitytoken
      ? this.#trade(realm, params['service'], asked)
      : this.#get(realm, params['service'], asked);
    await k.requesting(request.method ?? 'GET', url);
    // the limit covers the whole answer, because the server may send one byte a minute
    return within(`the token server ${realm.host} did not answer`, patience.token, signal, (bounded) =>
      this.#ask(k, realm, url, { ...request, signal: bounded }, signal),
    );
  }

  async #ask(
    k: Kernel,
    realm: URL,
    url: string,
    request: HttpRequest,
    signal: AbortSignal | undefined,
  ): Promise<{ header: string; until: number }> {
    const backoff = new Backoff(request.signal);
    const once = () =>
      k.fetch(url, request).catch((error: unknown) => {
        signal?.throwIfAborted();
        throw new ConnectionError(`the token server ${realm.host}`, error);
      });
    let response = await once();
    while (BUSY.includes(response.status) && (await backoff.again(retryAfterMs(response.headers.get('retry-after'))))) {
      discard(response);
      response = await once();
    }
    if (!isSuccess(response)) throw await tokenError(realm, response);
    const from = Checked.parse(
      `the answer of the token server ${realm.host}`,
      await readAll(response, MAX_TOKEN, 'the token'),
    );
    // as in docker's client, an empty field counts as missing
    const token = from.optional('token') || from.optional('access_token');
    if (!token)
      throw new ApiError(
        500,
        `authorization server did not include a token in the response: that of ${realm.host} has neither token nor access_token`,
      );
    if (!/^[\x21-\x7e]+$/.test(token)) throw from.wrong('token', 'printable text');
    const seconds = from.has('expires_in') ? from.integer('expires_in', 1e9) : SHORTEST_SECONDS;
    return { header: `Bearer ${token}`, until: Date.now() + Math.max(seconds, SHORTEST_SECONDS) * 1000 - MARGIN_MS };
  }

  #get(realm: URL, service: string | undefined, scope: string): [string, HttpRequest] {
    const url = new URL(realm);
    if (service) url.searchParams.set('service', service);
    for (const one of scope.split(' ')) url.searchParams.append('scope', one);
    if (!this.auth?.username) return [url.href, {}];
    url.searchParams.set('account', this.auth.username);
    return [url.href, { headers: { Authorization: basicOf(this.auth) } }];
  }

  #trade(realm: URL, service: string | undefined, scope: string): [string, HttpRequest] {
    const form = new URLSearchParams({
      grant_type: 'refresh_token',
      client_id: 'drydock',
      refresh_token: this.auth?.identitytoken ?? '',
      scope,
      ...(service && { service }),
    });
    return [
      realm.href,
      { method: 'POST', headers: { 'Content-Type': 'application/x-www-form-urlencoded' }, body: form.toString() },
    ];
  }
}

/** The credentials are valid but have too few rights: `error="insufficient_scope"`, RFC 6750. */
export const isDenied = (challenges: readonly Challenge[]): boolean =>
  challenges.some(({ params }) => params['error'] === 'insufficient_scope');
export const challengesOf = (response: HttpResponse): Challenge[] =>
  readChallenges((response.headers.get('www-authenticate') ?? '').slice(0, 8192));
