/**
 * Builds a journal of any length from real ones: many starts of one container, and in the last of them one exec after
 * another.
 */
import type { Event } from '../../../runtime/journal/event.ts';
import { journal, names } from '../../web/draw/journals.ts';

const GAP_MS = 1500;

/** Appends events to the journal, with their numbers, times and run adjusted. */
function append(to: Event[], events: readonly Event[], run: number, exec: string): void {
  const shift = (to.at(-1)?.time ?? events[0]!.time) + (to.length ? GAP_MS : 0) - events[0]!.time;
  for (const event of events)
    to.push({ ...event, seq: to.length, time: event.time + shift, run: typeof event.run === 'string' ? exec : run });
}

export function longJournal(count: number): Event[] {
  const made: Event[] = [];
  const runs = names.map((name) => journal(name).filter((event) => typeof event.run === 'number' || name === 'limits'));
  let run = 1;
  for (; made.length < count / 2; run++)
    append(made, runs[run % runs.length]!, run, `exec-${run.toString(16).padStart(12, '0')}`);
  const last = journal('limits');
  const begun = last.findIndex((event) => event.type === 'state' && event.to === 'running') + 1;
  const exec = last.filter((event) => typeof event.run === 'string');
  const end = last.slice(begun).filter((event) => typeof event.run === 'number');
  append(made, last.slice(0, begun), run, '');
  for (let n = 1; made.length < count - exec.length - end.length; n++)
    append(made, exec, run, `exec-e${n.toString(16).padStart(11, '0')}`);
  append(made, end, run, '');
  for (; made.length < count;)
    append(made, [{ seq: 0, time: made.at(-1)!.time, run, type: 'note', text: 'nothing more' }], run, '');
  return made;
}
