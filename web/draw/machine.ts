/** Where are we, where could it go? The lifecycle of runtime/machine/container.machine.ts, its states in places fixed by hand. */
import type { Event } from '../../runtime/journal/event.ts';
import type { Frame } from '../../runtime/journal/frame.ts';
import { duration } from '../../runtime/journal/line.ts';
import { runEvents } from './facts.ts';
import { path, polyline, rect, text, type Drawing, type Item, type Mark, type Tone } from './marks.ts';

const STEP = 94;
const W = 87;
const H = 42;
const ROWS = [58, 150];

interface Place { column: number; row: 0 | 1; words: string; phase?: string }
const places = {
  created: { column: 0, row: 0, words: 'not begun' },
  pulling: { column: 1, row: 0, words: 'the image', phase: 'pull' },
  creating: { column: 2, row: 0, words: 'a process', phase: 'create' },
  layering: { column: 3, row: 0, words: 'its files', phase: 'rw-layer' },
  networking: { column: 4, row: 0, words: 'its cable', phase: 'network' },
  executing: { column: 5, row: 0, words: 'the program', phase: 'exec' },
  running: { column: 6, row: 0, words: 'it runs' },
  exiting: { column: 7, row: 0, words: 'tidying up', phase: 'exit' },
  exited: { column: 8, row: 0, words: 'files kept' },
  failed: { column: 1, row: 1, words: 'nothing left' },
  unwinding: { column: 3, row: 1, words: 'taken back' },
  paused: { column: 6, row: 1, words: 'frozen' },
  removed: { column: 7, row: 1, words: 'gone' },
  removing: { column: 8, row: 1, words: 'its files', phase: 'remove' },
} as const satisfies Record<string, Place>;
export type State = keyof typeof places;
export const phaseOfState = (state: string): string | undefined => (places as Record<string, Place | undefined>)[state]?.phase;

type Way = 'right' | 'down' | 'up' | 'left' | 'again' | 'bus' | 'corner';
interface Edge { from: State; to: State; on: string; way?: Way }
const chain: State[] = ['pulling', 'creating', 'layering', 'networking', 'executing', 'running'];
export const edges: readonly Edge[] = [
  { from: 'created', to: 'pulling', on: 'START', way: 'right' },
  ...chain.slice(1).map((to, j) => ({ from: chain[j]!, to, on: 'done', way: 'right' as const })),
  { from: 'running', to: 'exiting', on: 'EXITED', way: 'right' },
  { from: 'exiting', to: 'exited', on: 'done', way: 'right' },
  { from: 'running', to: 'paused', on: 'PAUSE', way: 'down' },
  { from: 'paused', to: 'running', on: 'RESUME', way: 'up' },
  { from: 'paused', to: 'exiting', on: 'EXITED', way: 'corner' },
  { from: 'exited', to: 'pulling', on: 'START', way: 'again' },
  ...[...chain.slice(0, -1), 'exiting' as const].map((from) => ({ from, to: 'unwinding' as const, on: 'failed', way: from === 'exiting' ? undefined : 'bus' as const })),
  { from: 'unwinding', to: 'failed', on: 'done', way: 'left' },
  { from: 'unwinding', to: 'exited', on: 'done, when the program had run' },
  { from: 'failed', to: 'pulling', on: 'START', way: 'up' },
  { from: 'exited', to: 'removing', on: 'REMOVE', way: 'down' },
  { from: 'removing', to: 'removed', on: 'done', way: 'left' },
  { from: 'created', to: 'removing', on: 'REMOVE' },
  { from: 'failed', to: 'removing', on: 'REMOVE' },
];

const centre = (state: State) => ({ x: 48 + places[state].column * STEP, y: ROWS[places[state].row]! });

/** From the edge of one box to the edge of the other. */
const ways: Record<Way, (from: { x: number; y: number }, to: { x: number; y: number }) => string> = {
  right: (a, b) => polyline([a.x + W / 2, a.y], [b.x - W / 2 - 3, b.y]),
  left: (a, b) => polyline([a.x - W / 2, a.y], [b.x + W / 2 + 3, b.y]),
  down: (a, b) => polyline([a.x - 14, a.y + H / 2], [b.x - 14, b.y - H / 2 - 3]),
  up: (a, b) => polyline([a.x + (a.x === 48 + STEP ? -30 : 14), a.y - H / 2], [b.x + (a.x === 48 + STEP ? -30 : 14), b.y + H / 2 + 3]),
  corner: (a, b) => polyline([a.x + W / 2 - 8, a.y - H / 2], [b.x - W / 2 + 12, b.y + H / 2 + 3]),
  again: (a, b) => polyline([a.x, a.y - H / 2], [a.x, 14], [b.x, 14], [b.x, b.y - H / 2 - 3]),
  bus: (a, b) => polyline([a.x + 16, a.y + H / 2], [a.x + 16, 100], [b.x + 16, 100], [b.x + 16, b.y - H / 2 - 3]),
};

