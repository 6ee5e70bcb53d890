/** One start from its journal: the total time, and the time of each step. */
import type { CallEvent, Event } from '../../runtime/journal/event.ts';

/** `asked`: calls that the stage or the shim makes for the daemon; one message holds several of them. */
export interface Start {
  ms: number;
  events: Event[];
  steps: Record<string, number>;
  calls: Record<string, number>;
  asked: Record<string, number>;
}

/** From the state machine's first transition to the end of execve(2). */
export function startOf(events: readonly Event[]): Start {
  const first = events.findIndex((e) => e.type === 'state' && e.from === 'created');
  const last = events.findIndex((e) => e.type === 'call' && e.name === 'execve' && e.actor === 'stage' && e.ret === 0);
  if (first < 0 || last < 0) throw new Error('the journal has no start that succeeded');
  const part = events.slice(first, last + 1);
  const steps: Record<string, number> = {};
  const calls: Record<string, number> = {};
  const asked: Record<string, number> = {};
  for (const event of events.slice(first)) {
    if (event.type === 'step' && event.at === 'done' && event.step) steps[event.step] = (event.ns ?? 0) / 1e6;
    if (event.step === 'init.execve' && event.type === 'step') break;
  }
  for (const event of part.filter((e): e is CallEvent => e.type === 'call')) {
    const name = `${event.actor}.${event.name}`;
    calls[name] = (calls[name] ?? 0) + event.ns / 1e6;
    if (event.actor !== 'daemon') asked[event.step ?? ''] = (asked[event.step ?? ''] ?? 0) + 1;
  }
  return { ms: events[last]!.time - events[first]!.time, events: part, steps, calls, asked };
}
