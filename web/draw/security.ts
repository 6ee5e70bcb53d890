/** The picture "What may it still do?": the forty-one capabilities before and now, and the other restrictions. */
import type { Event } from '../../runtime/journal/event.ts';
import type { Frame } from '../../runtime/journal/frame.ts';
import { clampWidth, USUAL } from './clamp-width.ts';
import type { DrawWords } from '../words/en/draw.ts';
import { capabilityNames } from '../../runtime/oci/capability-names.ts';
import { changed, fact, hasEnded, runEvents } from './facts.ts';
import { fit, glyph, rect, text, widthOf, wrap, type Drawing, type Item, type Mark, type Tone } from './marks.ts';

export const sets = ['bounding', 'permitted', 'effective'] as const;
export type SetName = (typeof sets)[number];
export type Sets = Record<SetName, bigint>;

/** Parses a fact's value: 'inheritable=0 permitted=a80425fb effective=…'. */
export function setsOf(value: string | undefined): Sets | undefined {
  if (!value) return undefined;
  const bits = (name: SetName) => BigInt(`0x${new RegExp(`\\b${name}=([0-9a-f]+)`).exec(value)?.[1] ?? '0'}`);
  return { bounding: bits('bounding'), permitted: bits('permitted'), effective: bits('effective') };
}
const holds = (bits: bigint, number: number) => ((bits >> BigInt(number)) & 1n) === 1n;

export type Held = 'kept' | 'going' | 'lost' | 'never';
export interface Capability {
  number: number;
  name: (typeof capabilityNames)[number];
  before: boolean;
  now: Record<SetName, boolean>;
  held: Held;
}

/** 'Before' are the sets at the birth of the process, with the daemon's rights. */
export function capabilitiesOf(frame: Frame, events: readonly Event[]): Capability[] {
  const first = runEvents(frame, events)
    .flatMap((event) => (event.type === 'fact' ? event.facts : []))
    .find(({ kind, key }) => kind === 'security' && key === 'capabilities');
  const before = setsOf(first?.value ?? undefined);
  const now = setsOf(fact(frame, 'security', 'capabilities'));
  return capabilityNames.map((name, number) => {
    const had = before !== undefined && holds(before.permitted, number);
    const has = Object.fromEntries(sets.map((set) => [set, now !== undefined && holds(now[set], number)])) as Record<
      SetName,
      boolean
    >;
    const held: Held =
      !had && !has.effective
        ? 'never'
        : has.effective && has.bounding
          ? 'kept'
          : has.effective || has.permitted
            ? 'going'
            : 'lost';
    return { number, name, before: had, now: has, held };
  });
}

const CELL = 32;
/** y of the capabilities, below a legend of one line. */
const TOP = 66;
/** The capabilities in three columns where their names fit, otherwise in two; the restrictions below them in three. */
interface Plan {
  width: number;
  rows: number;
  cell: number;
  wall: number;
  top: number;
}
function planFor({ legend }: DrawWords['security'], width: number): Plan {
  const whole = clampWidth(width, 540, 920);
  const columns = whole < 660 ? 2 : 3;
  return {
    width: whole,
    rows: Math.ceil(capabilityNames.length / columns),
    cell: (whole - 10) / columns,
    wall: (whole - 32) / 3,
    top: TOP + LINE * legendPlaces(legend, whole).at(-1)!.line,
  };
}
const tones: Record<Held, Tone> = { kept: 'done', going: 'active', lost: 'quiet', never: 'ghost' };

/** A filled circle if the bit is set, an empty one if not. */
const pip = (x: number, there: boolean, tone: Tone): Mark =>
  glyph(there ? 'square' : 'circle', x, 13, there ? 70 : 34, tone, there);

