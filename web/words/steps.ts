/** Steps and phases in the page's language. The English texts are in runtime/steps; translations are looked up here. */
import type { Language } from '../../lessons/format.ts';
import type { PhaseText } from '../../runtime/steps/phases.ts';
import { archives } from './ru/steps/archives.ts';
import { create } from './ru/steps/create.ts';
import { end } from './ru/steps/end.ts';
import { importing } from './ru/steps/import.ts';
import { initProgram } from './ru/steps/init-program.ts';
import { initTree } from './ru/steps/init-tree.ts';
import { exec } from './ru/steps/exec.ts';
import { network } from './ru/steps/network.ts';
import { networks } from './ru/steps/networks.ts';
import { omissions } from './ru/steps/omissions.ts';
import { phaseTitles } from './ru/steps/phases.ts';
import { pull } from './ru/steps/pull.ts';
import { push } from './ru/steps/push.ts';
import { rwLayer } from './ru/steps/rw-layer.ts';
import { commit } from './ru/steps/commit.ts';
import { checkpoint } from './ru/steps/checkpoint.ts';
import { copying } from './ru/steps/copying.ts';
import { building } from './ru/steps/building.ts';
import { volumes } from './ru/steps/volumes.ts';
import type { StepTable } from './tables/step-table.ts';

type Other = Exclude<Language, 'en'>;
const isOther = (language: Language): language is Other => language !== 'en';

export const stepTables: Record<Other, StepTable> = {
  ru: {
    ...pull,
    ...create,
    ...rwLayer,
    ...network,
    ...networks,
    ...initTree,
    ...initProgram,
    ...end,
    ...exec,
    ...checkpoint,
    ...copying,
    ...commit,
    ...building,
    ...archives,
    ...push,
    ...importing,
    ...volumes,
  },
};
export const phaseTables: Record<Other, Readonly<Record<string, string>>> = { ru: phaseTitles };
export const omissionTables: Record<Other, Readonly<Record<string, { title: string; see: string }>>> = {
  ru: omissions,
};

/**
 * A step with its title and explanation in that language. A step without a translation, such as one of a newer daemon,
 * stays as the daemon sent it.
 */
export const stepWords = <S extends { id: string; title: string; explain: string }>(language: Language, step: S): S =>
  isOther(language) ? { ...step, ...stepTables[language][step.id] } : step;

/** A phase with all its steps. */
export const phaseWords = (language: Language, phase: PhaseText): PhaseText =>
  isOther(language)
    ? {
        ...phase,
        title: phaseTables[language][phase.id] ?? phase.title,
        steps: phase.steps.map((step) => stepWords(language, step)),
      }
    : phase;

/** A part that can be left out (`--leave-out`). */
export const omissionWords = <O extends { id: string; title: string; see: string }>(
  language: Language,
  omission: O,
): O => (isOther(language) ? { ...omission, ...omissionTables[language][omission.id] } : omission);
