/** The query part of a URL, parsed as dockerd parses it. */
import { badParameter } from '../../../runtime/errors/api-error.ts';

const FALSE = new Set(['', '0', 'no', 'false', 'none']);

export class Query {
  readonly #values: URLSearchParams;

  constructor(url: string) {
    const mark = url.indexOf('?');
    this.#values = new URLSearchParams(mark < 0 ? '' : url.slice(mark + 1));
  }

  /** The value; '' counts as not given. */
  text(name: string): string | undefined {
    return this.#values.get(name) || undefined;
  }

  list(name: string): string[] {
    return this.#values.getAll(name).filter(Boolean);
  }

  flag(name: string, absent = false): boolean {
    const value = this.#values.get(name);
    return value === null ? absent : !FALSE.has(value.trim().toLowerCase());
  }

  /** Throws 400 for a value that is not an integer. */
  integer(name: string): number | undefined {
    const value = this.text(name);
    if (value === undefined) return undefined;
    if (!/^-?\d{1,15}$/.test(value)) throw badParameter(`${name} must be a whole number, got ${JSON.stringify(value)}`);
    return Number(value);
  }

  /**
   * Seconds since 1970, from '1700000000' or '1700000000.123456789'. The client converts dates and '10m' into this
   * form. Throws 400 for anything else.
   */
  time(name: string): number | undefined {
    const value = this.text(name);
    if (value === undefined) return undefined;
    if (!/^-?\d{1,11}(\.\d{1,9})?$/.test(value))
      throw badParameter(`${name} must be seconds since 1970 like 1700000000.5, got ${JSON.stringify(value)}`);
    return Number(value);
  }

  /** The same in nanoseconds, which a number of seconds cannot hold. */
  moment(name: string): bigint | undefined {
    if (this.time(name) === undefined) return undefined;
    const [, sign, seconds = '', fraction = ''] = /^(-?)(\d+)(?:\.(\d+))?$/.exec(this.text(name)!)!;
    const moment = BigInt(seconds + fraction.padEnd(9, '0'));
    return sign ? -moment : moment;
  }
}
