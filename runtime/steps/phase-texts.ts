/**
 * The phases as they are read elsewhere, by the page, a recording and the command line: words, and where each step
 * stands in the source.
 */
import type { StorageDriver } from '../storage/driver.ts';
import { phases, type PhaseText, type StepSource, walkWith } from './phases.ts';

/** JSON, put in while building: source-lines.mjs. */
declare const STEP_SOURCES: string | undefined;

const sources = JSON.parse(typeof STEP_SOURCES === 'string' ? STEP_SOURCES : '{}') as Readonly<
  Record<string, StepSource>
>;
const sourceOf = (step: string): StepSource | undefined =>
  sources[step] ?? Object.entries(sources).find(([key]) => key.endsWith('*') && step.startsWith(key.slice(0, -1)))?.[1];

const textOf = ({ id, title, steps }: PhaseText): PhaseText => ({
  id,
  title,
  steps: steps.map(({ id: step, title: name, explain }) => ({
    id: step,
    title: name,
    explain,
    ...(sourceOf(step) && { source: sourceOf(step)! }),
  })),
});

/** With the steps of the daemon's storage driver; without a driver those of all. */
export const phaseTexts = (driver?: StorageDriver): readonly PhaseText[] =>
  (driver ? walkWith(driver).phases : phases).map(textOf);
