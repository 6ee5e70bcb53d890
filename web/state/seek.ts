/** Where the keys go in a journal: from step to step, call to call, phase to phase. Pure. */
import type { Event } from '../../runtime/journal/event.ts';

export type Unit = 'step' | 'call' | 'phase';

const marks: Record<Unit, (event: Event) => boolean> = {
  // a step is looked at when it is over: then its facts are there
  step: (event) => event.type === 'step' && (event.at === 'done' || event.at === 'failed' || event.at === 'undone'),
  call: (event) => event.type === 'call',
  phase: (event) => event.type === 'phase' || event.type === 'state',
};

/** The next such event after (or before) k; undefined where there is none. */
export function seekFrom(events: readonly Event[], k: number, unit: Unit, direction: 1 | -1): number | undefined {
  for (let at = k + direction; at >= 0 && at < events.length; at += direction) if (marks[unit](events[at]!)) return at;
  return undefined;
}
