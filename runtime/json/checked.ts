/** Reads untrusted JSON. Each accessor checks the type of what it returns, and its error names what is wrong. */
import { parseJson } from './parse-json.ts';
import { ApiError } from '../errors/api-error.ts';

export type Json = Record<string, unknown>;

/** A JSON object. `what` names the document in errors; a field of a wrong type throws ApiError 500. */
export class Checked {
  constructor(
    private readonly what: string,
    private readonly value: Json,
  ) {}

  /** Throws ApiError 500 unless the bytes are a JSON object. */
  static parse(what: string, bytes: Buffer): Checked {
    let value: unknown;
    try {
      value = parseJson(bytes.toString('utf8'));
    } catch (cause) {
      throw new ApiError(500, `${what} is not JSON: ${(cause as Error).message}`, { cause });
    }
    return Checked.of(what, value);
  }
  static of(what: string, value: unknown): Checked {
    if (typeof value !== 'object' || value === null || Array.isArray(value))
      throw new ApiError(500, `${what} is not an object`);
    return new Checked(what, value as Json);
  }

  wrong(key: string, expected: string): ApiError {
    return new ApiError(500, `${this.what}: ${key} is not ${expected}`);
  }
  has(key: string): boolean {
    return this.raw(key) !== undefined && this.raw(key) !== null;
  }
  string(key: string): string {
    const value = this.raw(key);
    if (typeof value !== 'string') throw this.wrong(key, 'a string');
    return value;
  }
  optional(key: string): string | undefined {
    return this.has(key) ? this.string(key) : undefined;
  }
  /** False when it is absent. */
  flag(key: string): boolean {
    const value = this.has(key) ? this.raw(key) : false;
    if (typeof value !== 'boolean') throw this.wrong(key, 'true or false');
    return value;
  }
  integer(key: string, most: number): number {
    const value = this.raw(key);
    if (!Number.isSafeInteger(value) || (value as number) < 0 || (value as number) > most)
      throw this.wrong(key, `a number from 0 to ${most}`);
    return value as number;
  }
  object(key: string): Checked {
    return Checked.of(`${this.what}: ${key}`, this.raw(key));
  }
  list(key: string, most: number): unknown[] {
    const value = this.raw(key);
    if (!Array.isArray(value) || value.length > most) throw this.wrong(key, `a list of at most ${most}`);
    return value;
  }
  strings(key: string): string[] | undefined {
    if (!this.has(key)) return undefined;
    const list = this.list(key, 10_000);
    if (!list.every((item): item is string => typeof item === 'string')) throw this.wrong(key, 'a list of strings');
    return list;
  }
  /** { key: string } */
  map(key: string): Record<string, string> | undefined {
    if (!this.has(key)) return undefined;
    const entries = Object.entries(this.object(key).value);
    if (!entries.every((entry): entry is [string, string] => typeof entry[1] === 'string'))
      throw this.wrong(key, 'a map of strings');
    return Object.fromEntries(entries);
  }
  /** { '/data': {} } */
  set(key: string): Record<string, object> | undefined {
    return this.has(key)
      ? Object.fromEntries(Object.keys(this.object(key).value).map((name) => [name, {}]))
      : undefined;
  }
  /** Own properties only: otherwise a registry named `constructor` would have credentials, which objects inherit. */
  raw(key: string): unknown {
    return Object.hasOwn(this.value, key) ? this.value[key] : undefined;
  }
}
