/** A client for one repository at one endpoint: OCI distribution spec, "Pull". Pushing: push.ts. */
import type { HttpRequest, HttpResponse } from '../../kernel/http.ts';
import type { Kernel } from '../../kernel/kernel.ts';
import { ApiError } from '../../errors/api-error.ts';
import { Authorizer, challengesOf, isDenied, type RegistryAuth } from './auth.ts';
import { isDigest, sha256 } from '../manifest/digest.ts';
import type { Endpoint } from './endpoint.ts';
import type { Challenge } from './challenge.ts';
import { discard, isSuccess, readAll } from './http-body.ts';
import { MAX_MANIFEST } from '../manifest/manifest.ts';
import { acceptManifests } from '../manifest/media-types.ts';
import { patience, within } from './patience.ts';
import { ConnectionError, readError, type RegistryError } from './registry-error.ts';
import { Backoff, BUSY, isLost, retryAfterMs } from './retry.ts';

export interface FetchedManifest {
  bytes: Buffer;
  digest: string;
  mediaType: string;
}
export interface Ask {
  method?: 'GET' | 'HEAD' | 'POST' | 'PATCH' | 'PUT' | 'DELETE';
  accept?: string;
  range?: number;
  headers?: Record<string, string>;
  body?: HttpRequest['body'];
  /** another repository from which is read */
  from?: string;
  /** not repeated after a lost connection */
  once?: boolean;
}

const MAX_REDIRECTS = 5;
const MAX_ERROR = 64 * 1024;
const REDIRECTS = [301, 302, 303, 307, 308];

export class RegistryClient {
  /** the endpoint's base that ping found to work */
  #base: string;
  #authorizer: Authorizer;
  #challenges: readonly Challenge[] = [];

  constructor(
    private readonly k: Kernel,
    readonly endpoint: Endpoint,
    readonly path: string,
    private readonly auth?: RegistryAuth,
    private readonly signal?: AbortSignal,
    private readonly actions: 'pull' | 'pull,push' = 'pull',
  ) {
    this.#base = endpoint.bases[0]!;
    this.#authorizer = new Authorizer(auth, true);
  }

  /** A client with the same base and tokens but another signal, for a download that other callers wait for too. */
  lasting(signal: AbortSignal): RegistryClient {
    const twin = new RegistryClient(this.k, this.endpoint, this.path, this.auth, signal, this.actions);
    twin.#base = this.#base;
    twin.#authorizer = this.#authorizer;
    return twin;
  }

