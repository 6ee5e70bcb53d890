/**
 * The picture "What was done, by which process, and how long did it take?": one lane per process; time runs to the
 * right, without the idle times.
 */
import { scaleLog } from 'd3-scale';
import type { CallEvent, Event } from '../../runtime/journal/event.ts';
import type { Frame } from '../../runtime/journal/frame.ts';
import { callLine, resultLine } from '../../runtime/journal/line.ts';
import { stepOf } from '../../runtime/journal/step-id.ts';
import type { PhaseText } from '../../runtime/steps/phases.ts';
import type { DrawWords } from '../words/en/draw.ts';
import { lasting } from './amounts.ts';
import { isCall } from './facts.ts';
import { familyOf } from './families.ts';
import {
  downward,
  fit,
  glyph,
  path,
  polyline,
  rect,
  text,
  widthOf,
  type Drawing,
  type Item,
  type Mark,
  type Tone,
} from './marks.ts';
import { MOST, titleOf, windowOf, slots, type Slot, type Words } from './timeline-slots.ts';

const LEFT = 10;
const TOP = 44;
const LANE = 62;
/** The id of a process: the daemon, the container's shim and stage, and the two of each exec. */
const processOf = (run: number | string, actor: CallEvent['actor']): string =>
  actor === 'daemon' || typeof run === 'number' ? actor : `${run.slice(0, 9)} ${actor}`;
function namesOf(shown: readonly Event[]): string[] {
  const execs = [...new Set(shown.flatMap(({ run }) => (typeof run === 'string' ? [run] : [])))];
  return ['daemon', 'shim', 'stage', ...execs.flatMap((run) => [processOf(run, 'shim'), processOf(run, 'stage')])];
}
/** The lanes; their titles are drawn beside the picture, because the picture scrolls. */
export function lanesOf(
  { timeline: words }: DrawWords,
  events: readonly Event[],
  k: number,
): { name: string; title: string; y: number }[] {
  return namesOf(events.slice(...windowOf(Math.max(0, k), events.length))).map((name, j) => ({
    name,
    title: titleOf(words, name),
    y: TOP + j * LANE + LANE - 10,
  }));
}
const tall = scaleLog([500, 5e7], [7, 40]).clamp(true);

function callItem(
  words: Words,
  event: CallEvent,
  slot: Slot,
  k: number,
  lane: (actor: CallEvent['actor']) => number,
): Item {
  const family = familyOf(event.name, event.args);
  const h = tall(Math.max(500, event.ns));
  const base = LANE - 10;
  const tone: Tone = event.seq > k ? 'ghost' : family.name;
  const marks: Mark[] = [
    rect(0, base - h, slot.w, h, tone, event.seq > k ? 'outline' : 'solid', 1),
    glyph(family.glyph, slot.w / 2, base - h - 5, 16, tone, event.seq <= k),
    ...(event.errno ? [rect(-1, base - 2, slot.w + 2, 6, 'failed', 'solid', 0)] : []),
  ];
  return {
    key: `call:${event.seq}`,
    sel: `call:${event.seq}`,
    seek: event.seq,
    x: LEFT + slot.x,
    y: TOP + lane(event.actor) * LANE,
    marks,
    label: `${titleOf(words, processOf(event.run, event.actor))}: ${callLine(event)} ${resultLine(event)}`,
  };
}

/** The signs of events that are not calls (state changes, pauses, notes, facts), on the daemon's lane. */
const marksOf: Partial<Record<Event['type'], { tone: Tone; sign: string }>> = {
  state: { tone: 'plain', sign: '◆' },
  gate: { tone: 'active', sign: '❚❚' },
  note: { tone: 'quiet', sign: 'i' },
  http: { tone: 'network', sign: '⇅' },
  progress: { tone: 'quiet', sign: '·' },
};

/**
 * The parent of each process: the shim is spawned by the daemon, the stage by the shim, an exec's stage by clone(2).
 */
const makers: Record<string, 'shim' | 'stage' | undefined> = {
  clone3_stage: 'stage',
  clone_sibling: 'stage',
  execve: 'shim',
};
function arrowOf(event: CallEvent, slot: Slot, lane: (actor: CallEvent['actor']) => number): Item[] {
  const child = makers[event.name];
  if (!child || event.errno || event.actor === child || (event.name === 'execve' && event.actor !== 'daemon'))
    return [];
  const from = TOP + lane(event.actor) * LANE + LANE - 10;
  const to = TOP + lane(child) * LANE + LANE - 12;
  const x = LEFT + slot.x + slot.w;
  return [
    {
      key: `clone:${event.seq}`,
      x: 0,
      y: 0,
      marks: [path(downward([x, from], [x + 16, to]), 'process', { width: 2, arrow: true })],
    },
  ];
}

