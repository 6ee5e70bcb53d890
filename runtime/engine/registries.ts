/** What is asked of registries without changing anything here: `docker login`, `docker manifest inspect`. */
import type { Settings } from '../data-root/settings.ts';
import { badParameter } from '../errors/api-error.ts';
import { parseReference, type Reference } from '../image/manifest/reference.ts';
import type { RegistryAuth } from '../image/registry/auth.ts';
import { RegistryClient } from '../image/registry/client.ts';
import { storedCredentials } from '../image/registry/credentials.ts';
import { describe, type Described } from '../image/registry/described.ts';
import { endpointsOf, type Endpoint } from '../image/registry/endpoint.ts';
import { login } from '../image/registry/login.ts';
import { search, type Found } from '../image/registry/search.ts';
import { tagsOf } from '../image/registry/tags.ts';
import { translate } from '../image/registry/registry-error.ts';
import { daemonKernel } from '../kernel/linux/linux.ts';

export interface RegistryQuestions {
  /** Checks credentials. Returns the token to store instead of the password, or ''. Throws ApiError 401, 500. */
  login(auth: RegistryAuth, signal: AbortSignal): Promise<string>;
  /** Throws ApiError 401, 404 and 500. */
  describe(reference: Reference, auth: RegistryAuth | undefined, signal: AbortSignal): Promise<Described>;
  /** The tags of a repository. Throws ApiError 401, 404 and 500. */
  tags(reference: Reference, auth: RegistryAuth | undefined, signal: AbortSignal): Promise<string[]>;
  /** `term`: words for docker.io, or 'host:port/words' for another registry. Throws ApiError 400 and 500. */
  search(what: { term: string; limit: number }, auth: RegistryAuth | undefined, signal: AbortSignal): Promise<Found[]>;
}

const PATIENCE_MS = 15_000;

/** 'https://index.docker.io/v1/', 'host:5000', 'http://host/v2/' → 'docker.io', 'host:5000', 'host'. */
function domainOf(address: string): string {
  const host = address.replace(/^https?:\/\//, '').split('/', 1)[0]!;
  try {
    return parseReference(`${host || 'docker.io'}/a/b`).domain;
  } catch {
    throw badParameter(`${JSON.stringify(address.slice(0, 200))} is no address of a registry`);
  }
}

export class Registries implements RegistryQuestions {
  constructor(private readonly settings: Settings) {}

  #origin(reference: Reference) {
    return endpointsOf(reference, this.settings).find(({ kind }) => kind === 'origin')!;
  }

  async #client(
    endpoint: Endpoint,
    { path }: Reference,
    auth: RegistryAuth | undefined,
    signal: AbortSignal,
  ): Promise<RegistryClient> {
    const client = new RegistryClient(daemonKernel(), endpoint, path, auth, signal);
    await client.ping(PATIENCE_MS);
    await client.authorize();
    return client;
  }

  async tags(reference: Reference, auth: RegistryAuth | undefined, signal: AbortSignal): Promise<string[]> {
    const credentials = auth ?? (await storedCredentials(reference.domain));
    let last: unknown;
    for (const endpoint of endpointsOf(reference, this.settings)) {
      try {
        return await tagsOf(
          await this.#client(endpoint, reference, endpoint.kind === 'mirror' ? undefined : credentials, signal),
        );
      } catch (error) {
        signal.throwIfAborted();
        last = translate(reference, error);
      }
    }
    throw last;
  }

  login(auth: RegistryAuth, signal: AbortSignal): Promise<string> {
    const endpoint = this.#origin({ domain: domainOf(auth.serveraddress ?? ''), path: 'a/b' });
    return login(daemonKernel(), endpoint, auth, signal);
  }

  search(
    { term, limit }: { term: string; limit: number },
    auth: RegistryAuth | undefined,
    signal: AbortSignal,
  ): Promise<Found[]> {
    const slash = term.indexOf('/');
    const first = slash < 0 ? '' : term.slice(0, slash);
    // as in an image's name, what is before the first slash is a host when it has a dot or a port
    const other = /[.:]/.test(first) || first === 'localhost' ? domainOf(first) : undefined;
    const bases =
      other === undefined || other === 'docker.io'
        ? ['https://index.docker.io']
        : this.#origin({ domain: other, path: 'a/b' }).bases;
    const words = other === undefined ? term : term.slice(slash + 1);
    return search(daemonKernel(), bases, { term: words, limit }, auth, signal);
  }

  async describe(reference: Reference, auth: RegistryAuth | undefined, signal: AbortSignal): Promise<Described> {
    const credentials = auth ?? (await storedCredentials(reference.domain));
    const client = await this.#client(this.#origin(reference), reference, credentials, signal);
    return describe(client, reference.digest ?? reference.tag ?? 'latest').catch((error: unknown) =>
      Promise.reject(translate(reference, error) as Error),
    );
  }
}
