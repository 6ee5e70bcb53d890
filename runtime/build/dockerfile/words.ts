/** Words of an instruction, and the expansion of variables in them: Dockerfile reference, "Environment replacement". */
import { replaced, tokensOf, withoutEnd, withoutStart } from '../glob/glob.ts';

type Variables = ReadonlyMap<string, string>;

/** Splits at blanks outside of quotes. The quotes and escapes stay in the words. */
export function splitWords(text: string, escape: string): string[] {
  const words: string[] = [];
  let word = '';
  let quote = '';
  for (let at = 0; at < text.length; at++) {
    const c = text[at]!;
    if (c === escape && quote !== "'" && at + 1 < text.length) word += c + text[++at]!;
    else if (quote) {
      if (c === quote) quote = '';
      word += c;
    } else if (/\s/.test(c)) {
      if (word) words.push(word);
      word = '';
    } else {
      if (c === '"' || c === "'") quote = c;
      word += c;
    }
  }
  if (word) words.push(word);
  return words;
}

/**
 * The word with its variables replaced and its quotes removed. Throws Error for an unknown operator, for a missing
 * brace, and for `${v:?text}` of an unset variable.
 */
export function expand(word: string, variables: Variables, escape: string): string {
  return new Expansion(word, variables, escape).all();
}

/** In characters. A value with a substitution in it takes time in proportion to the value times the pattern. */
const VALUE_MOST = 4096;
const PATTERN_MOST = 256;
const REPLACED_MOST = 1024;

class Expansion {
  #at = 0;

  constructor(
    private readonly word: string,
    private readonly variables: Variables,
    private readonly escape: string,
  ) {}

  all(): string {
    return this.#until('');
  }

  /** Up to one of the characters of `stop`, which is not consumed. */
  #until(stop: string, raw = false): string {
    let out = '';
    while (this.#at < this.word.length) {
      const c = this.word[this.#at]!;
      if (stop.includes(c)) return out;
      if (c === "'") out += this.#single();
      else if (c === '"') out += this.#double();
      else if (c === '$') out += this.#variable();
      else if (c === this.escape) {
        if (this.#at + 1 >= this.word.length) return (this.#at++, out + (raw ? c : ''));
        out += (raw ? c : '') + this.word[this.#at + 1]!;
        this.#at += 2;
      } else {
        out += c;
        this.#at++;
      }
    }
    if (stop) throw new Error('syntax error: missing }');
    return out;
  }

  #single(): string {
    const end = this.word.indexOf("'", this.#at + 1);
    if (end < 0) throw new Error('unexpected end of statement while looking for matching single-quote');
    const inside = this.word.slice(this.#at + 1, end);
    this.#at = end + 1;
    return inside;
  }

  #double(): string {
    let out = '';
    this.#at++;
    while (this.#at < this.word.length) {
      const c = this.word[this.#at]!;
      if (c === '"') return (this.#at++, out);
      if (c === '$') out += this.#variable();
      else if (c === this.escape && ['"', '$', this.escape].includes(this.word[this.#at + 1] ?? '')) {
        out += this.word[this.#at + 1]!;
        this.#at += 2;
      } else {
        out += c;
        this.#at++;
      }
    }
    throw new Error('unexpected end of statement while looking for matching double-quote');
  }

  #variable(): string {
    const rest = this.word.slice(this.#at + 1);
    const plain = /^([a-zA-Z_][a-zA-Z0-9_]*|[0-9@*#?!$-])/.exec(rest)?.[0];
    if (plain) {
      this.#at += 1 + plain.length;
      return this.variables.get(plain) ?? '';
    }
    if (rest[0] !== '{') return (this.#at++, '$');
    const name = /^\{([a-zA-Z_][a-zA-Z0-9_]*|[0-9@*#?!$-])/.exec(rest)?.[1];
    if (!name) throw new Error('syntax error: bad substitution');
    this.#at += 2 + name.length;
    const value = this.#modified(name);
    if (this.word[this.#at] !== '}') throw new Error('syntax error: missing }');
    this.#at++;
    return value;
  }

  #modified(name: string): string {
    const value = this.variables.get(name);
    const [operator] = /^(:?[-+?]|##?|%%?|\/\/?)/.exec(this.word.slice(this.#at)) ?? [];
    if (!operator) {
      const next = this.word[this.#at];
      if (next !== undefined && next !== '}') throw new Error(`unsupported modifier (${next}) in substitution`);
      return value ?? '';
    }
    this.#at += operator.length;
    if ('#%/'.includes(operator[0]!)) return this.#cut(operator, value ?? '');
    const other = this.#until('}');
    const set = operator.startsWith(':') ? Boolean(value) : value !== undefined;
    if (operator.endsWith('-')) return set ? value! : other;
    if (operator.endsWith('+')) return set ? other : '';
    if (!set) throw new Error(`${name}: ${other || 'not allowed to be unset'}`);
    return value!;
  }

  #cut(operator: string, value: string): string {
    const isReplace = operator.startsWith('/');
    const glob = this.#until(isReplace ? '/}' : '}', true);
    if (value.length > (isReplace ? REPLACED_MOST : VALUE_MOST) || glob.length > PATTERN_MOST)
      throw new Error('the value or the pattern of a substitution is too long');
    const tokens = tokensOf(glob, false);
    const isLong = operator.length === 2;
    if (!isReplace) return (operator.startsWith('#') ? withoutStart : withoutEnd)(tokens, value, isLong);
    if (this.word[this.#at] === '/') this.#at++;
    const by = this.#until('}');
    return glob ? replaced(tokens, value, by, isLong) : value;
  }
}
