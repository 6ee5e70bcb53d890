/** The state machine as a graph: read out of the xstate definition, so that the picture cannot say anything else. */
import { containerMachine } from '../../runtime/container/container.machine.ts';

/** `on`: the machine's event, or how what a state runs has ended; `guard`: taken only if that holds. */
export interface Transition {
  from: string;
  to: string;
  on: string;
  guard?: string;
}
export interface Lifecycle {
  initial: string;
  states: string[];
  transitions: Transition[];
}

/** 'xstate.done.actor.0.container.pulling' → 'done' */
const onOf = (event: string): string =>
  event.startsWith('xstate.done.') ? 'done' : event.startsWith('xstate.error.') ? 'failed' : event;
const guardOf = (guard: unknown): { guard?: string } => (typeof guard === 'string' ? { guard } : {});

export function lifecycle(): Lifecycle {
  const states = Object.values(containerMachine.root.states);
  return {
    initial: String(containerMachine.config.initial),
    states: states.map(({ key }) => key),
    transitions: states.flatMap((state) =>
      [...state.transitions.values()]
        .flat()
        .flatMap(({ eventType, target, guard }) =>
          (target ?? []).map(({ key }) => ({ from: state.key, to: key, on: onOf(eventType), ...guardOf(guard) })),
        ),
    ),
  };
}
