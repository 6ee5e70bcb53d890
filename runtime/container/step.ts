/** The steps of a container: what an operation's step is when nothing else is named that it works on. */
import type { Container } from './container.ts';
import type { Phase as PhaseOf, Step as StepOf } from '../operation/step.ts';

export type Step<C = Container> = StepOf<C>;
export type Phase<C = Container> = PhaseOf<C>;
