/**
 * WWW-Authenticate: RFC 9110, 11.6.1. `Bearer
 * realm="https://auth.docker.io/token",service="registry.docker.io",scope="…"`.
 */

export interface Challenge {
  scheme: string;
  params: Record<string, string>;
}

const TOKEN = /[!#$%&'*+.^_`|~0-9A-Za-z-]+/y;
const PARAM = /\s*([!#$%&'*+.^_`|~0-9A-Za-z-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))\s*(?:,|$)/y;

/** Parses the challenges of the header. Text that cannot be parsed ends the list. */
export function readChallenges(header: string): Challenge[] {
  const found: Challenge[] = [];
  let at = 0;
  const match = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = at;
    const result = pattern.exec(header);
    if (result) at = pattern.lastIndex;
    return result;
  };
  while (at < header.length && found.length < 8) {
    at += /^[\s,]*/.exec(header.slice(at))![0].length;
    const scheme = match(TOKEN);
    if (!scheme) break;
    const params: [string, string][] = [];
    for (let param = match(PARAM); param; param = match(PARAM))
      params.push([param[1]!.toLowerCase(), param[3] ?? param[2]!.replace(/\\(.)/g, '$1')]);
    found.push({ scheme: scheme[0].toLowerCase(), params: Object.fromEntries(params) });
  }
  return found;
}
