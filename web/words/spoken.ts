/**
 * All that the page needs in order to speak a language. English is at hand; others are fetched when they are wanted.
 */
import type { Fact } from '../../runtime/journal/event.ts';
import { factLine } from '../../runtime/journal/line.ts';
import type { Evidence } from '../../runtime/journal/inspection-section.ts';
import type { PhaseText } from '../../runtime/steps/phases.ts';
import { en, type Words } from './en/en.ts';

export interface Spoken {
  words: Words;
  /** a phase with all its steps: steps.ts */
  phase(phase: PhaseText): PhaseText;
  omission<O extends { id: string; title: string; see: string }>(omission: O): O;
  /** what the daemon tells in sentences of its own: told.ts */
  message(text: string): string;
  evidence(evidence: Evidence): Evidence;
  fact(fact: Fact): string;
}

export const english: Spoken = {
  words: en,
  phase: (phase) => phase,
  omission: (omission) => omission,
  message: (text) => text,
  evidence: (evidence) => evidence,
  fact: factLine,
};