/** The bands of the steps, above the lanes. */
function bands(
  words: Words,
  shown: readonly Event[],
  at: readonly Slot[],
  titles: Map<string, string>,
  now: string | undefined,
): Item[] {
  const found: { step: string; from: number; to: number; seq: number; failed: boolean }[] = [];
  shown.forEach((event, j) => {
    const last = found.at(-1);
    if (!event.step) return;
    const end = at[j]!.x + at[j]!.w;
    if (last?.step === event.step)
      Object.assign(last, { to: end, failed: last.failed || (event.type === 'step' && event.at === 'failed') });
    else found.push({ step: event.step, from: at[j]!.x, to: end, seq: event.seq, failed: false });
  });
  return found.map(({ step, from, to, seq, failed }, j) => {
    const tone: Tone = failed ? 'failed' : step === now ? 'active' : j % 2 ? 'quiet' : 'host';
    const title = titles.get(stepOf(step)) ?? step;
    const room = to - from - 12;
    return {
      key: `band:${seq}`,
      sel: `step:${step}`,
      seek: seq,
      x: LEFT + from,
      y: 14,
      label: words.band(title, failed),
      marks: [
        rect(0, 0, Math.max(3, to - from), 20, tone, 'soft', 3),
        ...(widthOf('nnnn', 11) < room
          ? [
              text(4, 14, fit(`${failed ? '✗ ' : ''}${title}`, room, 11), tone === 'host' ? 'plain' : tone, {
                size: 11,
              }),
            ]
          : []),
      ],
    };
  });
}

/** Pixels that a duration's text needs. */
const NEAR = 52;
/** The sign of idle time left out: a zigzag through all lanes, including those of execs. */
const tear = (height: number): string =>
  polyline(
    ...Array.from(
      { length: Math.ceil(height / 10) + 1 },
      (_, j) => [j % 2 ? 9 : 1, Math.min(4 + j * 10, height)] as const,
    ),
  );

export function drawTimeline(
  words: DrawWords,
  frame: Frame,
  events: readonly Event[],
  phases: readonly PhaseText[],
  k = frame.k,
): Drawing {
  const { timeline: say } = words;
  const [from, to] = windowOf(Math.max(0, k), events.length);
  const shown = events.slice(from, to);
  const at = slots(shown);
  const end = (at.at(-1)?.x ?? 600) + MOST;
  const titles = new Map(phases.flatMap(({ steps }) => steps.map(({ id, title }) => [id, title] as const)));
  const width = Math.max(760, LEFT + end + 20);
  const cursor = at.find(({ seq }) => seq === k);
  const lanes = lanesOf(words, events, k);
  const names = lanes.map(({ name }) => name);
  const bottom = TOP + lanes.length * LANE;
  const calls = shown.flatMap((event, j): Item[] => {
    if (!isCall(event)) return [];
    const lane = (actor: CallEvent['actor']) => names.indexOf(processOf(event.run, actor));
    return [callItem(say, event, at[j]!, k, lane), ...arrowOf(event, at[j]!, lane)];
  });
  const others = shown.flatMap((event, j): Item[] => {
    const mark = marksOf[event.type];
    return mark
      ? [
          {
            key: `event:${event.seq}`,
            sel: `event:${event.seq}`,
            seek: event.seq,
            x: LEFT + at[j]!.x,
            y: TOP,
            label: say.line(event),
            marks: [
              rect(-2, 0, 13, 16, 'quiet', 'bare', 3),
              text(0, 12, mark.sign, event.seq > k ? 'ghost' : mark.tone, { size: 11, bold: true }),
            ],
          },
        ]
      : [];
  });
  let said = -Infinity;
  const gaps = at.flatMap(({ gap, x, seq }): Item[] => {
    if (!gap) return [];
    // Two rows: a text that is too close to the one before is drawn in the second row.
    const low = x - said < NEAR;
    said = low ? -Infinity : x;
    return [
      {
        key: `gap:${seq}`,
        x: LEFT + x - MOST,
        y: TOP,
        marks: [
          path(tear(bottom - TOP - 10), 'quiet'),
          text(MOST / 2, bottom - TOP + (low ? 22 : 10), lasting(gap * 1e6, words.amounts), 'quiet', {
            size: 11,
            anchor: 'middle',
          }),
        ],
      },
    ];
  });
  return {
    width,
    height: bottom + 28,
    items: [
      ...lanes.map(({ name, y }): Item => ({
        key: `lane:${name}`,
        x: 0,
        y,
        marks: [path(polyline([0, 0], [width, 0]), 'quiet')],
      })),
      ...bands(say, shown, at, titles, frame.step),
      ...gaps,
      ...calls,
      ...others,
      ...(cursor
        ? [
            {
              key: 'cursor',
              x: LEFT + cursor.x + cursor.w / 2,
              y: 8,
              marks: [
                path(polyline([0, 0], [0, bottom - 4]), 'active', { width: 2 }),
                glyph('triangle', 0, bottom + 2, 60, 'active'),
              ],
            },
          ]
        : []),
    ],
    table: {
      columns: say.columns,
      rows: shown
        .filter(({ type }) => type !== 'step' && type !== 'phase')
        .map((event) => ({
          key: String(event.seq),
          sel: `${isCall(event) ? 'call' : 'event'}:${event.seq}`,
          seek: event.seq,
          cells: [
            String(event.seq),
            isCall(event) ? titleOf(say, processOf(event.run, event.actor)) : say.types[event.type],
            isCall(event) ? `${callLine(event)} ${resultLine(event)}` : say.line(event),
            event.step ?? '',
          ],
        })),
    },
    summary: say.summary(from, to - 1, events.length, k),
  };
}
