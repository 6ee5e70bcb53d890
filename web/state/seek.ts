/** Where the keys move the cursor: to the next or previous step, call or phase. Pure. */
import type { Event } from '../../runtime/journal/event.ts';

export type Unit = 'step' | 'call' | 'phase';

const marks: Record<Unit, (event: Event) => boolean> = {
  // The cursor stops at a step's end, because its facts are known there.
  step: (event) => event.type === 'step' && (event.at === 'done' || event.at === 'failed' || event.at === 'undone'),
  call: (event) => event.type === 'call',
  phase: (event) => event.type === 'phase' || event.type === 'state',
};

/** The next event of that unit after k, or the previous one before k; undefined if there is none. */
export function seekFrom(events: readonly Event[], k: number, unit: Unit, direction: 1 | -1): number | undefined {
  for (let at = k + direction; at >= 0 && at < events.length; at += direction) if (marks[unit](events[at]!)) return at;
  return undefined;
}
