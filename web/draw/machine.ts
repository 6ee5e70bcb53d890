/**
 * The picture "Where are we, and where can it go?": the lifecycle of runtime/container/container.machine.ts, laid out
 * by web/layout.
 */
import { machineStates, type MachineState } from '../../runtime/container/life.ts';
import type { Event } from '../../runtime/journal/event.ts';
import type { Frame } from '../../runtime/journal/frame.ts';
import type { DrawWords } from '../words/en/draw.ts';
import { lasting } from './amounts.ts';
import { runEvents } from './facts.ts';
import { narrow, wide } from './machine-layout.ts';
import { path, polyline, rect, text, widthOf, type Drawing, type Item, type Mark, type Tone } from './marks.ts';
import type { Box, Edge, Layout } from '../layout/layout.ts';

export type State = MachineState;
type Words = DrawWords['machine'];
/** The name of a transition's cause: one of the machine's events, or the end of a state's own actor. */
const eventOf = ({ events }: Words, on: string): string => (events as Partial<Record<string, string>>)[on] ?? on;
/** Half a line of extra height for the label under the lowest edge, in pixels. */
const FOOT = 8;
/** Text is not drawn too small to read: where the labels of the edges do not fit, they are left out. */
const layoutFor = (width: number): Layout => (width >= wide.width ? wide : narrow);

interface Lived {
  taken: Set<string>;
  /** by state: milliseconds in it, without those at the gate */
  spent: Map<string, number>;
  /** by state: milliseconds for which the gate held the run */
  held: Map<string, number>;
  last: string;
}
/** The edges that were taken in this run, and the duration of each state. */
function lived(frame: Frame, events: readonly Event[]): Lived {
  const taken = new Set<string>();
  const spent = new Map<string, number>();
  const held = new Map<string, number>();
  let since: number | undefined;
  let heldSince: number | undefined;
  let waited = 0;
  let last = '';
  for (const event of runEvents(frame, events)) {
    if (event.type === 'gate') {
      if (event.at === 'paused') heldSince ??= event.time;
      else if (heldSince !== undefined) {
        waited += event.time - heldSince;
        heldSince = undefined;
      }
    }
    if (event.type !== 'state') continue;
    taken.add(`${event.from}>${event.to}`);
    if (since !== undefined) {
      spent.set(event.from, (spent.get(event.from) ?? 0) + Math.max(0, event.time - since - waited));
      if (waited) held.set(event.from, (held.get(event.from) ?? 0) + waited);
    }
    waited = 0;
    since = event.time;
    last = event.from;
  }
  return { taken, spent, held, last };
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
  return Object.fromEntries(machineStates.map((state) => [state, mood(state)])) as Record<State, Mood>;
}

/** The second line of a box: the state's condition, and more if it fits. */
function underline(mood: Mood, more: string, w: number): string {
  const fitting = more && widthOf(`▶ ${more}`, 11) <= w ? more : '';
  return `${sign[mood]}${sign[mood] && fitting && '\u2009'}${fitting}`;
}

function box(
  { machine: words, amounts }: DrawWords,
  state: State,
  { x, y, w, h }: Box,
  mood: Mood,
  { spent, held }: { spent: number | undefined; held: number | undefined },
  onEdges: boolean,
): Item {
  const tone = tones[mood];
  const filled = mood === 'active' || mood === 'failed';
  const ink = filled ? 'solid' : tone;
  const ms = spent === undefined ? '' : lasting(spent * 1e6, amounts);
  const does = words.does[state];
  return {
    key: `state:${state}`,
    sel: `state:${state}`,
    x,
    y,
    label: [
      `${state}: ${does}; ${words.moods[mood]}`,
      ms,
      held === undefined ? '' : words.held(lasting(held * 1e6, amounts)),
    ]
      .filter(Boolean)
      .join(', '),
    marks: [
      rect(0, 0, w, h, tone, filled ? 'solid' : mood === 'pending' ? 'outline' : 'soft', 10),
      text(w / 2, h / 2 - 3, state, ink, { anchor: 'middle', bold: true, size: 11 }),
      text(
        w / 2,
        h / 2 + 12,
        underline(mood, mood === 'active' || mood === 'pending' || (ms && onEdges) ? does : ms, w),
        ink,
        { anchor: 'middle', size: 11 },
      ),
    ],
  };
}

