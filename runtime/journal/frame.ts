/**
 * What was true after event k, from the journal alone. Pure: frame k in a fresh tab equals stepping from 0 to k,
 * because both are this function of the same events.
 */
import type { Event, Fact } from './event.ts';

export interface Frame {
  /** the event that this frame follows, and how many there are */
  k: number;
  of: number;
  time: number;
  /** which start of the container, and the event with which it began */
  run: number | string;
  since: number;
  state: string;
  phase: string;
  /** the step under way, if any, and those done in this run */
  step?: string;
  done: string[];
  failed?: { step: string; error: string };
  /** where the gate holds the run, if it does */
  paused?: { step?: string; next?: string };
  /** by kind, then by key: namespaces, mounts, cgroup files, links, addresses, routes, rules, processes, … */
  facts: Partial<Record<Fact['kind'], Record<string, string>>>;
}

/** Before everything. */
export const begin = (): Frame => ({
  k: -1,
  of: 0,
  time: 0,
  run: 0,
  since: 0,
  state: 'created',
  phase: '',
  done: [],
  facts: {},
});

/**
 * A fact about a directory speaks for what lies in it: a cgroup that is gone has no files, an upper directory that is
 * gone no entries.
 */
const speaksFor = ({ kind, key }: Fact, other: string): boolean =>
  other === key || (kind === 'cgroup' ? other.includes(`${key}/`) : kind === 'upper' && other.startsWith(`${key}/`));
function learn(frame: Frame, fact: Fact): void {
  const known = (frame.facts[fact.kind] ??= {});
  if (fact.value !== null) return void (known[fact.key] = fact.value);
  for (const key of Object.keys(known)) if (speaksFor(fact, key)) delete known[key];
  if (!Object.keys(known).length) delete frame.facts[fact.kind];
  if (fact.kind === 'file' && fact.key === 'upper') delete frame.facts.upper;
}

/** A new start begins anew; the rw layer and the image are still what they were. */
function restart(frame: Frame, { run, seq }: Event): void {
  const { image, file, upper } = frame.facts;
  Object.assign(frame, {
    run,
    since: seq,
    done: [],
    facts: { ...(image && { image }), ...(file && { file }), ...(upper && { upper }) },
  });
  delete frame.failed;
}

/**
 * With the last process its namespaces go, and with them everything that lived in them: mounts, links, addresses,
 * routes.
 */
function ended(frame: Frame): void {
  for (const kind of ['ns', 'mount', 'root', 'link', 'address', 'route', 'process', 'security'] as const)
    delete frame.facts[kind];
}

const handlers: { [T in Event['type']]?: (frame: Frame, event: Extract<Event, { type: T }>) => void } = {
  state: (frame, { to }) => {
    frame.state = to;
    if (to === 'exited' || to === 'failed') ended(frame);
  },
  phase: (frame, { phase, at }) => {
    if (at === 'enter') frame.phase = phase;
  },
  step: (frame, { step = '', at, error }) => {
    if (at === 'start' || at === 'undo') frame.step = step;
    else delete frame.step;
    if (at === 'done') frame.done.push(step);
    if (at === 'undone') frame.done = frame.done.filter((id) => id !== step);
    if (at === 'failed' && !frame.failed) frame.failed = { step, error: error ?? '' };
  },
  gate: (frame, { at, step, next }) => {
    if (at === 'paused') frame.paused = { ...(step && { step }), ...(next && { next: `${next.actor}.${next.name}` }) };
    else delete frame.paused;
  },
  call: (frame, { facts = [] }) => facts.forEach((fact) => learn(frame, fact)),
  fact: (frame, { facts }) => facts.forEach((fact) => learn(frame, fact)),
};

/** Execs run beside the container's own start; their steps are not its own. */
const isExec = (event: Event) => typeof event.run === 'string';

/** Goes on with the next event. Changes the frame; what it held before is lost. */
export function advance(frame: Frame, event: Event): void {
  frame.k = event.seq;
  frame.time = event.time;
  if (isExec(event)) return;
  if (event.run !== frame.run) restart(frame, event);
  (handlers[event.type] as ((frame: Frame, event: Event) => void) | undefined)?.(frame, event);
}

/** `k` is clamped to the journal; -1 is before everything. */
export function frameAt(events: readonly Event[], k: number): Frame {
  const frame = begin();
  const last = Math.min(k, events.length - 1);
  frame.of = events.length;
  for (let j = 0; j <= last; j++) advance(frame, events[j]!);
  return frame;
}