interface Lived { taken: Set<string>; spent: Map<string, number>; last: string }
/** Which edges were taken in this run, and how long each state lasted. */
function lived(frame: Frame, events: readonly Event[]): Lived {
  const taken = new Set<string>();
  const spent = new Map<string, number>();
  let since: number | undefined;
  let last = '';
  for (const event of runEvents(frame, events)) {
    if (event.type !== 'state') continue;
    taken.add(`${event.from}>${event.to}`);
    if (since !== undefined) spent.set(event.from, (spent.get(event.from) ?? 0) + event.time - since);
    since = event.time;
    last = event.from;
  }
  return { taken, spent, last };
}

export type Mood = 'done' | 'active' | 'failed' | 'pending';
const sign: Record<Mood, string> = { done: '✓', active: '▶', failed: '✗', pending: '' };
const tones: Record<Mood, Tone> = { done: 'done', active: 'active', failed: 'failed', pending: 'quiet' };

function moods(frame: Frame, { taken, last }: Lived): Record<State, Mood> {
  const visited = new Set([...taken].flatMap((edge) => edge.split('>')));
  const mood = (state: State): Mood => {
    const broke = [...taken].some((edge) => edge === `${state}>unwinding`);
    if (state === frame.state) return state === 'failed' ? 'failed' : 'active';
    if (broke || (frame.failed && state === last && frame.state === 'unwinding')) return 'failed';
    return visited.has(state) ? 'done' : 'pending';
  };
  return Object.fromEntries((Object.keys(places) as State[]).map((state) => [state, mood(state)])) as Record<State, Mood>;
}

function box(state: State, mood: Mood, spent: number | undefined): Item {
  const { x, y } = centre(state);
  const tone = tones[mood];
  const ink = mood === 'active' || mood === 'failed' ? 'solid' : tone;
  const ms = spent === undefined ? '' : duration(spent * 1e6);
  return {
    key: `state:${state}`, sel: `state:${state}`, x, y,
    label: `${state}: ${places[state].words}; ${mood}${ms && `, ${ms}`}`,
    marks: [
      rect(-W / 2, -H / 2, W, H, tone, mood === 'active' || mood === 'failed' ? 'solid' : mood === 'pending' ? 'outline' : 'soft', 10),
      text(0, -3, `${sign[mood]}${sign[mood] && ' '}${state}`, ink, { anchor: 'middle', bold: true, size: 11.5 }),
      text(0, 12, ms && mood !== 'active' ? ms : places[state].words, ink, { anchor: 'middle', size: 10.5 }),
    ],
  };
}

function arrow({ from, to, on, way }: Edge, taken: boolean): Item[] {
  if (!way) return [];
  const a = centre(from);
  const marks: Mark[] = [path(ways[way](a, centre(to)), taken ? (way === 'bus' ? 'failed' : 'done') : 'quiet', { arrow: true, width: taken ? 2.5 : 1.2, dashed: way === 'bus' })];
  const said: Partial<Record<Way, Mark>> = {
    again: text(48 + 4.5 * STEP, 10, 'start again', 'quiet', { anchor: 'middle', size: 11 }),
    down: text(a.x - 18, 114, from === 'running' ? 'pause, resume' : on.toLowerCase(), 'quiet', { anchor: 'end', size: 11 }),
    ...(from === 'failed' && { up: text(a.x - 36, 114, 'start again', 'quiet', { anchor: 'end', size: 11 }) }),
    ...(from === 'executing' && { bus: text(a.x - 16, 114, 'when a step fails', 'quiet', { size: 11, anchor: 'end' }) }),
  };
  const label = said[way];
  return [{ key: `edge:${from}>${to}`, x: 0, y: 0, marks: label ? [...marks, label] : marks }];
}

function summaryOf({ state, failed, paused }: Frame): string {
  if (failed) return state === 'failed' ? `The run failed at ${failed.step}, and everything was taken back.` : `${failed.step} failed; what was done is being taken back.`;
  return `The container is ${state}${paused ? `; the run is held before ${paused.next ?? paused.step ?? 'the next step'}` : ''}.`;
}

export function drawMachine(frame: Frame, events: readonly Event[]): Drawing {
  const life = lived(frame, events);
  const mood = moods(frame, life);
  const states = Object.keys(places) as State[];
  return {
    width: 96 + 8 * STEP, height: 186,
    items: [
      ...edges.flatMap((edge) => arrow(edge, life.taken.has(`${edge.from}>${edge.to}`))),
      ...states.map((state) => box(state, mood[state], life.spent.get(state))),
    ],
    table: {
      columns: ['state', 'what happens', 'so far', 'lasted', 'can go to'],
      rows: states.map((state) => ({
        key: state, sel: `state:${state}`,
        cells: [
          state, places[state].words, `${sign[mood[state]]} ${mood[state]}`.trim(), life.spent.has(state) ? duration(life.spent.get(state)! * 1e6) : '',
          edges.filter(({ from }) => from === state).map(({ to, on }) => `${to} (${on})`).join(', '),
        ],
      })),
    },
    summary: summaryOf(frame),
  };
}
