/** Values of JSON in the query of POST /build. */
import { badParameter } from '../../../runtime/errors/api-error.ts';
import { parseJson } from '../../../runtime/json/parse-json.ts';
import type { Exchange } from '../http/route.ts';

/** The value of JSON in the query; null when there is none. Throws ApiError 400. */
export function json(x: Exchange, name: string): unknown {
  const text = x.query.text(name);
  if (!text) return null;
  try {
    return parseJson(text);
  } catch (cause) {
    throw badParameter(`error reading ${name}: ${(cause as Error).message}`);
  }
}

/** A JSON object of texts in the query; null stands for a value that is not given. Throws ApiError 400. */
export function table(x: Exchange, name: string): Map<string, string> {
  const value = json(x, name);
  if (value === null) return new Map();
  if (typeof value !== 'object' || Array.isArray(value))
    throw badParameter(`error reading ${name}: an object is needed`);
  const entries = Object.entries(value).filter((entry) => entry[1] !== null);
  const wrong = entries.find((entry) => typeof entry[1] !== 'string');
  if (wrong) throw badParameter(`error reading ${name}: ${wrong[0]} is no text`);
  return new Map(entries as [string, string][]);
}

/** A JSON list of texts in the query. Throws ApiError 400. */
export function names(x: Exchange, name: string): string[] {
  const value = json(x, name);
  if (value === null) return [];
  if (!Array.isArray(value) || !value.every((one) => typeof one === 'string'))
    throw badParameter(`error reading ${name}: a list of texts is needed`);
  return value;
}