function cell({ security: words, capabilities: allows }: DrawWords, plan: Plan, one: Capability, born: boolean): Item {
  const tone = born ? tones[one.held] : 'ghost';
  return {
    key: `cap:${one.name}`,
    sel: `cap:CAP_${one.name}`,
    x: 10 + Math.floor(one.number / plan.rows) * plan.cell,
    y: plan.top + (one.number % plan.rows) * CELL,
    label: words.capability(`CAP_${one.name}`, allows[one.name], born ? words.held[one.held] : words.noProcess),
    marks: [
      rect(0, 1, plan.cell - 10, CELL - 4, tone, one.held === 'kept' && born ? 'soft' : 'outline', 4),
      pip(12, one.before, born ? 'host' : 'ghost'),
      pip(28, one.now.bounding, tone),
      pip(44, one.now.effective, tone),
      text(58, 12.5, fit(one.name, plan.cell - 72, 11, true), one.held === 'lost' || !born ? 'quiet' : 'plain', {
        mono: true,
        size: 11,
        bold: one.held === 'kept' && born,
      }),
      text(58, 25, fit(allows[one.name], plan.cell - 72, 11), 'quiet', { size: 11 }),
    ],
  };
}

interface Card {
  key: string;
  sel: string;
  title: string;
  state: string;
  lines: string[];
  there: boolean;
  isNew: boolean;
}

/** The other restrictions, each with the step that sets it up. */
function cards(words: DrawWords['security'], { wall }: Plan, frame: Frame, previous?: Frame): Card[] {
  const said = (key: string) => fact(frame, 'security', key);
  const card = (
    key: string,
    { title, none }: { title: string; none: string },
    is: (value: string) => string,
    lines: (value: string) => string[] = () => [],
  ): Card => {
    const value = said(key);
    return {
      key,
      sel: `security:${key}`,
      title,
      state: value === undefined ? none : is(value),
      lines: value === undefined ? [] : lines(value),
      there: value !== undefined,
      isNew: changed(frame, previous, 'security', key),
    };
  };
  const paths = (value: string) => wrap(value, 2 * wall - 16, 11, true);
  const count = (value: string) => value.split(' ').filter(Boolean).length;
  return [
    card('user', words.user, (value) => words.user.is(value.split(':')[0] ?? '', value.split(':')[1] ?? '')),
    card('seccomp', words.seccomp, (value) =>
      words.seccomp.is(said('seccomp.through') ?? '?', Number.parseInt(value, 10)),
    ),
    card('no_new_privs', words.noNewPrivileges, () => words.noNewPrivileges.is),
    card(
      'seccomp.refused',
      words.refused,
      (value) => words.refused.is(count(value), said('seccomp.by-arguments') ?? ''),
      (value) => wrap(value, 3 * wall - 16, 11, true),
    ),
    card('masked', words.masked, (value) => words.masked.is(count(value)), paths),
    card('readonly', words.readonly, (value) => words.readonly.is(count(value)), paths),
  ];
}

/** Three small cards in a row, the filter's list below them, then the two lists of paths. */
function cardItems(all: readonly Card[], { wall }: Plan, top: number): { items: Item[]; height: number } {
  const widths = [wall, wall, wall, 3 * wall + 12, wall * 2 + 6, wall];
  const texts = all.map(({ lines }, j) => lines.flatMap((line) => wrap(line, widths[j]! - 20, 11, true)));
  const tallOf = (...which: number[]) => Math.max(...which.map((j) => 46 + texts[j]!.length * 14));
  // The state of a small card may need a second line.
  const states = all.map(({ state }, j) =>
    j < 3 ? wrap(state, widths[j]! - 20, 11.5).slice(0, 2) : [fit(state, widths[j]! - 20, 11.5)],
  );
  const small = 31 + 15 * Math.max(...states.slice(0, 3).map((lines) => lines.length));
  const [second, third] = [top + small + 8, top + small + tallOf(3) + 16];
  const places = [0, 1, 2]
    .map((j) => ({ x: j * (wall + 6), y: top, h: small }))
    .concat(
      { x: 0, y: second, h: tallOf(3) },
      { x: 0, y: third, h: tallOf(4, 5) },
      { x: 2 * (wall + 6), y: third, h: tallOf(4, 5) },
    );
  const items = all.map((card, j): Item => {
    const { x, y, h } = places[j]!;
    const w = widths[j]!;
    const tone: Tone = card.isNew ? 'active' : card.there ? 'security' : 'ghost';
    const ink = card.isNew ? 'solid' : card.there ? 'plain' : 'quiet';
    return {
      key: `card:${card.key}`,
      sel: card.sel,
      x: 10 + x,
      y,
      label: `${card.title}: ${card.state}`,
      marks: [
        rect(0, 0, w, h, tone, card.isNew ? 'solid' : card.there ? 'soft' : 'dashed'),
        text(12, 18, `${card.there ? '✓ ' : ''}${card.title}`, ink, { bold: true, size: 12.5 }),
        ...states[j]!.map((line, n) => text(12, 35 + n * 15, line, ink, { size: 11.5 })),
        ...texts[j]!.map((line, n) =>
          text(12, 51 + n * 14, line, card.isNew ? 'solid' : 'quiet', { mono: true, size: 11 }),
        ),
      ],
    };
  });
  return { items, height: third + tallOf(4, 5) };
}

