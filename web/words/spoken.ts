/** Everything that the page needs for one language. English is built in; others are fetched on demand. */
import type { Fact } from '../../runtime/journal/event.ts';
import { factLine } from '../../runtime/journal/line.ts';
import type { InspectionSection } from '../../runtime/journal/inspection-section.ts';
import type { PhaseText } from '../../runtime/steps/phases.ts';
import { en, type Words } from './en/en.ts';

export interface Spoken {
  words: Words;
  /** a phase with all its steps (steps.ts) */
  phase(phase: PhaseText): PhaseText;
  omission<O extends { id: string; title: string; see: string }>(omission: O): O;
  /** a message of the daemon (told.ts) */
  message(text: string): string;
  /** a sentence of `drydock why` (told.ts) */
  why(text: string): string;
  evidence(evidence: InspectionSection): InspectionSection;
  fact(fact: Fact): string;
}

export const english: Spoken = {
  words: en,
  phase: (phase) => phase,
  omission: (omission) => omission,
  message: (text) => text,
  why: (text) => text,
  evidence: (evidence) => evidence,
  fact: factLine,
};
