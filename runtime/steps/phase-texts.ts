/**
 * The phases as they are read elsewhere, by the page, a recording and the command line: words, and where each step
 * stands in the source.
 */
import { phases, type PhaseText, type StepSource } from './phases.ts';

/** JSON, put in while building: source-lines.mjs. */
declare const STEP_SOURCES: string | undefined;

const sources = JSON.parse(typeof STEP_SOURCES === 'string' ? STEP_SOURCES : '{}') as Readonly<
  Record<string, StepSource>
>;
const sourceOf = (step: string): StepSource | undefined =>
  sources[step] ?? Object.entries(sources).find(([key]) => key.endsWith('*') && step.startsWith(key.slice(0, -1)))?.[1];

export const phaseTexts: readonly PhaseText[] = phases.map(({ id, title, steps }) => ({
  id,
  title,
  steps: steps.map(({ id: step, title: name, explain }) => ({
    id: step,
    title: name,
    explain,
    ...(sourceOf(step) && { source: sourceOf(step)! }),
  })),
}));
