/**
 * The tags of a repository: `docker pull --all-tags`. OCI distribution spec, "Listing Tags".
 *
 *   GET /v2/NAME/tags/list?n=1000 ─▶ {"name", "tags": […]}, and Link: </v2/…?last=…>; rel="next" where there are more
 */
import { ApiError } from '../../errors/api-error.ts';
import { Checked } from '../../json/checked.ts';
import { isTag } from '../manifest/reference.ts';
import type { RegistryClient } from './client.ts';
import { readAll } from './http-body.ts';

const PAGE = 1000;
/** In bytes. A tag has at most 128 characters. */
const MOST_ANSWER = 4 << 20;
/** A registry that names more is refused, because each tag is pulled. */
const MOST_TAGS = 10_000;

/** The address of the next page, which must be on the same registry. */
function nextOf(link: string | undefined, here: string): string | undefined {
  const target = /<([^>]*)>\s*;\s*rel="?next"?/i.exec(link ?? '')?.[1];
  if (target === undefined) return undefined;
  const next = URL.canParse(target, here) ? new URL(target, here) : undefined;
  if (next?.origin !== new URL(here).origin) throw new ApiError(500, 'the next page of tags is on another host');
  return next.href;
}

/** Throws RegistryError, and ApiError 500 for a list that is wrong or too long. */
export async function tagsOf(client: RegistryClient): Promise<string[]> {
  const tags = new Set<string>();
  let url: string | undefined = `${client.base}/v2/${client.path}/tags/list?n=${PAGE}`;
  while (url !== undefined) {
    const response = await client.request(url, {});
    const answer = Checked.parse('the list of tags', await readAll(response, MOST_ANSWER, 'the list of tags'));
    const before = tags.size;
    for (const tag of answer.strings('tags') ?? []) {
      if (!isTag(tag)) throw answer.wrong('tags', 'a list of tags');
      tags.add(tag);
    }
    if (tags.size > MOST_TAGS) throw new ApiError(500, `${client.path} has more than ${MOST_TAGS} tags`);
    // a page that has nothing new would be followed by others without end
    url = tags.size > before ? nextOf(response.headers.get('link'), url) : undefined;
  }
  return [...tags];
}
