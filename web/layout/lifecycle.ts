/**
 * The state machine as a graph. It is read from the xstate definition, so that picture and definition cannot differ.
 */
import { containerMachine } from '../../runtime/container/container.machine.ts';

/** `on`: the machine's event, or how the state's own actor ended; `guard`: the condition of the transition. */
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