/** The position of a sign tells which of the three sets it is; an empty sign means that the capability is gone. */
const signs = [
  ['birth', 'host'],
  ['bounding', 'done'],
  ['effective', 'done'],
  ['gone', 'quiet'],
] as const;
const LINE = 18;
/** Each entry begins after the entry before it, or on a new line if it does not fit. */
function legendPlaces(legend: DrawWords['security']['legend'], width: number): { x: number; line: number }[] {
  let [x, line] = [12, 0];
  return signs.map(([part]) => {
    const needed = (part === 'gone' ? 12 : 44) + widthOf(legend[part], 11);
    if (x + needed > width - 20) [x, line] = [12, line + 1];
    const at = { x, line };
    x += needed + 22;
    return at;
  });
}
function legendMarks({ legend }: DrawWords['security'], width: number): Mark[] {
  const places = legendPlaces(legend, width);
  return signs.flatMap(([part, tone], place) => {
    const { x, line } = places[place]!;
    const y = 20 + line * LINE;
    const three =
      part === 'gone'
        ? [glyph('circle', x, y, 34, tone, false)]
        : [0, 1, 2].map((j) =>
            glyph(j === place ? 'square' : 'circle', x + j * 16, y, j === place ? 70 : 8, j === place ? tone : 'quiet'),
          );
    return [...three, text(x + (part === 'gone' ? 12 : 44), y + 4, legend[part], 'quiet', { size: 11 })];
  });
}

export function drawSecurity(
  words: DrawWords,
  frame: Frame,
  events: readonly Event[],
  previous?: Frame,
  width = USUAL,
): Drawing {
  const { security: say, amounts } = words;
  const plan = planFor(say, width);
  const all = capabilitiesOf(frame, events);
  const born = fact(frame, 'security', 'capabilities') !== undefined;
  const side = cards(say, plan, frame, previous);
  const top = plan.top + plan.rows * CELL + 40;
  const walls = cardItems(side, plan, top);
  const kept = all.filter(({ held }) => held === 'kept');
  const count = (held: Held): number => all.filter((one) => one.held === held).length;
  const legend = [text(0, 0, say.power, 'plain', { bold: true, size: 13 }), ...legendMarks(say, plan.width)];
  return {
    width: plan.width,
    height: walls.height + 8,
    items: [
      { key: 'legend', x: 10, y: 24, marks: legend },
      { key: 'walls', x: 10, y: top - 14, marks: [text(0, 0, say.walls, 'plain', { bold: true, size: 13 })] },
      ...all.map((one) => cell(words, plan, one, born)),
      ...walls.items,
    ],
    table: {
      columns: say.columns,
      rows: [
        ...all.map((one) => ({
          key: one.name,
          sel: `cap:CAP_${one.name}`,
          cells: [
            `CAP_${one.name}`,
            words.capabilities[one.name],
            ...[one.before, one.now.bounding, one.now.effective].map((has) => (has ? amounts.yes : amounts.no)),
            born ? say.held[one.held] : '',
          ],
        })),
        ...side.map(({ key, sel, title, state }) => ({
          key,
          sel,
          cells: [title, state, '', '', '', fact(frame, 'security', key) ?? ''],
        })),
      ],
    },
    summary: born
      ? say.summary(kept.length, all.filter(({ before }) => before).length, {
          lost: count('lost'),
          going: count('going'),
          never: count('never'),
        })
      : hasEnded(frame)
        ? say.ended
        : say.unborn,
  };
}
