/**
 * The words in the course's files: prose, titles, hints and questions, but not code, ids, and names of files and manual
 * pages.
 */
import { readFront } from '../../lessons/front-matter.ts';
import { Place } from '../../lessons/trouble.ts';

export interface Word {
  file: string;
  line: number;
  word: string;
  language: 'en' | 'ru';
}
interface Text {
  line: number;
  text: string;
}

const blank = (text: string) => text.replace(/[^\n]/g, ' ');
/** The stress mark in бо́льший, which distinguishes two words. */
const STRESS = /\u0301/g;
/** Removes everything except prose; each word stays on its line. */
const prose = (text: string): string =>
  text
    .replace(STRESS, '')
    .replace(/^ *```[^]*?^ *```/gm, blank)
    .replace(/`[^`]*`/g, blank)
    .replace(/\{\{\w+\}\}|\[!\w+\]|\[\[machine\]\]/g, blank)
    .replace(/\[\[[a-z]+:[^\]|]*(?:\||\]\])/g, blank)
    .replace(/\]\([^)]*\)|https?:\/\/[^\s)]*/g, blank);

/** Tokens that are not words: paths, files, options, numbers, manual pages, settings. */
const isName = (token: string) => /[/_=@\\$<>+]|\d|^-|\w\.\w|\w\(|^\.\w/.test(token);
/** Constants and abbreviations: SIGKILL, NAT, MS_SHARED. */
const isConstant = (word: string) => word.length > 1 && word === word.toUpperCase();

export function* wordsOf(text: string): Generator<Omit<Word, 'file'>> {
  for (const [j, line] of prose(text).split('\n').entries()) {
    for (const token of line.split(/[\s«»“”"„…—–|*,;!?]+|[.:)]+(?:\s|$)/)) {
      const bare = token.replace(/^[([]+|[\])]+$/g, '');
      if (!bare || isName(bare)) continue;
      for (const [word] of bare.matchAll(/[А-Яа-яЁё]+(?:-[А-Яа-яЁё]+)*|[A-Za-z]+(?:['’][A-Za-z]+)*/g))
        if (!isConstant(word)) yield { line: j + 1, word, language: /[A-Za-z]/.test(word) ? 'en' : 'ru' };
    }
  }
}

/** The texts in a lesson's or module's front matter that a reader sees. */
function* told(source: string): Generator<Text> {
  const front = readFront(source, new Place('', []));
  if (!front) return;
  const text = (value: unknown, ...path: (string | number)[]): Text[] =>
    typeof value === 'string' ? [{ line: front.line(...path), text: value }] : [];
  function* optionsOf(options: readonly unknown[], ...path: (string | number)[]): Generator<Text> {
    for (const [n, option] of options.entries()) {
      const { say, why } =
        typeof option === 'object' && option !== null ? (option as { say?: unknown; why?: unknown }) : { say: option };
      yield* text(say, ...path, 'options', n);
      yield* text(why, ...path, 'options', n);
    }
  }
  const { title, about, tasks, quiz, predict } = front.data as {
    title?: unknown;
    about?: unknown;
    tasks?: Record<string, { hints?: unknown[] }>;
    quiz?: { ask?: unknown; options?: unknown[]; because?: unknown }[];
    predict?: { options?: unknown[] }[];
  };
  yield* text(title, 'title');
  yield* text(about, 'about');
  for (const [id, { hints = [] }] of Object.entries(tasks ?? {})) {
    for (const [j, hint] of hints.entries())
      yield* text(
        typeof hint === 'object' && hint !== null && 'say' in hint ? hint.say : hint,
        'tasks',
        id,
        'hints',
        j,
      );
  }
  for (const [j, { ask, options = [], because }] of (quiz ?? []).entries()) {
    yield* text(ask, 'quiz', j, 'ask');
    yield* optionsOf(options, 'quiz', j);
    yield* text(because, 'quiz', j, 'because');
  }
  for (const [j, { options = [] }] of (predict ?? []).entries()) yield* optionsOf(options, 'predict', j);
  yield { line: front.bodyLine, text: front.body };
}

/** `source`: the text of a lesson, a challenge, a module or a glossary. */
export function* wordsIn(file: string, source: string): Generator<Word> {
  const texts = source.startsWith('---\n')
    ? told(source)
    : [{ line: 1, text: source.replace(/^## [a-z0-9-]+ \|/gm, blank) }];
  for (const { line, text } of texts)
    for (const word of wordsOf(text)) yield { ...word, file, line: word.line + line - 1 };
}
