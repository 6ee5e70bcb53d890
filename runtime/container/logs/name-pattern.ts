/**
 * The patterns of `labels-regex` and `env-regex`. dockerd has Go's regexp, which has no lookaround and no references
 * back, and whose time is linear. Here such parts are refused, what Go writes differently is rewritten, and the search
 * has a time limit, because a pattern like `(a+)+$` would stop the daemon's thread for minutes.
 */
import { runInNewContext } from 'node:vm';
import { ApiError, badParameter } from '../../errors/api-error.ts';

/** ms of wall-clock time for the names of one container: on a busy machine the thread may wait for its processor */
const SEARCH_MS = 1000;
/** In characters. Go compiles a longer one too; a name has no need of it. */
const PATTERN_MOST = 1000;

const refused = (pattern: string, why: string) =>
  badParameter(`failed to initialize logging driver: error parsing regexp: ${why}: \`${pattern.slice(0, 100)}\``);

/** Go's `(?i)` at the beginning, `(?P<name>…)`, `\A` and `\z`, as a RegExp writes them. */
function translated(pattern: string): { source: string; flags: string } {
  const [, flags = '', rest = pattern] = /^\(\?([ims]+)\)(.*)$/s.exec(pattern) ?? [];
  const source = rest.replace(/\\(.)|\(\?P</gs, (all, escaped?: string) => {
    if (escaped === undefined) return '(?<';
    if (escaped === 'A') return '^';
    if (escaped === 'z') return '$';
    if (/[1-9kcuZpPQEC]/.test(escaped)) throw refused(pattern, `invalid escape sequence: \`${all}\``);
    return all;
  });
  if (/(?<!\\)(?:\\\\)*(?:\(\?(?!:|<[A-Za-z_])|\[\[:)/.test(source))
    throw refused(pattern, 'invalid or unsupported Perl syntax');
  return { source, flags: [...new Set(flags)].join('') };
}

/** Throws ApiError 400 for a pattern that cannot be read. */
export function checkPattern(pattern: string): void {
  if (pattern.length > PATTERN_MOST) throw refused(pattern, `it has more than ${PATTERN_MOST} characters`);
  const { source, flags } = translated(pattern);
  try {
    void new RegExp(source, flags);
  } catch (error) {
    throw refused(pattern, (error as Error).message);
  }
}

/** The names in which the pattern is found. Throws ApiError 400 when the search takes too long. */
export function namesLike(pattern: string, names: readonly string[]): string[] {
  const found: unknown = limited(pattern, JSON.stringify({ ...translated(pattern), names }));
  return JSON.parse(String(found)) as string[];
}

function limited(pattern: string, input: string): unknown {
  const search = `const { source, flags, names } = JSON.parse(input);
    const pattern = new RegExp(source, flags);
    JSON.stringify(names.filter((name) => pattern.test(name)));`;
  try {
    return runInNewContext(search, { input }, { timeout: SEARCH_MS });
  } catch (cause) {
    throw new ApiError(400, `the search for ${pattern.slice(0, 100)} takes more than ${SEARCH_MS} ms`, { cause });
  }
}
