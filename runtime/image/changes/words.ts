/**
 * Words of a Dockerfile's instruction: quotes, backslashes and variables. Dockerfile reference, "Environment
 * replacement".
 */
import { badParameter } from '../../errors/api-error.ts';

/** The value of a variable; undefined when it is not set. */
export type Lookup = (name: string) => string | undefined;

const VARIABLE = /^\$(?:([A-Za-z_][A-Za-z0-9_]*)|\{([A-Za-z_][A-Za-z0-9_]*)(?::([-+])([^{}]*))?\})/;

function valueOf([, plain, braced, how, other = '']: RegExpExecArray, lookup: Lookup): string {
  const value = lookup(plain ?? braced ?? '') ?? '';
  if (how === '-') return value || other;
  if (how === '+') return value && other;
  return value;
}

/** Splits at spaces outside of quotes. Quotes are taken away, and variables replaced except in single quotes. */
export function words(text: string, lookup: Lookup): string[] {
  const found: string[] = [];
  let word: string | undefined;
  let quote = '';
  for (let i = 0; i < text.length; i++) {
    const letter = text[i]!;
    if (letter === quote) {
      quote = '';
    } else if (!quote && /\s/.test(letter)) {
      if (word !== undefined) found.push(word);
      word = undefined;
    } else if (!quote && (letter === '"' || letter === "'")) {
      quote = letter;
      word ??= '';
    } else if (letter === '\\' && quote !== "'" && i + 1 < text.length && (!quote || /["$\\]/.test(text[i + 1]!))) {
      word = (word ?? '') + text[++i]!;
    } else {
      const variable = letter === '$' && quote !== "'" ? VARIABLE.exec(text.slice(i)) : null;
      word = (word ?? '') + (variable ? valueOf(variable, lookup) : letter);
      if (variable) i += variable[0].length - 1;
    }
  }
  if (quote)
    throw badParameter(
      `unexpected end of statement while looking for matching ${quote === '"' ? 'double' : 'single'}-quote`,
    );
  if (word !== undefined) found.push(word);
  return found;
}

/** `["a", "b"]`; undefined for anything that is not a JSON list of strings. */
export function execForm(text: string): string[] | undefined {
  if (!text.startsWith('[')) return undefined;
  try {
    const value = JSON.parse(text) as unknown;
    return Array.isArray(value) && value.every((one) => typeof one === 'string') ? value : undefined;
  } catch {
    return undefined;
  }
}

/** `A=b C="d e"`, or the older form `A b`, whose value is the rest of the line. */
export function pairsOf(command: string, text: string, lookup: Lookup): [key: string, value: string][] {
  if (!text) throw badParameter(`${command} requires at least one argument`);
  const [, key, rest] = /^([^\s=]+)\s+(.*)$/s.exec(text) ?? [];
  if (key) return [[words(key, lookup).join(' '), words(rest!, lookup).join(' ')]];
  return words(text, lookup).map((word) => {
    const at = word.indexOf('=');
    if (at < 0)
      throw badParameter(
        text.includes('=')
          ? `Syntax error - can't find = in ${JSON.stringify(word)}. Must be of the form: name=value`
          : `${command} must have two arguments`,
      );
    if (!at) throw badParameter(`${command} names can not be blank`);
    return [word.slice(0, at), word.slice(at + 1)];
  });
}