  get base(): string {
    return this.#base;
  }
  #scope(from?: string): string {
    return `repository:${this.path}:${this.actions}${from ? ` repository:${from}:pull` : ''}`;
  }

  /**
   * Finds the first base at which a registry answers; `ms` is the limit for each base. Throws ConnectionError for the
   * last base.
   */
  async ping(ms: number): Promise<void> {
    let last: unknown;
    for (const base of this.endpoint.bases) {
      this.#base = base;
      this.#authorizer = new Authorizer(this.auth, base.startsWith('https:'));
      try {
        const response = await this.#send(`${base}/v2/`, {}, ms);
        discard(response);
        this.#challenges = response.status === 401 ? challengesOf(response) : [];
        // a server that answers 404 to /v2/ is not a registry; distribution answers 200 or 401
        if (response.status === 404) throw new ApiError(500, `${base} is no registry: GET /v2/ answers 404`);
        return;
      } catch (error) {
        this.signal?.throwIfAborted();
        last = error instanceof ApiError ? error : new ConnectionError(`Get "${base}/v2/"`, error);
      }
    }
    throw last;
  }

  /** Gets a token for the next requests, if ping was asked for one. */
  async authorize(): Promise<void> {
    if (this.#challenges.length) await this.#authorizer.answer(this.k, this.#challenges, this.#scope(), this.signal);
  }

  /** What the registry asked for when it was pinged; empty: nothing. */
  get challenges(): readonly Challenge[] {
    return this.#challenges;
  }

  /** Fetches a manifest by tag or digest. Checks the digest, or computes it for a tag. Throws RegistryError. */
  async manifest(reference: string): Promise<FetchedManifest> {
    const response = await this.#request(`manifests/${reference}`, { accept: acceptManifests });
    const bytes = await readAll(response, MAX_MANIFEST, `the manifest of ${this.path}:${reference}`);
    const digest = sha256(bytes);
    if (isDigest(reference) && digest !== reference)
      throw new ApiError(500, `manifest verification failed for digest ${reference}: the registry sent ${digest}`);
    return { bytes, digest, mediaType: response.headers.get('content-type') ?? '' };
  }

  /** The tag's current digest, with a HEAD request only. Undefined when the registry does not send it. */
  async head(reference: string): Promise<string | undefined> {
    const response = await this.#request(`manifests/${reference}`, { method: 'HEAD', accept: acceptManifests });
    discard(response);
    const digest = response.headers.get('docker-content-digest');
    return isDigest(digest) ? digest : undefined;
  }

  /**
   * A blob's bytes from `from` on: status 206, or 200 with all bytes. It is not retried here, because download.ts knows
   * which bytes it has.
   */
  blob(digest: string, from: number): Promise<HttpResponse> {
    return this.#request(`blobs/${digest}`, { once: true, ...(from && { range: from }) });
  }

  #request(what: string, ask: Ask): Promise<HttpResponse> {
    return this.request(`${this.#base}/v2/${this.path}/${what}`, ask);
  }

  /** Resolves with a successful answer. Throws RegistryError for another one, ConnectionError when there is none. */
  async request(url: string, ask: Ask): Promise<HttpResponse> {
    const backoff = new Backoff(this.signal);
    for (;;) {
      const outcome = await this.#authorized(url, ask).catch((error: unknown) => {
        if (ask.once || !isLost(error)) throw error;
        return error as Error;
      });
      if (!(outcome instanceof Error)) {
        if (isSuccess(outcome)) return outcome;
        const error = await this.#failure(outcome);
        if (isStream(ask.body) || !BUSY.includes(outcome.status) || !(await backoff.again(error.retryAfter)))
          throw error;
      } else if (!(await backoff.again())) {
        throw new ConnectionError(`${ask.method ?? 'GET'} ${url}`, outcome, backoff.failures);
      }
    }
  }

  async #failure(response: HttpResponse): Promise<RegistryError> {
    const denied = response.status === 401 && isDenied(challengesOf(response));
    const body = await readAll(response, MAX_ERROR, 'the error').catch(() => Buffer.alloc(0));
    return readError(response.status, body.toString(), denied, retryAfterMs(response.headers.get('retry-after')));
  }

  async #authorized(url: string, ask: Ask): Promise<HttpResponse> {
    for (let tries = 0; ; tries++) {
      const response = await this.#follow(url, ask);
      if (
        response.status !== 401 ||
        tries === 2 ||
        !(await this.#authorizer.answer(this.k, challengesOf(response), this.#scope(ask.from), this.signal))
      )
        return response;
      discard(response);
    }
  }

  /**
   * Follows redirects itself: a host other than the registry's gets no Authorization header, and a redirect from https
   * to http is refused.
   */
  async #follow(url: string, ask: Ask): Promise<HttpResponse> {
    const first = new URL(this.#base);
    let here = new URL(url);
    for (let hops = 0; hops <= MAX_REDIRECTS; hops++) {
      const authorization = here.origin === first.origin ? this.#authorizer.header(this.#scope(ask.from)) : undefined;
      const response = await this.#send(
        here.href,
        {
          ...(ask.accept && { Accept: ask.accept }),
          ...(ask.range && { Range: `bytes=${ask.range}-` }),
          ...ask.headers,
          ...(authorization && { Authorization: authorization }),
        },
        patience.headers + sending(ask.body),
        ask.method,
        ask.body,
      );
      const location = response.headers.get('location');
      if (!REDIRECTS.includes(response.status) || !location) return response;
      discard(response);
      const next = URL.canParse(location, here.href) ? new URL(location, here.href) : undefined;
      const allowed = here.protocol === 'https:' ? ['https:'] : ['https:', 'http:'];
      if (!next || !allowed.includes(next.protocol))
        throw new ApiError(
          500,
          `${here.host} redirects to ${JSON.stringify(location.slice(0, 200))}, which is not followed`,
        );
      here = next;
    }
    throw new ApiError(500, `${first.host} redirects more than ${MAX_REDIRECTS} times`);
  }

  /** `ms` is the limit for the headers. The body has its own limit (http-body.ts). */
  async #send(
    url: string,
    headers: Record<string, string>,
    ms: number,
    method = 'GET',
    body?: HttpRequest['body'],
  ): Promise<HttpResponse> {
    await this.k.requesting(method, url);
    return within(`${new URL(url).host} did not answer`, ms, this.signal, (signal) =>
      this.k.fetch(url, { method, headers, signal, ...(body !== undefined && { body }) }),
    );
  }
}

/** How much of it has arrived is not known after a failure. */
const isStream = (body: HttpRequest['body']): boolean => typeof body === 'object' && !Buffer.isBuffer(body);
const LONGEST_MS = 24 * 3_600_000;
/** In milliseconds: how long a body may take before its answer comes. */
const sending = (body: HttpRequest['body']): number =>
  body === undefined ? 0 : Math.min(LONGEST_MS, (body.length / patience.slow.bytes) * patience.slow.ms);
