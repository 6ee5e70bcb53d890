/**
 * The state of a container after event k, computed from the journal alone. Pure: frame k in a new tab equals stepping
 * from 0 to k, because both are this function of the same events.
 */
import type { Event, Fact } from './event.ts';

export interface Frame {
  /** the event that this frame follows, and how many events there are */
  k: number;
  of: number;
  time: number;
  /** which start of the container, and the position of its first event */
  run: number | string;
  since: number;
  state: string;
  phase: string;
  /** the step that runs now, if any, and the steps done in this run */
  step?: string;
  done: string[];
  failed?: { step: string; error: string };
  /** the place at which the gate pauses the run, if it does */
  paused?: { step?: string; next?: string };
  /** by kind, then by key: namespaces, mounts, cgroup files, links, addresses, routes, rules, processes, … */
  facts: Partial<Record<Fact['kind'], Record<string, string>>>;
}

/** The frame before the first event. */
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
 * Whether the end of a fact ends the fact `other` too: a removed cgroup has no files, a removed upper directory no
 * entries.
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

/** A new start begins with an empty state, except for the rw layer and the image. */
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
 * The last process has exited, and its namespaces end with it. With them end the mounts, links, addresses and routes in
 * them.
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

/** Whether an event is of an exec. Execs run beside the container's own start, and their steps are not its own. */
const isExec = (event: Event) => typeof event.run === 'string';

/**
 * Whether an event is of a connection that was made or ended while the container runs. What it changes is true of the
 * container, but its steps are not those of the start.
 */
const isOfConnection = (event: Event) => typeof event.run === 'string' && event.run.startsWith('network-');

/** Applies the next event. It changes `frame`. */
export function advance(frame: Frame, event: Event): void {
  frame.k = event.seq;
  frame.time = event.time;
  if (isOfConnection(event) && (event.type === 'call' || event.type === 'fact'))
    return (event.facts ?? []).forEach((fact) => learn(frame, fact));
  if (isExec(event)) return;
  if (event.run !== frame.run) restart(frame, event);
  (handlers[event.type] as ((frame: Frame, event: Event) => void) | undefined)?.(frame, event);
}

/** The frame after event `k`. `k` is limited to the events of the journal; -1 is before the first. */
export function frameAt(events: readonly Event[], k: number): Frame {
  const frame = begin();
  const last = Math.min(k, events.length - 1);
  frame.of = events.length;
  for (let j = 0; j <= last; j++) advance(frame, events[j]!);
  return frame;
}
