/** One instruction of the picture of a build: its text, the inputs of its key, its layer, and what stays outside. */
import { bytes } from '../amounts.ts';
import { shortDigest } from '../facts.ts';
import { across, fit, glyph, path, rect, text, type Item, type Mark, type Tone } from '../marks.ts';
import { partOf, type Instruction, type State } from './model.ts';
import type { BuildSaid } from './said.ts';

/** `key`, `bar`: where the inputs and the layers begin. In a narrow place they are below the text. */
export interface Columns {
  wide: boolean;
  left: number;
  right: number;
  key: number;
  bar: number;
  barWide: number;
}
const LINE = 17;
const BAR = 16;
const REASONS = 3;
/** between the inputs and the layer */
const JOIN = 24;
/** a text in less room says nothing */
const NARROWEST = 70;
const tones: Record<State, Tone> = {
  waiting: 'ghost',
  unneeded: 'ghost',
  now: 'active',
  held: 'active',
  done: 'plain',
  failed: 'failed',
};
const signs: Record<State, string> = { waiting: '○', unneeded: '–', now: '▸', held: '❚❚', done: '✓', failed: '✗' };

interface Input {
  name: 'parent' | 'command' | 'files';
  said: string;
  differs: boolean;
}
/** The inputs of the key; FROM has none, because it is not looked up. */
function inputsOf({ words: { build: say } }: BuildSaid, one: Instruction): Input[] {
  if (one.keyword === 'FROM' || one.parent === undefined) return [];
  const differing = new Set(one.differs.map(partOf));
  const below = one.parent === 'nothing' ? say.nothing : shortDigest(one.parent);
  const files = one.files?.replace(/([0-9a-f]{12})[0-9a-f]+/, '$1…');
  return [
    { name: 'parent', said: `${say.parent} ${below}`, differs: differing.has('parent') || one.cache === 'below' },
    {
      name: 'command',
      said: one.args ? say.commandWith(one.args) : say.command,
      differs: differing.has('command') || differing.has('mounts'),
    },
    ...(files ? [{ name: 'files' as const, said: say.files(files), differs: differing.has('files') }] : []),
  ];
}
const shapes = { parent: 'diamond', command: 'square', files: 'circle' } as const;

/** What stands below the row: what differs, and the mounts that are not in the image. */
const reasonLines = (one: Instruction): number =>
  Math.min(REASONS, one.differs.length) + Number(one.more > 0 || one.differs.length > REASONS);
const inputLines = (one: Instruction): number =>
  one.keyword === 'FROM' || one.parent === undefined ? 0 : one.files ? 3 : 2;

export function rowHeight(one: Instruction, { wide }: Columns): number {
  const below = LINE * (reasonLines(one) + Number(one.mounts.length > 0));
  const gap = one.cache === 'miss' ? 12 : 4;
  if (wide) return gap + Math.max(40, 8 + LINE * inputLines(one)) + below;
  return gap + 26 + LINE * inputLines(one) + 2 * LINE + below + (one.container ? 26 : 0);
}

/** 'now: Run the command in a container', or undefined for one at which the build does not stand. */
function standsAt({ words: { build: say }, title }: BuildSaid, { state, step }: Instruction): string | undefined {
  if (state === 'done' || state === 'waiting' || state === 'unneeded') return undefined;
  return step ? say.at(say.states[state], title(step)) : say.states[state];
}

/** `instead`: said in place of where the layer came from. */
function layerMarks(
  { words: { build: say, amounts } }: BuildSaid,
  one: Instruction,
  { x, y, wide }: { x: number; y: number; wide: number },
  most: number,
  instead?: string,
): Mark[] {
  const isBase = one.keyword === 'FROM';
  const origin = instead ?? (isBase ? say.ofBase : one.cache ? say.cache[one.cache] : say.states[one.state]);
  if (one.layer === undefined)
    return wide < NARROWEST ? [] : [text(x, y + 12, fit(origin, wide, 11), 'quiet', { size: 11 })];
  const long = one.layer ? Math.max(4, Math.sqrt(one.layer / most) * wide) : 0;
  const isHit = !isBase && one.cache === 'hit';
  const tone: Tone = isBase ? 'host' : isHit ? 'read' : 'own';
  const size = one.layer ? bytes(one.layer, amounts) : say.noLayer;
  const bar = one.layer
    ? rect(x, y, long, BAR, tone, isHit ? 'hatched' : 'soft', 3)
    : path(`M${x},${y}V${y + BAR}`, 'quiet', { width: 2, dashed: true });
  return [bar, text(x, y + BAR + 13, fit(`${size}, ${origin}`, wide, 11), 'quiet', { size: 11 })];
}

function inputMarks(inputs: readonly Input[], x: number, y: number, wide: number): Mark[] {
  return inputs.flatMap(({ name, said, differs }, j) => {
    const tone: Tone = differs ? 'failed' : 'quiet';
    return [
      glyph(shapes[name], x + 6, y + j * LINE + 8, 50, tone, true),
      text(x + 17, y + j * LINE + 12, fit(`${differs ? '≠ ' : ''}${said}`, wide - 20, 11.5), differs ? tone : 'plain', {
        size: 11.5,
      }),
    ];
  });
}

/** The ribbon: from the text through each input of the key to the layer. */
function ribbonMarks(inputs: readonly Input[], y: number, columns: Columns, from: number): Mark[] {
  if (!columns.wide) return [];
  const end = [columns.bar - 3, y + 14] as const;
  if (!inputs.length) return [path(across([from, y + 18], end), 'ghost', { width: 1.5 })];
  return inputs.flatMap(({ differs }, j) => {
    const tone: Tone = differs ? 'failed' : 'ghost';
    const at = y + 8 + j * LINE;
    const look = { width: 1.5, dashed: differs };
    return [
      path(across([from, y + 18], [columns.key - 2, at]), tone, look),
      path(across([columns.bar - JOIN, at], end), tone, look),
    ];
  });
}

