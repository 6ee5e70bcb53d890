/** The step and phase types for containers, the usual subject of a step. */
import type { Container } from './container.ts';
import type { Phase as PhaseOf, Step as StepOf } from '../operation/step.ts';

export type Step<C = Container> = StepOf<C>;
export type Phase<C = Container> = PhaseOf<C>;