/**
 * A taken edge is thick. Where there is room, an edge shows its event, and a taken edge the duration of the state
 * before.
 */
function arrow(
  { machine: words, amounts }: DrawWords,
  { from, to, on, points, label }: Edge,
  taken: boolean,
  life: Lived,
): Item {
  const [spent, held] = [life.spent.get(from), life.held.get(from)];
  const failing = on === 'failed';
  const tone = taken ? (failing ? 'failed' : 'done') : 'quiet';
  const marks: Mark[] = [path(polyline(...points), tone, { arrow: true, width: taken ? 2.5 : 1.2, dashed: failing })];
  if (label) {
    marks.push(text(label[0], label[1] - 4, eventOf(words, on), tone, { anchor: 'middle', size: 11, bold: taken }));
    const below = (line: number, told: string) =>
      marks.push(text(label[0], label[1] + 11 + 13 * line, told, tone, { anchor: 'middle', size: 11 }));
    if (taken && spent !== undefined) below(0, lasting(spent * 1e6, amounts));
    if (taken && held !== undefined) below(1, words.held(lasting(held * 1e6, amounts)));
  }
  return { key: `edge:${from}>${to}:${on}`, x: 0, y: 0, marks };
}

/** All failures arrive as one line with one label. */
function failing(words: Words, { edges }: Layout): Item {
  const [x, y] = edges.find(({ to }) => to === 'unwinding')!.points.at(-1)!;
  return { key: 'failing', x, y, marks: [text(14, 14, words.whenFails, 'quiet', { size: 11 })] };
}

function summaryOf(words: Words, { state, failed, paused }: Frame): string {
  if (failed) return state === 'failed' ? words.tookBack(failed.step) : words.takesBack(failed.step);
  return words.is(state, paused && (paused.next ?? paused.step ?? words.nextStep));
}

/** `width`: the available pixels; the drawing may be a little wider or narrower, and is scaled. */
export function drawMachine(words: DrawWords, frame: Frame, events: readonly Event[], width = 640): Drawing {
  const { machine: say } = words;
  const life = lived(frame, events);
  const mood = moods(frame, life);
  const states = machineStates;
  const layout = layoutFor(width);
  // The journal has only the two states of a transition. If several edges connect them, the first is marked as taken.
  const taken = ({ from, to, on }: Edge) =>
    life.taken.has(`${from}>${to}`) && layout.edges.find((edge) => edge.from === from && edge.to === to)?.on === on;
  return {
    width: layout.width,
    height: layout.height + FOOT,
    items: [
      ...[false, true].flatMap((which) =>
        layout.edges.filter((edge) => taken(edge) === which).map((edge) => arrow(words, edge, which, life)),
      ),
      failing(say, layout),
      ...states.map((state) =>
        box(
          words,
          state,
          layout.states[state]!,
          mood[state],
          { spent: life.spent.get(state), held: life.held.get(state) },
          layout === wide,
        ),
      ),
    ],
    table: {
      columns: say.columns,
      rows: states.map((state) => ({
        key: state,
        sel: `state:${state}`,
        cells: [
          state,
          say.does[state],
          `${sign[mood[state]]} ${say.moods[mood[state]]}`.trim(),
          [
            life.spent.has(state) ? lasting(life.spent.get(state)! * 1e6, words.amounts) : '',
            life.held.has(state) ? say.held(lasting(life.held.get(state)! * 1e6, words.amounts)) : '',
          ]
            .filter(Boolean)
            .join(', '),
          layout.edges
            .filter(({ from }) => from === state)
            .map(({ to, on, guard }) => `${to} (${eventOf(say, on)}${guard === 'hasRun' ? say.hasRun : ''})`)
            .join(', '),
        ],
      })),
    },
    summary: summaryOf(say, frame),
  };
}
