/** The steps of an instruction, before they belong to one. */
import type { BuildContext, Place, StageState } from '../../build/build.ts';
import type { Kernel } from '../../kernel/kernel.ts';
import type { Step } from '../../operation/step.ts';

export type BuildStep = Step<BuildContext>;
export interface Template extends Omit<BuildStep, 'do' | 'when'> {
  when?(c: BuildContext): boolean;
  do(k: Kernel, c: BuildContext, place: Place): Promise<void>;
}

/** --no-cache, or --no-cache-filter with this stage. */
export const isOff = ({ asked, stage }: Pick<BuildContext, 'asked' | 'stage'>): boolean =>
  asked.noCache || (asked.noCacheStages?.some((one) => one.toLowerCase() === stage?.name) ?? false);

/** The stage of this context. */
export const stageOf = (c: BuildContext): StageState => c.stage!;
