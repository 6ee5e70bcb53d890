/** The address of a git repository as contexts and ADD write it: 'https://host/a.git#REF:DIRECTORY'. */
import { ApiError, badParameter } from '../../errors/api-error.ts';
import { withoutPassword } from '../../kernel/http.ts';

export interface Repository {
  url: string;
  /** a branch, a tag, a commit or 'HEAD' */
  ref: string;
  /** in the repository, '' for all of it */
  directory: string;
}

const SPOKEN = /^(https?|git):\/\//i;
const REF = /^[\p{L}\p{N}_][\p{L}\p{N}_./@+~^{}-]{0,254}$/u;

/** Throws ApiError 400 for what is no address, and 501 for a protocol that is not there. */
export function parseRepository(text: string): Repository {
  const at = text.indexOf('#');
  const url = at < 0 ? text : text.slice(0, at);
  const fragment = at < 0 ? '' : text.slice(at + 1);
  if (!SPOKEN.test(url))
    throw new ApiError(
      501,
      `the repository ${shown(url)}: git over ssh is not there yet in Drydock; there are https://, http:// and git://`,
    );
  if (!URL.canParse(url)) throw badParameter(`the repository ${shown(url)} is no URL`);
  const [ref = '', directory = ''] = fragment.split(/:(.*)/s, 2);
  if (ref && !REF.test(ref)) throw badParameter(`the repository ${shown(url)}: invalid ref ${JSON.stringify(ref)}`);
  return { url, ref: ref || 'HEAD', directory };
}

const shown = (url: string): string => (URL.canParse(url) ? withoutPassword(url) : url).slice(0, 200);
