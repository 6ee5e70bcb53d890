/**
 * What the daemon tells in sentences of its own, in the language of the page: why something was refused or failed, and the words in what
 * the kernel was asked for. The English is made in runtime/ and server/, with names and numbers in it; a row of a table is its pattern:
 *
 *   'container {} is {*}: limits are changed while it runs'  →  'контейнер {1} {2}: пределы меняют, пока он работает'
 *
 * {} is a name and stays, {*} is another thing that is told. What no row knows stays in English: better that than nothing.
 */
import type { Language } from '../../lessons/format.ts';
import type { Fact } from '../../runtime/journal/event.ts';
import { factLine } from '../../runtime/journal/line.ts';
import type { Evidence } from '../../runtime/kernel/evidence.ts';
import { evidence } from './ru/told/evidence.ts';
import { failures } from './ru/told/failures.ts';
import { flags } from './ru/told/flags.ts';
import { refusals } from './ru/told/refusals.ts';

export type Rows = readonly (readonly [english: string, other: string])[];
export const toldTables: Record<'messages' | 'evidence', Rows> = { messages: [...refusals, ...failures, ...flags], evidence };

interface Pattern { is: RegExp; nested: readonly boolean[]; said: string }
const escaped = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
const patternOf = ([english, said]: Rows[number]): Pattern => {
  const holes = english.match(/\{\*?\}/g) ?? [];
  return { is: new RegExp(`^${english.split(/\{\*?\}/).map(escaped).join('([^]*?)')}$`), nested: holes.map((hole) => hole === '{*}'), said };
};
const patterns = { messages: toldTables.messages.map(patternOf), evidence: toldTables.evidence.map(patternOf) };

/** Longer ones are no sentences of ours; and a container's name or a file may be in them. */
const MOST = 2000;
const DEEP = 4;

function said(all: readonly Pattern[], text: string, deep = 0): string {
  if (text.length > MOST || deep > DEEP) return text;
  for (const { is, nested, said: other } of all) {
    const found = is.exec(text);
    if (found) return other.replace(/\{(\d)\}/g, (_, n: string) => (nested[Number(n) - 1] ? said(all, found[Number(n)] ?? '', deep + 1) : (found[Number(n)] ?? '')));
  }
  return text;
}

/** A refusal or a failure. */
export const messageWords = (language: Language, message: string): string => (language === 'en' ? message : said(patterns.messages, message));

/** What the kernel says now: our words in it, not the kernel's. */
export const evidenceWords = (language: Language, { title, lines }: Evidence): Evidence =>
  language === 'en' ? { title, lines } : { title: said(patterns.evidence, title), lines: lines.map((line) => said(patterns.evidence, line)) };

const GONE = ' is gone';
/** 'ns net is net:[4026532185]': what became true. */
export function factWords(language: Language, fact: Fact): string {
  const line = factLine(fact);
  if (language === 'en') return line;
  const what = factLine({ ...fact, value: null }).slice(0, -GONE.length);
  return fact.value === null ? `${what}: больше нет` : `${what} — ${line.slice(`${what} is `.length)}`;
}
