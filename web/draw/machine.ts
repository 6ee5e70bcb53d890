/** Where are we, where could it go? The lifecycle of runtime/machine/container.machine.ts, its states in places fixed by hand. */
import type { Event } from '../../runtime/journal/event.ts';
import type { Frame } from '../../runtime/journal/frame.ts';
import { duration } from '../../runtime/journal/line.ts';
import { runEvents } from './facts.ts';
import { path, polyline, rect, text, type Drawing, type Item, type Mark, type Tone } from './marks.ts';

const STEP = 97;
const W = 85;
const H = 42;
const ROWS = [32, 120, 208];

interface Place { column: number; row: 0 | 1 | 2; words: string; phase?: string }
const places = {
  created: { column: 0, row: 0, words: 'not begun' },
  pulling: { column: 1, row: 0, words: 'the image', phase: 'pull' },
  creating: { column: 2, row: 0, words: 'a process', phase: 'create' },
  layering: { column: 3, row: 0, words: 'its files', phase: 'rw-layer' },
  networking: { column: 4, row: 0, words: 'its cable', phase: 'network' },
  executing: { column: 5, row: 0, words: 'the program', phase: 'exec' },
  running: { column: 5, row: 1, words: 'it runs' },
  exiting: { column: 5, row: 2, words: 'tidying up', phase: 'exit' },
  exited: { column: 4, row: 2, words: 'files kept' },
  failed: { column: 1, row: 1, words: 'nothing left' },
  unwinding: { column: 2, row: 1, words: 'taken back' },
  paused: { column: 4, row: 1, words: 'frozen' },
  removed: { column: 2, row: 2, words: 'gone' },
  removing: { column: 3, row: 2, words: 'its files', phase: 'remove' },
} as const satisfies Record<string, Place>;
export type State = keyof typeof places;
export const phaseOfState = (state: string): string | undefined => (places as Record<string, Place | undefined>)[state]?.phase;

type Way = 'right' | 'down' | 'up' | 'left' | 'freeze' | 'thaw' | 'again' | 'bus' | 'corner';
interface Edge { from: State; to: State; on: string; way?: Way }
const chain: State[] = ['pulling', 'creating', 'layering', 'networking', 'executing', 'running'];
export const edges: readonly Edge[] = [
  { from: 'created', to: 'pulling', on: 'START', way: 'right' },
  ...chain.slice(1).map((to, j) => ({ from: chain[j]!, to, on: 'done', way: to === 'running' ? 'down' as const : 'right' as const })),
  { from: 'running', to: 'exiting', on: 'EXITED', way: 'down' },
  { from: 'exiting', to: 'exited', on: 'done', way: 'left' },
  { from: 'running', to: 'paused', on: 'PAUSE', way: 'freeze' },
  { from: 'paused', to: 'running', on: 'RESUME', way: 'thaw' },
  { from: 'paused', to: 'exiting', on: 'EXITED', way: 'corner' },
  { from: 'exited', to: 'pulling', on: 'START', way: 'again' },
  ...[...chain.slice(0, -1), 'exiting' as const].map((from) => ({ from, to: 'unwinding' as const, on: 'failed', way: from === 'exiting' ? undefined : 'bus' as const })),
  { from: 'unwinding', to: 'failed', on: 'done', way: 'left' },
  { from: 'unwinding', to: 'exited', on: 'done, when the program had run' },
  { from: 'failed', to: 'pulling', on: 'START', way: 'up' },
  { from: 'exited', to: 'removing', on: 'REMOVE', way: 'left' },
  { from: 'removing', to: 'removed', on: 'done', way: 'left' },
  { from: 'created', to: 'removing', on: 'REMOVE' },
  { from: 'failed', to: 'removing', on: 'REMOVE' },
];

const centre = (state: State) => ({ x: 50 + places[state].column * STEP, y: ROWS[places[state].row]! });

/** Where edges run between the first two rows: the failures' bus, and above it the way back of a container that is started again. */
const BUS = 80;
const AGAIN = 66;
const BOTTOM = 244;

/** From the edge of one box to the edge of the other. */
const ways: Record<Way, (from: { x: number; y: number }, to: { x: number; y: number }) => string> = {
  right: (a, b) => polyline([a.x + W / 2, a.y], [b.x - W / 2 - 3, b.y]),
  left: (a, b) => polyline([a.x - W / 2, a.y], [b.x + W / 2 + 3, b.y]),
  freeze: (a, b) => polyline([a.x - W / 2, a.y - 9], [b.x + W / 2 + 3, b.y - 9]),
  thaw: (a, b) => polyline([a.x + W / 2, a.y + 9], [b.x - W / 2 - 3, b.y + 9]),
  down: (a, b) => polyline([a.x - 12, a.y + H / 2], [b.x - 12, b.y - H / 2 - 3]),
  up: (a, b) => polyline([a.x - 32, a.y - H / 2], [b.x - 32, b.y + H / 2 + 3]),
  corner: (a, b) => polyline([a.x + W / 2 - 10, a.y + H / 2], [b.x - W / 2 + 12, b.y - H / 2 - 3]),
  again: (a, b) => polyline([a.x, a.y + H / 2], [a.x, BOTTOM], [14, BOTTOM], [14, AGAIN], [b.x - 18, AGAIN], [b.x - 18, b.y + H / 2 + 3]),
  bus: (a, b) => polyline([a.x + 16, a.y + H / 2], [a.x + 16, BUS], [b.x + 16, BUS], [b.x + 16, b.y - H / 2 - 3]),
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
      text(0, -3, `${sign[mood]}${sign[mood] && '\u2009'}${state}`, ink, { anchor: 'middle', bold: true, size: 11 }),
      text(0, 12, ms && mood !== 'active' ? ms : places[state].words, ink, { anchor: 'middle', size: 10.5 }),
    ],
  };
}

function arrow({ from, to, way }: Edge, taken: boolean): Item[] {
  if (!way) return [];
  const a = centre(from);
  const marks: Mark[] = [path(ways[way](a, centre(to)), taken ? (way === 'bus' ? 'failed' : 'done') : 'quiet', { arrow: true, width: taken ? 2.5 : 1.2, dashed: way === 'bus' })];
  const small = { size: 10.5 };
  const said: Partial<Record<Way, Mark>> = {
    again: text(22, BOTTOM - 6, 'start again', 'quiet', small),
    thaw: text(a.x + 12, a.y + H / 2 + 14, 'pause, resume', 'quiet', { ...small, anchor: 'end' }),
    ...(from === 'failed' && { up: text(a.x - 38, BUS + 14, 'start again', 'quiet', { ...small, anchor: 'end' }) }),
    ...(from === 'executing' && { bus: text(50 + 3.2 * STEP, BUS + 14, 'when a step fails', 'quiet', { ...small, anchor: 'middle' }) }),
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
    width: 100 + 5 * STEP, height: BOTTOM + 8,
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
