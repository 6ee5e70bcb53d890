/**
 * The picture "What is different between two runs?": one column per run, one row per step that differs, by topic in the
 * order of what the difference means. All equal steps are one thin row at the end.
 */
import type { ComparedStep, Difference } from '../../runtime/journal/compare.ts';
import type { DrawWords } from '../words/en/draw.ts';
import { rank, type Topic } from './compare-rank.ts';
import { clampWidth, USUAL } from './clamp-width.ts';
import {
  across,
  fit,
  path,
  rect,
  text,
  widthOf,
  type Drawing,
  type Item,
  type Mark,
  type Row,
  type Tone,
} from './marks.ts';

/** Pixels between the columns: enough for the text there. */
const GAP = 110;
const ROW = 34;
const THIN = 20;
const TOP = 30;
/** the height of a topic's name */
const HEAD = 24;
/** Both columns are equally wide. */
interface Plan {
  width: number;
  wide: number;
  right: number;
  middle: number;
}
function planFor(width: number): Plan {
  const whole = clampWidth(width, 520, 1200);
  const wide = (whole - 20 - GAP) / 2;
  return { width: whole, wide, right: wide + GAP, middle: wide + GAP / 2 };
}

export interface Names {
  a: string;
  b: string;
}
type Words = DrawWords['compare'];
/** '2 calls, 1 fact' */
const amountsOf = ({ amounts }: Words, differences: readonly Difference[]) =>
  (Object.keys(amounts) as (keyof typeof amounts)[])
    .flatMap((kind) => {
      const n = differences.filter((one) => one.kind === kind).length;
      return n ? [amounts[kind](n)] : [];
    })
    .join(', ');

function stepMarks(words: Words, { wide, right, middle }: Plan, row: ComparedStep, title: string): Mark[] {
  const tone: Tone = row.of === 'both' ? 'active' : row.of === 'a' ? 'own' : 'other';
  const box = (side: 'a' | 'b'): Mark[] => {
    const x = side === 'a' ? 0 : right;
    if (row.of !== 'both' && row.of !== side)
      return [rect(x, 2, wide, ROW - 8, 'ghost', 'dashed'), text(x + 10, 19, words.notHere, 'ghost', { size: 11 })];
    const calls = words.amounts.call(row.calls[side]);
    return [
      rect(x, 2, wide, ROW - 8, tone, 'soft'),
      text(x + 10, 19, fit(title, wide - 36 - widthOf(calls, 11), 13), tone, { size: 12, bold: true }),
      text(x + wide - 10, 19, calls, tone, { size: 11, anchor: 'end' }),
    ];
  };
  const link = row.of === 'both' ? [path(across([wide, 15], [right, 15]), tone, { width: 2 })] : [];
  // A transparent rectangle, so that the gap between the columns can be clicked too.
  return [
    rect(0, 0, right + wide, ROW - 2, tone, 'bare'),
    ...link,
    ...box('a'),
    ...box('b'),
    ...(row.of === 'both'
      ? [
          rect(middle - 12, 5, 24, 20, tone, 'solid', 10),
          text(middle, 20, '≠', 'solid', { anchor: 'middle', bold: true }),
        ]
      : [text(middle, 19, words.onlyHere[row.of], tone, { anchor: 'middle', size: 11 })]),
  ];
}

export function drawCompare(
  { compare: words }: DrawWords,
  rows: readonly ComparedStep[],
  titles: ReadonlyMap<string, string>,
  names: Names,
  width = USUAL,
): Drawing {
  const plan = planFor(width);
  const { wide, right, middle } = plan;
  const title = (step: string) => titles.get(step) ?? step;
  let y = TOP;
  const { ranked, alike } = rank(rows);
  const topicItem = (topic: Topic): Item => {
    const at = y;
    y += HEAD;
    return { key: `topic:${topic}`, x: 10, y: at, marks: [text(0, 16, words.topics[topic], 'plain', { bold: true })] };
  };
  const stepItem = (row: ComparedStep): Item => {
    const at = y;
    y += ROW;
    const where = row.of === 'both' ? words.differs(amountsOf(words, row.differences)) : words.onlyIn(names[row.of]);
    return {
      key: `step:${row.step}`,
      sel: row.step,
      x: 10,
      y: at,
      label: `${title(row.step)}, ${where}`,
      marks: stepMarks(words, plan, row, title(row.step)),
    };
  };
  const items = ranked.flatMap(({ topic, different }) => [topicItem(topic), ...different.map(stepItem)]);
  if (alike) {
    items.push({
      key: 'same',
      x: 10,
      y,
      marks: [
        path(`M0,${THIN / 2}H${right + wide}`, 'quiet', { dashed: true }),
        rect(middle - 85, 1, 170, THIN - 3, 'host', 'soft', 7),
        text(middle, THIN - 6, words.alike(alike), 'host', { anchor: 'middle', size: 11 }),
      ],
    });
    y += THIN;
  }
  const head: Item = {
    key: 'names',
    x: 10,
    y: 0,
    marks: [
      text(0, 18, fit(`A  ${names.a}`, wide, 13), 'own', { bold: true, size: 13 }),
      text(right, 18, fit(`B  ${names.b}`, wide, 13), 'other', { bold: true, size: 13 }),
    ],
  };
  const different = ranked.flatMap((one) => one.different);
  return {
    width: plan.width,
    height: y + 8,
    items: [head, ...items],
    table: { columns: words.columns(names.a, names.b), rows: different.flatMap((row) => tableRows(words, row)) },
    summary: rows.length ? summaryOf(words, rows, different) : words.nothing,
  };
}

function summaryOf(words: Words, rows: readonly ComparedStep[], different: readonly ComparedStep[]): string {
  const only = (side: 'a' | 'b') => different.filter(({ of }) => of === side).length;
  const both = different.length - only('a') - only('b');
  return different.length ? words.summary(rows.length, both, only('a'), only('b')) : words.same(rows.length);
}

const tableRows = (words: Words, row: ComparedStep): Row[] =>
  row.differences.map((one, j) => ({
    key: `${row.step}:${j}`,
    sel: row.step,
    cells: [row.step, words.kinds[one.kind], one.a?.text ?? '–', one.b?.text ?? '–'],
  }));
