/**
 * What the daemon tells in sentences of its own, in the language of the page: why something was refused or failed, and
 * the words in what the kernel was asked for. What no row knows stays in English: better that than nothing.
 */
import type { Language } from '../../lessons/format.ts';
import type { Evidence } from '../../runtime/journal/inspection-section.ts';
import { patternOf, said, type Rows } from './tables/rows.ts';
import { evidence } from './ru/told/evidence.ts';
import { failures } from './ru/told/failures.ts';
import { flags } from './ru/told/flags.ts';
import { refusals } from './ru/told/refusals.ts';

export const toldTables: Record<'messages' | 'evidence', Rows> = {
  messages: [...refusals, ...failures, ...flags],
  evidence,
};

const patterns = { messages: toldTables.messages.map(patternOf), evidence: toldTables.evidence.map(patternOf) };

/** A refusal or a failure. */
export const messageWords = (language: Language, message: string): string =>
  language === 'en' ? message : said(patterns.messages, message);

/** What the kernel says now: our words in it, not the kernel's. */
export const evidenceWords = (language: Language, { title, lines }: Evidence): Evidence =>
  language === 'en'
    ? { title, lines }
    : { title: said(patterns.evidence, title), lines: lines.map((line) => said(patterns.evidence, line)) };
