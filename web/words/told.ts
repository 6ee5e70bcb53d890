/**
 * The daemon's messages in the page's language: why something was refused or failed, and Drydock's words in what the
 * kernel reported. A message that matches no row stays in English.
 */
import type { Language } from '../../lessons/format.ts';
import type { InspectionSection } from '../../runtime/journal/inspection-section.ts';
import { patternOf, said, type Rows } from './tables/rows.ts';
import { build } from './ru/told/build.ts';
import { evidence } from './ru/told/evidence.ts';
import { failures } from './ru/told/failures.ts';
import { flags } from './ru/told/flags.ts';
import { refusals } from './ru/told/refusals.ts';
import { why } from './ru/told/why.ts';

export const toldTables: Record<'messages' | 'evidence' | 'why', Rows> = {
  messages: [...refusals, ...failures, ...flags],
  evidence,
  why: [...why, ...build],
};

const patterns = {
  messages: toldTables.messages.map(patternOf),
  evidence: toldTables.evidence.map(patternOf),
  why: toldTables.why.map(patternOf),
};

/** The message of a refused or failed request. */
export const messageWords = (language: Language, message: string): string =>
  language === 'en' ? message : said(patterns.messages, message);

/** What the kernel reports now: Drydock's words are translated, the kernel's are not. */
export const evidenceWords = (language: Language, { title, lines }: InspectionSection): InspectionSection =>
  language === 'en'
    ? { title, lines }
    : { title: said(patterns.evidence, title), lines: lines.map((line) => said(patterns.evidence, line)) };

/** A sentence of `drydock why`, the title of one of its hops, or a reason of `drydock build why`. */
export const whyWords = (language: Language, text: string): string =>
  language === 'en' ? text : said(patterns.why, text);
