/** The steps that find the image and its registry. */
import { ApiError, notFound } from '../../../errors/api-error.ts';
import { matches, showPlatform } from '../../../image/manifest/platform.ts';
import { canonicalName, familiarName } from '../../../image/manifest/reference.ts';
import type { PushContext } from '../../../image/push.ts';
import { RegistryClient } from '../../../image/registry/client.ts';
import { storedCredentials } from '../../../image/registry/credentials.ts';
import { endpointsOf } from '../../../image/registry/endpoint.ts';
import { isUnreachable } from '../../../image/registry/retry.ts';
import type { Step } from '../../../operation/step.ts';

/** In milliseconds, until the registry counts as unreachable. */
const PATIENCE_MS = 15_000;

export const resolveStep: Step<PushContext> = {
  id: 'push.resolve-reference',
  title: 'Find the image and its registry',
  explain: `The name says where the image goes: \`host:5000/a/b:tag\` is repository \`a/b\` of the registry at \`host:5000\`, and a name without a host belongs to docker.io. So an image is pushed elsewhere by giving it another name first (\`docker tag\`).
From now on a lease protects its blobs from removal. Grammar: the distribution project's \`reference\`.`,
  do(k, c) {
    const image = c.images.find(canonicalName(c.reference));
    if (!image) throw notFound(`tag does not exist: ${familiarName(c.reference)}`);
    if (c.platform && !matches(c.platform, image.config))
      throw notFound(
        `image with reference ${familiarName(c.reference)} was found but does not provide the specified platform (${showPlatform(c.platform)})`,
      );
    c.image = image;
    const blobs = c.images.record(image.id)?.blobs ?? [];
    c.lease.hold(image.id, ...image.layers.map(({ chainID }) => chainID), ...blobs.map(({ digest }) => digest));
    k.fact({ kind: 'image', key: canonicalName(c.reference), value: image.id });
    return Promise.resolve();
  },
  async inspect(_, { image, reference }) {
    const { domain, path, tag } = reference;
    const lines = [`domain ${domain}`, `path ${path}`, `tag ${tag ?? '-'}`, `image ${image?.id ?? '-'}`];
    return [{ title: 'reference', lines }];
  },
};

export const contactStep: Step<PushContext> = {
  id: 'push.contact-registry',
  title: 'Contact the registry',
  explain: `Ask \`GET /v2/\` of the registry, and get a token that allows to write if it wants one.
The scope of the token is \`repository:NAME:pull,push\`; the credentials are those of \`docker login\`. A push never goes to a mirror. TLS is left out only on loopback and where the settings allow it. OCI distribution spec, "Determining Support"; distribution, "Token Authentication".`,
  async do(k, c) {
    const { reference, settings, signal } = c;
    const endpoint = endpointsOf(reference, settings).find(({ kind }) => kind === 'origin')!;
    const auth = c.auth ?? (await storedCredentials(reference.domain));
    const client = new RegistryClient(k, endpoint, reference.path, auth, signal, 'pull,push');
    try {
      await client.ping(PATIENCE_MS);
      await client.authorize();
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof ApiError) throw error;
      const hint = isUnreachable(error) ? '; is the name right, and the network up?' : '';
      throw new ApiError(500, `${(error as Error).message}${hint}`, { cause: error });
    }
    c.client = client;
    k.fact({ kind: 'image', key: 'registry', value: client.base });
  },
  async inspect(_, { client }) {
    return client ? [{ title: 'registry', lines: [client.base, `repository ${client.path}`] }] : [];
  },
};
