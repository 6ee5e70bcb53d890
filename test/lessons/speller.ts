/** A spell checker with a Hunspell dictionary and our own list of terms. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import nspell from 'nspell';
import { packageRoot } from '../../runtime/syscalls/native.ts';
import type { Word } from './words.ts';

type Language = Word['language'];
const dictionary = (language: Language, suffix: 'aff' | 'dic') =>
  readFileSync(join(packageRoot, `node_modules/dictionary-${language}/index.${suffix}`), 'utf8');
export const termsOf = (language: Language): string[] =>
  readFileSync(join(packageRoot, `test/lessons/words.${language}.txt`), 'utf8')
    .trimEnd()
    .split('\n');

/**
 * nspell first expands each stem with all its endings, which is slow and large for Russian. An ending removes at most a
 * known part of a stem; if no word begins with the rest, the stem cannot produce any of the words and is left out.
 * hunspell(5), "SFX".
 */
function stemsFor(words: readonly string[], aff: string, dic: string): string {
  const stripped = new Map<string, Set<string>>();
  const before = new Set(['']);
  for (const [, kind, flag, strip, add] of aff.matchAll(/^([PS]FX) +(\S+) +(\S+) +([^\s/]+)(?:\/\S*)? +\S/gm)) {
    if (kind === 'PFX') before.add(add!);
    else if (strip !== '0') stripped.set(flag!, (stripped.get(flag!) ?? new Set()).add(strip!));
  }
  const beginnings = new Set(['']);
  for (const word of words)
    for (const prefix of before) {
      if (word.startsWith(prefix))
        for (let n = prefix.length + 1; n <= word.length; n++) beginnings.add(word.slice(prefix.length, n));
    }
  const [, ...lines] = dic.split('\n');
  const kept = lines.filter((line) => {
    const [, name = '', flags = ''] = /^([^/\s]+)(?:\/(\S+))?/.exec(line) ?? [];
    const stem = name.toLowerCase();
    const endings = [...flags]
      .flatMap((flag) => [...(stripped.get(flag) ?? [])])
      .filter((ending) => stem.endsWith(ending));
    return stem && beginnings.has(stem.slice(0, stem.length - Math.max(0, ...endings.map(({ length }) => length))));
  });
  return [kept.length, ...kept].join('\n');
}

export class Speller {
  readonly #terms: ReadonlySet<string>;
  readonly #known: (word: string) => boolean;

  /** `words`: all words that will be checked. */
  constructor(language: Language, words: readonly string[], terms: readonly string[] = termsOf(language)) {
    this.#terms = new Set(terms);
    const parts = [
      ...new Set(
        words.flatMap((word) => [word, ...word.split('-')]).map((word) => word.toLowerCase().replaceAll('’', "'")),
      ),
    ];
    const aff = dictionary(language, 'aff');
    const spell = nspell(
      aff,
      stemsFor([...parts, ...parts.map((word) => word.replaceAll('ё', 'е'))], aff, dictionary(language, 'dic')),
    );
    this.#known = (word) =>
      [word, word.replaceAll('ё', 'е'), word.replace(/'s$/, '')].some((one) => spell.correct(one));
  }

  inDictionary = (word: string): boolean =>
    this.#known(word) || (word.includes('-') && word.split('-').every(this.#known));
  /** The term that a word stands for: the word itself, or without 's and the capital of a sentence's start. */
  term = (word: string): string | undefined =>
    [word, word.replace(/^./, (first) => first.toLowerCase())]
      .flatMap((one) => [one, one.replace(/['’]s?$/, '')])
      .find((one) => this.#terms.has(one));
  spelt = (word: string): boolean => this.inDictionary(word.replaceAll('’', "'")) || this.term(word) !== undefined;
}
