/** Finds the registry that answers, and how to authenticate there. */
import type { RegistryAuth } from '../../../image/registry/auth.ts';
import { RegistryClient } from '../../../image/registry/client.ts';
import { storedCredentials } from '../../../image/registry/credentials.ts';
import { endpointsOf, type Endpoint } from '../../../image/registry/endpoint.ts';
import { mayPractise, practiceEndpoint, practiceNotice } from '../../../image/practice.ts';
import { isUnreachable } from '../../../image/registry/retry.ts';
import type { Kernel } from '../../../kernel/kernel.ts';
import type { PullContext } from '../../../image/pull.ts';
import { ApiError } from '../../../errors/api-error.ts';
import type { Step } from '../../../container/step.ts';

/**
 * In milliseconds, until a registry counts as unreachable. The time is shorter when the practice registry can answer
 * instead.
 */
const PATIENCE_MS = 15_000;
const SHORT_PATIENCE_MS = 3000;
/** How long a registry is remembered as unreachable. */
const UNREACHABLE_MS = 5 * 60_000;

async function credentials(c: PullContext, endpoint: Endpoint): Promise<RegistryAuth | undefined> {
  if (endpoint.kind !== 'origin') return undefined;
  return c.pull.auth ?? storedCredentials(c.pull.state.ref!.domain);
}

async function connect(k: Kernel, c: PullContext, endpoint: Endpoint): Promise<RegistryClient> {
  const client = new RegistryClient(k, endpoint, c.pull.state.ref!.path, await credentials(c, endpoint), c.pull.signal);
  await client.ping(endpoint.kind === 'mirror' || mayPractise(c) ? SHORT_PATIENCE_MS : PATIENCE_MS);
  return client;
}

async function practise(k: Kernel, c: PullContext): Promise<void> {
  c.images.unreachableUntil = Date.now() + UNREACHABLE_MS;
  c.pull.notice = practiceNotice(c);
  const image = c.pull.state.practice;
  if (image) {
    c.image = c.pull.state.found = image;
    return;
  }
  c.pull.state.client = await connect(k, c, await practiceEndpoint(k, c));
}

/** Goes on to the next endpoint that answers. Throws ApiError 500 when the last one does not answer. */
export async function contactNext(k: Kernel, c: PullContext): Promise<void> {
  const { state } = c.pull;
  for (;;) {
    const endpoint = state.remaining?.shift();
    if (!endpoint) throw new ApiError(500, `${c.pull.reference}: there is no further registry to ask`);
    try {
      state.client = await connect(k, c, endpoint);
      await state.client.authorize();
      return;
    } catch (error) {
      c.pull.signal?.throwIfAborted();
      if (endpoint.kind === 'mirror') continue;
      if (isUnreachable(error) && mayPractise(c)) return practise(k, c);
      if (error instanceof ApiError) throw error;
      const why = error instanceof Error ? error.message : String(error);
      const hint = isUnreachable(error) ? '; is the name right, and the network up?' : '';
      throw new ApiError(500, `${why}${hint}`, { cause: error });
    }
  }
}

export const contactStep: Step<PullContext> = {
  id: 'pull.contact-registry',
  title: 'Contact the registry',
  explain: `Ask \`GET /v2/\` of the registry, and get a token if it wants one.

A registry is an HTTP server. \`200\` means that it wants no token; \`401\` names in \`WWW-Authenticate\` where to get a token (Bearer) or asks for a password (Basic);
the credentials are those of \`docker login\`. Mirrors are asked before docker.io. TLS is left out only on loopback and where the settings allow it.
If docker.io cannot be reached at all (refused, no DNS, no answer in 3 s), \`ubuntu\` and \`hello-world\` come from the practice registry on loopback,
by the same protocol, and a line says so.

OCI distribution spec, "Determining Support"; distribution, "Token Authentication".`,
  when: (c) => !c.pull.state.found,
  async do(k, c) {
    c.pull.state.remaining = endpointsOf(c.pull.state.ref!, c.settings);
    await contactNext(k, c);
    k.fact({ kind: 'image', key: 'registry', value: c.pull.state.client?.base ?? 'practice image of the store' });
  },
  async inspect(_, c) {
    const { client } = c.pull.state;
    return client
      ? [{ title: 'registry', lines: [`${client.endpoint.kind}: ${client.base}`, `repository ${client.path}`] }]
      : [];
  },
};
