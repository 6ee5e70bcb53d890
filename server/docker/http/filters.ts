/** `filters=` of the list, event and prune routes: selects objects. Engine API, each route's "filters". */
import { runInNewContext } from 'node:vm';
import { parseJson } from '../../../runtime/json/parse-json.ts';
import { badParameter } from '../../../runtime/errors/api-error.ts';
import type { Query } from './query.ts';

/** The values of each filter; one of them must hold. */
export type Filters = ReadonlyMap<string, readonly string[]>;

/** Accepts {"status":{"exited":true}} of current clients and {"status":["exited"]} of old ones. */
function values(name: string, given: unknown): string[] {
  if (Array.isArray(given) && given.every((v) => typeof v === 'string')) return given;
  if (typeof given === 'object' && given !== null && !Array.isArray(given))
    return Object.entries(given)
      .filter(([, on]) => on === true)
      .map(([value]) => value);
  throw badParameter(`invalid filter '${name}': {"value":true} or ["value"] is needed`);
}

/** Throws 400 for text that is not JSON, and for a name that is not in `known`. */
export function readFilters(query: Query, known: readonly string[]): Filters {
  const text = query.text('filters');
  const filters = new Map<string, readonly string[]>();
  if (!text) return filters;
  let parsed: unknown;
  try {
    parsed = parseJson(text);
  } catch {
    throw badParameter(`invalid filters: not JSON: ${text.slice(0, 80)}`);
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed))
    throw badParameter('invalid filters: an object is needed');
  for (const [name, given] of Object.entries(parsed)) {
    if (!known.includes(name)) throw badParameter(`invalid filter '${name}'`);
    filters.set(name, values(name, given));
  }
  return filters;
}

/** 'key' or 'key=value'. All of them must hold, whereas of other filters one value is enough. */
export const hasLabels = (
  wanted: readonly string[] | undefined,
  labels: Record<string, string> | null | undefined,
): boolean =>
  (wanted ?? []).every((want) => {
    const at = want.indexOf('=');
    const [key, value] = at < 0 ? [want, undefined] : [want.slice(0, at), want.slice(at + 1)];
    return Object.hasOwn(labels ?? {}, key) && (value === undefined || labels?.[key] === value);
  });

/** 'true', '1' and so on, as docker's filters spell it. Throws 400 for anything else. */
export function truth(filters: Filters, name: string): boolean | undefined {
  const values = filters.get(name) ?? [];
  if (!values.length) return undefined;
  const [value = ''] = values.length === 1 ? values : [];
  if (['1', 't', 'true', 'True', 'TRUE'].includes(value)) return true;
  if (['0', 'f', 'false', 'False', 'FALSE'].includes(value)) return false;
  throw badParameter(`invalid filter '${name}=[${values.join(' ')}]'`);
}

/** Of wall-clock time: on a busy machine it contains other processes' turns. */
const REGEXP_MS = 100;
const isPlain = (pattern: string) => !/[\\^$.*+?()[\]{}|]/.test(pattern);

/**
 * Those of `texts` that match one of the filter's regular expressions; undefined when the filter is absent. They run in
 * a context of their own with a time limit, because a pattern may backtrack without end. Only strings are passed in.
 */
export function matching(filters: Filters, name: string, texts: readonly string[]): Set<string> | undefined {
  const patterns = filters.get(name);
  if (!patterns) return undefined;
  if (patterns.every(isPlain)) return new Set(texts.filter((text) => patterns.some((plain) => text.includes(plain))));
  try {
    const found = runInNewContext(
      'JSON.stringify(JSON.parse(texts).filter((t) => JSON.parse(patterns).some((p) => new RegExp(p).test(t))))',
      { texts: JSON.stringify(texts), patterns: JSON.stringify(patterns) },
      { timeout: REGEXP_MS },
    ) as string;
    return new Set(JSON.parse(found) as string[]);
  } catch {
    throw badParameter(
      `invalid filter '${name}=${patterns.join(',')}': no regular expression, or one that takes too long`,
    );
  }
}

const UNITS: Record<string, number> = { s: 1, m: 60, h: 3600 };

/** `until` of the prune routes, in ms since 1970: from '10m', '1h30m', seconds since 1970, or a date. Throws 400. */
export function untilTime(filters: Filters): number | undefined {
  const value = filters.get('until')?.[0];
  if (value === undefined) return undefined;
  if (/^\d{1,11}(\.\d+)?$/.test(value)) return Number(value) * 1000;
  if (/^(\d+[smh])+$/.test(value))
    return (
      Date.now() -
      [...value.matchAll(/(\d+)([smh])/g)].reduce((sum, [, n, unit]) => sum + Number(n) * UNITS[unit!]! * 1000, 0)
    );
  const date = Date.parse(value);
  if (Number.isNaN(date))
    throw badParameter(`invalid filter 'until=${value}': a duration like 10m, a date or seconds since 1970 is needed`);
  return date;
}