function labelOf(said: BuildSaid, one: Instruction, inputs: readonly Input[]): string {
  const { build: say, amounts } = said.words;
  const layer = one.layer === undefined ? [] : [one.layer ? bytes(one.layer, amounts) : say.noLayer];
  return [
    `${one.number}: ${one.text}`,
    standsAt(said, one) ?? say.states[one.state],
    ...(one.cache ? [say.cache[one.cache]] : []),
    ...layer,
    ...inputs.map((input) => input.said),
    ...one.differs.map((reason) => said.reason(reason)),
    ...(one.mounts.length ? [outside(said, one)] : []),
  ].join('; ');
}

const outside = ({ words: { build: say } }: BuildSaid, { mounts }: Instruction): string =>
  `${say.outside} ${mounts.map(({ type, target }) => `${say.mounts[type] ?? type} ${target}`).join(', ')}`;

interface Around {
  /** bytes of the largest layer */
  most: number;
  isThere(container: string): boolean;
}

/** What stands below the inputs: what differs, and what is not in the image. */
function belowMarks(said: BuildSaid, one: Instruction, y: number, { left, right }: Columns): Mark[] {
  const { build: say } = said.words;
  const hidden = one.more + Math.max(0, one.differs.length - REASONS);
  const reasons = one.differs.slice(0, REASONS).map((reason) => {
    const isKnown = partOf(reason) !== undefined;
    const line = `${isKnown ? '≠ ' : ''}${said.reason(reason)}`;
    return { line, tone: (isKnown ? 'failed' : 'quiet') as Tone };
  });
  const lines = [
    ...reasons,
    ...(hidden ? [{ line: say.moreReasons(hidden), tone: 'failed' as Tone }] : []),
    ...(one.mounts.length ? [{ line: `⊘ ${outside(said, one)}`, tone: 'other' as Tone }] : []),
  ];
  return lines.map(({ line, tone }, j) =>
    text(left + 46, y + 12 + j * LINE, fit(line, right - left - 60, 11.5), tone, { size: 11.5 }),
  );
}

/** The mounts are said below, and hide the command. */
export const shownText = ({ text: whole, mounts }: Instruction): string =>
  (mounts.length ? whole.replace(/--mount=\S+\s+/g, '') : whole).replace(/\s+/g, ' ');

export function rowItems(said: BuildSaid, one: Instruction, top: number, columns: Columns, around: Around): Item[] {
  const { wide, left, right, key, bar, barWide } = columns;
  const y = one.cache === 'miss' ? 10 : 2;
  const height = rowHeight(one, columns);
  const inputs = inputsOf(said, one);
  const stands = standsAt(said, one);
  const tone = tones[one.state];
  const textWide = (wide ? key - 14 : right - 12) - left - 48;
  const shown = fit(shownText(one), textWide, 12.5, true);
  const inputsY = wide ? y + 2 : y + 24;
  const layerY = wide ? y + 4 : inputsY + LINE * inputs.length + 2;
  const belowY = wide ? y + Math.max(36, 4 + LINE * inputs.length) : layerY + 2 * LINE;
  const container = containerItem(said, one, top + (wide ? y + 3 : height - 27), columns, around);
  const layerWide = barWide - (wide && container ? container.wide + 8 : 0);
  const sign = `${one.number} ${signs[one.state]}`;
  const item: Item = {
    key: `row:${one.number}`,
    sel: `build:${one.number}`,
    x: 0,
    y: top,
    label: labelOf(said, one, inputs),
    marks: [
      rect(left + 4, y, right - left - 8, height - y - 1, stands ? tone : 'ghost', stands ? 'soft' : 'bare', 5),
      ...ribbonMarks(inputs, y, columns, left + 52 + Math.min(textWide, shown.length * 7.6)),
      text(left + 40, y + 18, sign, tone, { anchor: 'end', size: 12, bold: true }),
      text(left + 46, y + 18, shown, tone === 'ghost' ? 'ghost' : 'plain', { mono: true, size: 12.5 }),
      ...(stands && wide ? [text(left + 46, y + 33, fit(stands, textWide, 11), tone, { size: 11 })] : []),
      ...inputMarks(inputs, key, inputsY, wide ? bar - key - JOIN - 4 : right - key - 8),
      ...layerMarks(said, one, { x: bar, y: layerY, wide: layerWide }, around.most, wide ? undefined : stands),
      ...belowMarks(said, one, belowY, columns),
    ],
  };
  return container ? [item, container.item] : [item];
}

/** The container of a RUN, which can be opened while it is there. */
function containerItem(
  said: BuildSaid,
  { container, number }: Instruction,
  y: number,
  { wide, bar, right, barWide }: Columns,
  { isThere }: Around,
): { item: Item; wide: number } | undefined {
  if (!container || !isThere(container)) return undefined;
  const { build: say } = said.words;
  const title = `▶ ${say.openContainer(container.slice(0, 12))}`;
  const w = Math.min(barWide, 16 + title.length * 6.6);
  const marks = [
    rect(0, 0, w, 24, 'process', 'soft', 6),
    text(8, 16, fit(title, w - 12, 11.5), 'process', { size: 11.5 }),
  ];
  const place = { x: wide ? right - w - 8 : bar, y };
  const label = say.openLabel(number);
  return { wide: w, item: { key: `container:${number}`, sel: `container:${container}`, ...place, label, marks } };
}
