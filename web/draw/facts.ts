/** Reads frames and journals for the pictures. */
import type { CallEvent, Event, Fact } from '../../runtime/journal/event.ts';
import type { Frame } from '../../runtime/journal/frame.ts';

export const factsOf = (frame: Frame, kind: Fact['kind']): Record<string, string> => frame.facts[kind] ?? {};
export const fact = (frame: Frame, kind: Fact['kind'], key: string): string | undefined => frame.facts[kind]?.[key];

/** The events of this start of the container up to the frame, without those of execs. */
export const runEvents = (frame: Frame, events: readonly Event[]): Event[] =>
  events.slice(frame.since, frame.k + 1).filter((event) => event.run === frame.run);
/** True if there was a process and it has ended; its namespaces and everything in them are gone too. */
export const hasEnded = (frame: Frame): boolean =>
  !frame.facts.process?.['init'] &&
  ['exiting', 'exited', 'unwinding', 'failed', 'removing', 'removed'].includes(frame.state);
export const isCall = (event: Event): event is CallEvent => event.type === 'call';

/** 'sha256:0123456789ab…' → '0123456789ab', as docker prints ids. */
export const shortDigest = (digest: string): string => digest.replace(/^\w+:/, '').slice(0, 12);
/** True if the previous frame lacked the fact or had another value; such facts are highlighted. */
export const changed = (frame: Frame, previous: Frame | undefined, kind: Fact['kind'], key: string): boolean =>
  previous !== undefined && previous.k !== frame.k && fact(frame, kind, key) !== fact(previous, kind, key);
