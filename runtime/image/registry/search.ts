/**
 * Searches the index of a registry: `docker search`. Only the protocol of version 1 has one, and few registries but
 * docker.io serve it.
 *
 *   GET /v1/search?q=TERM&n=LIMIT ─▶ {"results": [{"name", "description", "star_count", "is_official", …}]}
 */
import { ApiError } from '../../errors/api-error.ts';
import { Checked } from '../../json/checked.ts';
import type { HttpResponse } from '../../kernel/http.ts';
import type { Kernel } from '../../kernel/kernel.ts';
import { basicOf, type RegistryAuth } from './auth.ts';
import { discard, isSuccess, readAll } from './http-body.ts';
import { within } from './patience.ts';
import { ConnectionError } from './registry-error.ts';

export interface Found {
  name: string;
  description: string;
  star_count: number;
  is_official: boolean;
  is_automated: boolean;
}

const PATIENCE_MS = 15_000;
/** In bytes. An answer holds at most 100 results. */
const MOST_ANSWER = 4 << 20;
const MOST_RESULTS = 100;

const found = (value: unknown): Found => {
  const from = Checked.of('a result of the search', value);
  return {
    name: from.string('name'),
    description: from.optional('description') ?? '',
    star_count: from.has('star_count') ? from.integer('star_count', 1e9) : 0,
    is_official: from.flag('is_official'),
    is_automated: from.flag('is_automated'),
  };
};

/** `bases`: in the order to try. Throws ApiError 500 where no index answers. */
export async function search(
  k: Kernel,
  bases: readonly string[],
  { term, limit }: { term: string; limit: number },
  auth: RegistryAuth | undefined,
  signal: AbortSignal,
): Promise<Found[]> {
  const headers: Record<string, string> = auth?.username ? { Authorization: basicOf(auth) } : {};
  let last: unknown;
  for (const base of bases) {
    const url = `${base}/v1/search?${new URLSearchParams({ q: term, n: String(limit) }).toString()}`;
    let response: HttpResponse;
    try {
      response = await within(`${new URL(url).host} did not answer`, PATIENCE_MS, signal, (until) =>
        k.fetch(url, { headers, signal: until }),
      );
    } catch (error) {
      signal.throwIfAborted();
      last = new ConnectionError(`Get "${url}"`, error);
      continue;
    }
    if (isSuccess(response)) {
      const answer = Checked.parse('the answer to the search', await readAll(response, MOST_ANSWER, 'the answer'));
      return answer.list('results', MOST_RESULTS).map(found);
    }
    discard(response);
    const why = response.status === 404 ? ': this registry has no search' : '';
    throw new ApiError(500, `${new URL(url).host} answered the search with status ${response.status}${why}`);
  }
  throw new ApiError(500, last instanceof Error ? last.message : String(last), { cause: last });
}
