/**
 * Ids that steps, phases and states had until version 0.2. They are in journals and recordings that were kept, in links
 * and in commands that people have written down.
 *
 *   what                                    until 0.2    now
 *   the container's first process           exec.*       init.*
 *   another process, of `drydock exec`      join.*       exec.*
 *   the state while the first is made       executing    starting
 *
 * `exec` is a former and a present id. In a journal the run decides: those of a start are numbers, those of an exec
 * texts. In a breakpoint or a link it can mean either.
 */
import type { Event } from './event.ts';

interface Renamed {
  former: string;
  now: string;
  /** whether the events of such a run had the former id */
  inRun: (run: Event['run']) => boolean;
}
const renamed: readonly Renamed[] = [
  { former: 'exec', now: 'init', inRun: (run) => typeof run === 'number' },
  { former: 'join', now: 'exec', inRun: (run) => typeof run === 'string' },
];
const now = new Set(renamed.map((one) => one.now));

/** The phase of a step's or phase's id, and the rest; of a breakpoint also what stands before: 'undo:exec.execve#2'. */
const parts = (id: string): [before: string, phase: string, rest: string] => {
  const [, before = '', phase = '', rest = ''] = /^(undo:)?([^.#]*)(.*)$/s.exec(id) ?? [];
  return [before, phase, rest];
};

/** The present id of a step or phase in an event of this run. A present id is returned as it is. */
export function presentId(id: string, run: Event['run']): string {
  const [before, phase, rest] = parts(id);
  const found = renamed.find(({ former, inRun }) => former === phase && inRun(run));
  return found ? `${before}${found.now}${rest}` : id;
}

/** Every present id that this one may mean: 'exec.sysctls' → exec.sysctls and init.sysctls. */
export function meaningsOf(id: string): string[] {
  const [before, phase, rest] = parts(id);
  const meant = renamed.filter(({ former }) => former === phase).map((one) => `${before}${one.now}${rest}`);
  return !meant.length || now.has(phase) ? [id, ...meant] : meant;
}

const presentState = (state: string): string => (state === 'executing' ? 'starting' : state);

/** The event with present ids; the same object when it has no former id. */
export function withPresentIds(event: Event): Event {
  if (event.type === 'state') {
    const [from, to] = [presentState(event.from), presentState(event.to)];
    return from === event.from && to === event.to ? event : { ...event, from, to };
  }
  const { run, step } = event;
  const id = step === undefined ? step : presentId(step, run);
  if (event.type === 'phase') {
    const phase = presentId(event.phase, run);
    return phase === event.phase && id === step ? event : { ...event, phase, ...(id !== undefined && { step: id }) };
  }
  return id === step ? event : ({ ...event, step: id } as Event);
}
