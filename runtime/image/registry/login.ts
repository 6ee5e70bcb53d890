/**
 * Checks credentials at a registry: `docker login`, POST /auth.
 *
 *   GET /v2/ ─▶ 200: no login is needed
 *            ─▶ 401 Basic  ─▶ GET /v2/ with the password ─▶ 200
 *            ─▶ 401 Bearer ─▶ GET realm?offline_token=true with the password ─▶ token, perhaps a refresh token
 *
 * The refresh token is what clients store instead of the password (`identitytoken`): distribution, "Token
 * Authentication".
 */
import { ApiError } from '../../errors/api-error.ts';
import { Checked } from '../../json/checked.ts';
import type { HttpRequest, HttpResponse } from '../../kernel/http.ts';
import type { Kernel } from '../../kernel/kernel.ts';
import { basicOf, challengesOf, MAX_TOKEN, realmOf, type RegistryAuth, tokenError } from './auth.ts';
import type { Endpoint } from './endpoint.ts';
import { discard, isSuccess, readAll } from './http-body.ts';
import { patience, within } from './patience.ts';
import { ConnectionError } from './registry-error.ts';

const PATIENCE_MS = 15_000;

class Login {
  constructor(
    private readonly k: Kernel,
    private readonly base: string,
    private readonly auth: RegistryAuth,
    private readonly signal: AbortSignal,
  ) {}

  #ask(url: string, request: HttpRequest = {}, ms = PATIENCE_MS): Promise<HttpResponse> {
    return within(`${new URL(url).host} did not answer`, ms, this.signal, (signal) =>
      this.k.fetch(url, { ...request, signal }),
    ).catch((error: unknown) => {
      this.signal.throwIfAborted();
      throw new ConnectionError(`${request.method ?? 'GET'} ${url}`, error);
    });
  }

  async run(): Promise<string> {
    const at = `${this.base}/v2/`;
    const first = await this.#ask(at);
    const challenges = first.status === 401 ? challengesOf(first) : [];
    discard(first);
    if (isSuccess(first)) return '';
    const bearer = challenges.find(({ scheme, params }) => scheme === 'bearer' && params['realm']);
    const { header, identity } = bearer
      ? await this.#token(bearer.params)
      : { header: basicOf(this.auth), identity: '' };
    const second = await this.#ask(at, { headers: { Authorization: header } });
    discard(second);
    if (isSuccess(second)) return identity;
    throw new ApiError(
      second.status === 401 ? 401 : 500,
      `login attempt to ${at} failed with status: ${second.status}${second.status === 401 ? ' Unauthorized' : ''}`,
    );
  }

  async #token(params: Record<string, string>): Promise<{ header: string; identity: string }> {
    const realm = realmOf(params['realm']!, this.base.startsWith('https:'));
    const { identitytoken, username } = this.auth;
    const service = params['service'];
    let response: HttpResponse;
    if (identitytoken) {
      const form = new URLSearchParams({
        grant_type: 'refresh_token',
        client_id: 'drydock',
        refresh_token: identitytoken,
        ...(service && { service }),
      });
      const headers = { 'Content-Type': 'application/x-www-form-urlencoded' };
      response = await this.#ask(realm.href, { method: 'POST', headers, body: form.toString() }, patience.token);
    } else {
      const url = new URL(realm);
      if (service) url.searchParams.set('service', service);
      url.searchParams.set('account', username ?? '');
      url.searchParams.set('client_id', 'drydock');
      url.searchParams.set('offline_token', 'true');
      response = await this.#ask(url.href, { headers: { Authorization: basicOf(this.auth) } }, patience.token);
    }
    if (!isSuccess(response)) {
      const told = await tokenError(realm, response);
      throw new ApiError(told.status, `Get "${this.base}/v2/": ${told.message}`, { cause: told });
    }
    const from = Checked.parse(
      `the answer of the token server ${realm.host}`,
      await readAll(response, MAX_TOKEN, 'the token'),
    );
    const token = from.optional('token') || from.optional('access_token');
    if (!token || !/^[\x21-\x7e]+$/.test(token)) throw from.wrong('token', 'printable text');
    return { header: `Bearer ${token}`, identity: from.optional('refresh_token') ?? '' };
  }
}

/** The identity token to store; '' when the registry gives none. Throws ApiError 401 for wrong credentials. */
export async function login(k: Kernel, endpoint: Endpoint, auth: RegistryAuth, signal: AbortSignal): Promise<string> {
  let last: unknown;
  for (const base of endpoint.bases) {
    try {
      return await new Login(k, base, auth, signal).run();
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof ApiError) throw error;
      last = error;
    }
  }
  throw new ApiError(500, last instanceof Error ? last.message : String(last), { cause: last });
}
