/** Where are we, where could it go? The lifecycle of runtime/machine/container.machine.ts, laid out by web/layout. */
import type { Event } from '../../runtime/journal/event.ts';
import type { Frame } from '../../runtime/journal/frame.ts';
import { duration } from '../../runtime/journal/line.ts';
import { runEvents } from './facts.ts';
import { narrow, wide } from './machine-layout.ts';
import { path, polyline, rect, text, widthOf, type Drawing, type Item, type Mark, type Tone } from './marks.ts';
import type { Box, Edge, Layout } from '../layout/layout.ts';

interface Place { words: string; phase?: string }
const places = {
  created: { words: 'not begun' },
  pulling: { words: 'the image', phase: 'pull' },
  creating: { words: 'a process', phase: 'create' },
  layering: { words: 'its files', phase: 'rw-layer' },
  networking: { words: 'its cable', phase: 'network' },
  executing: { words: 'the program', phase: 'exec' },
  running: { words: 'it runs' },
  paused: { words: 'frozen' },
  exiting: { words: 'tidying up', phase: 'exit' },
  exited: { words: 'files kept' },
  unwinding: { words: 'taken back' },
  failed: { words: 'nothing left' },
  removing: { words: 'its files', phase: 'remove' },
  removed: { words: 'gone' },
} as const satisfies Record<string, Place>;
export type State = keyof typeof places;
export const phaseOfState = (state: string): string | undefined => (places as Record<string, Place | undefined>)[state]?.phase;

/** Half a line more, for what is said under the lowest edge. */
const FOOT = 8;
/** The words on the edges may be drawn so much smaller before those in the boxes alone, which are larger then, are easier to read. */
const SHRUNK = 0.9;
const layoutFor = (width: number): Layout => (width >= wide.width * SHRUNK ? wide : narrow);

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

/** The second line of a box: how it is with the state, and more if there is room for it. */
function underline(mood: Mood, more: string, w: number): string {
  const fitting = more && widthOf(`▶ ${more}`, 10.5) <= w ? more : '';
  return `${sign[mood]}${sign[mood] && fitting && '\u2009'}${fitting}`;
}

function box(state: State, { x, y, w, h }: Box, mood: Mood, spent: number | undefined, onEdges: boolean): Item {
  const tone = tones[mood];
  const filled = mood === 'active' || mood === 'failed';
  const ink = filled ? 'solid' : tone;
  const ms = spent === undefined ? '' : duration(spent * 1e6);
  const { words } = places[state];
  return {
    key: `state:${state}`, sel: `state:${state}`, x, y,
    label: `${state}: ${words}; ${mood}${ms && `, ${ms}`}`,
    marks: [
      rect(0, 0, w, h, tone, filled ? 'solid' : mood === 'pending' ? 'outline' : 'soft', 10),
      text(w / 2, h / 2 - 3, state, ink, { anchor: 'middle', bold: true, size: 11 }),
      text(w / 2, h / 2 + 12, underline(mood, mood === 'active' || mood === 'pending' ? words : ms && onEdges ? words : ms, w), ink, { anchor: 'middle', size: 10.5 }),
    ],
  };
}

/** What was taken is thick; where it has room, an edge says what it is taken on, and what was taken how long its state had lasted. */
function arrow({ from, to, on, points, label }: Edge, taken: boolean, spent: number | undefined): Item {
  const failing = on === 'failed';
  const tone = taken ? (failing ? 'failed' : 'done') : 'quiet';
  const marks: Mark[] = [path(polyline(...points), tone, { arrow: true, width: taken ? 2.5 : 1.2, dashed: failing })];
  if (label) {
    marks.push(text(label[0], label[1] - 4, on, tone, { anchor: 'middle', size: 10, bold: taken }));
    if (taken && spent !== undefined) marks.push(text(label[0], label[1] + 11, duration(spent * 1e6), tone, { anchor: 'middle', size: 10 }));
  }
  return { key: `edge:${from}>${to}:${on}`, x: 0, y: 0, marks };
}

/** All that fail come in as one line, which says once what it is. */
function failing({ edges }: Layout): Item {
  const [x, y] = edges.find(({ to }) => to === 'unwinding')!.points.at(-1)!;
  return { key: 'failing', x, y, marks: [text(14, 14, 'when a step fails', 'quiet', { size: 10.5 })] };
}

function summaryOf({ state, failed, paused }: Frame): string {
  if (failed) return state === 'failed' ? `The run failed at ${failed.step}, and everything was taken back.` : `${failed.step} failed; what was done is being taken back.`;
  return `The container is ${state}${paused ? `; the run is held before ${paused.next ?? paused.step ?? 'the next step'}` : ''}.`;
}

/** `width`: what there is; the drawing may be a little wider or narrower, and is scaled. */
export function drawMachine(frame: Frame, events: readonly Event[], width = 640): Drawing {
  const life = lived(frame, events);
  const mood = moods(frame, life);
  const states = Object.keys(places) as State[];
  const layout = layoutFor(width);
  // the journal has no more than from where to where: the first of two edges is what is meant
  const taken = ({ from, to, on }: Edge) => life.taken.has(`${from}>${to}`) && layout.edges.find((edge) => edge.from === from && edge.to === to)?.on === on;
  return {
    width: layout.width, height: layout.height + FOOT,
    items: [
      ...[false, true].flatMap((which) => layout.edges.filter((edge) => taken(edge) === which).map((edge) => arrow(edge, which, life.spent.get(edge.from)))),
      failing(layout),
      ...states.map((state) => box(state, layout.states[state]!, mood[state], life.spent.get(state), layout === wide)),
    ],
    table: {
      columns: ['state', 'what happens', 'so far', 'lasted', 'can go to'],
      rows: states.map((state) => ({
        key: state, sel: `state:${state}`,
        cells: [
          state, places[state].words, `${sign[mood[state]]} ${mood[state]}`.trim(), life.spent.has(state) ? duration(life.spent.get(state)! * 1e6) : '',
          layout.edges.filter(({ from }) => from === state).map(({ to, on, guard }) => `${to} (${on}${guard === 'hasRun' ? ', when the program had run' : ''})`).join(', '),
        ],
      })),
    },
    summary: summaryOf(frame),
  };
}
