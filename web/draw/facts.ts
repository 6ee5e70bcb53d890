/** Reading frames and journals for pictures. */
import type { CallEvent, Event, Fact } from '../../runtime/journal/event.ts';
import type { Frame } from '../../runtime/journal/frame.ts';

export const factsOf = (frame: Frame, kind: Fact['kind']): Record<string, string> => frame.facts[kind] ?? {};
export const fact = (frame: Frame, kind: Fact['kind'], key: string): string | undefined => frame.facts[kind]?.[key];

/** The events of this start of the container, up to the frame: without those of execs. */
export const runEvents = (frame: Frame, events: readonly Event[]): Event[] =>
  events.slice(frame.since, frame.k + 1).filter((event) => event.run === frame.run);
/** There was a process, and it has ended: with it went its namespaces and all that lived in them. */
export const hasEnded = (frame: Frame): boolean =>
  !frame.facts.process?.['init'] &&
  ['exiting', 'exited', 'unwinding', 'failed', 'removing', 'removed'].includes(frame.state);
export const isCall = (event: Event): event is CallEvent => event.type === 'call';

/** 'sha256:0123456789ab…' → '0123456789ab', as docker shows ids. */
export const shortDigest = (digest: string): string => digest.replace(/^\w+:/, '').slice(0, 12);
/** Whether the last frame did not have it, or had it otherwise: what has just changed is marked. */
export const changed = (frame: Frame, previous: Frame | undefined, kind: Fact['kind'], key: string): boolean =>
  previous !== undefined && previous.k !== frame.k && fact(frame, kind, key) !== fact(previous, kind, key);
