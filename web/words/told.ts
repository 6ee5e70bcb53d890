/**
 * The daemon's messages in the page's language: why something was refused or failed, and Drydock's words in what the
 * kernel reported. A message that matches no row stays in English.
 */
import type { Language } from '../../lessons/format.ts';
import type { InspectionSection } from '../../runtime/journal/inspection-section.ts';
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

/** The message of a refused or failed request. */
export const messageWords = (language: Language, message: string): string =>
  language === 'en' ? message : said(patterns.messages, message);

/** What the kernel reports now: Drydock's words are translated, the kernel's are not. */
export const evidenceWords = (language: Language, { title, lines }: InspectionSection): InspectionSection =>
  language === 'en'
    ? { title, lines }
    : { title: said(patterns.evidence, title), lines: lines.map((line) => said(patterns.evidence, line)) };
