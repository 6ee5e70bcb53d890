/**
 * The phases for readers (the page, a recording, the command line): their texts, and each step's place in the source.
 */
import type { StorageDriver } from '../storage/driver.ts';
import { phases, type PhaseText, type StepSource, phasesWith } from './phases.ts';

/** JSON that the build inserts: source-lines.mjs. */
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

/** With a driver, its steps; without one, the steps of all drivers. */
export const phaseTexts = (driver?: StorageDriver): readonly PhaseText[] =>
  (driver ? phasesWith(driver) : phases).map(textOf);
