/** What is different between two runs? A column each, a row a step; what is the same in both is one thin row. */
import type { ComparedStep, Difference } from '../../runtime/journal/compare.ts';
import type { DrawWords } from '../words/en/draw.ts';
import { across, fit, path, rect, text, type Drawing, type Item, type Mark, type Row, type Tone } from './marks.ts';

const WIDE = 300;
const GAP = 90;
const ROW = 34;
const THIN = 18;
const TOP = 30;
const RIGHT = WIDE + GAP;

export interface Names { a: string; b: string }
export const isDifferent = ({ of, differences }: ComparedStep): boolean => of !== 'both' || differences.length > 0;

/** Runs of steps without differences become one row. */
function folded(rows: readonly ComparedStep[]): (ComparedStep | ComparedStep[])[] {
  const out: (ComparedStep | ComparedStep[])[] = [];
  for (const row of rows) {
    const last = out.at(-1);
    if (isDifferent(row)) out.push(row);
    else if (Array.isArray(last)) last.push(row);
    else out.push([row]);
  }
  return out;
}

type Words = DrawWords['compare'];
/** '2 calls, 1 fact' */
const amountsOf = ({ amounts }: Words, differences: readonly Difference[]) =>
  (Object.keys(amounts) as (keyof typeof amounts)[]).flatMap((kind) => {
    const n = differences.filter((one) => one.kind === kind).length;
    return n ? [amounts[kind](n)] : [];
  }).join(', ');

function stepMarks(words: Words, row: ComparedStep, title: string): Mark[] {
  const tone: Tone = row.of === 'both' ? 'active' : row.of === 'a' ? 'own' : 'other';
  const box = (side: 'a' | 'b'): Mark[] => {
    const x = side === 'a' ? 0 : RIGHT;
    if (row.of !== 'both' && row.of !== side) return [rect(x, 2, WIDE, ROW - 8, 'ghost', 'dashed'), text(x + 10, 19, words.notHere, 'ghost', { size: 11 })];
    return [rect(x, 2, WIDE, ROW - 8, tone, 'soft'), text(x + 10, 19, fit(title, WIDE - 110, 12), tone, { size: 12, bold: true }), text(x + WIDE - 10, 19, words.amounts.call(row.calls[side]), tone, { size: 11, anchor: 'end' })];
  };
  const link = row.of === 'both' ? [path(across([WIDE, 15], [RIGHT, 15]), tone, { width: 2 })] : [];
  // a surface to hit between the two
  return [rect(0, 0, RIGHT + WIDE, ROW - 2, tone, 'bare'), ...link, ...box('a'), ...box('b'), ...(row.of === 'both' ? [rect(WIDE + GAP / 2 - 12, 5, 24, 20, tone, 'solid', 10), text(WIDE + GAP / 2, 20, '≠', 'solid', { anchor: 'middle', bold: true })] : [text(WIDE + GAP / 2, 19, words.onlyHere[row.of], tone, { anchor: 'middle', size: 11 })])];
}

export function drawCompare({ compare: words }: DrawWords, rows: readonly ComparedStep[], titles: ReadonlyMap<string, string>, names: Names): Drawing {
  const title = (step: string) => titles.get(step) ?? step;
  let y = TOP;
  const items = folded(rows).map((row): Item => {
    const at = y;
    if (Array.isArray(row)) {
      y += THIN;
      const what = row.length === 1 ? title(row[0]!.step) : words.steps(row.length);
      return { key: `same:${row[0]!.step}`, x: 10, y: at, marks: [path(`M0,${THIN / 2}H${RIGHT + WIDE}`, 'quiet', { dashed: true }), rect(WIDE + GAP / 2 - 85, 1, 170, THIN - 3, 'host', 'solid', 7), text(WIDE + GAP / 2, THIN - 5, `= ${fit(what, 150, 11)}`, 'solid', { anchor: 'middle', size: 11 })] };
    }
    y += ROW;
    const where = row.of === 'both' ? words.differs(amountsOf(words, row.differences)) : words.onlyIn(names[row.of]);
    return { key: `step:${row.step}`, sel: row.step, x: 10, y: at, label: `${title(row.step)}, ${where}`, marks: stepMarks(words, row, title(row.step)) };
  });
  const head: Item = { key: 'names', x: 10, y: 0, marks: [text(0, 18, fit(`A  ${names.a}`, WIDE, 13), 'own', { bold: true, size: 13 }), text(RIGHT, 18, fit(`B  ${names.b}`, WIDE, 13), 'other', { bold: true, size: 13 })] };
  const different = rows.filter(isDifferent);
  return {
    width: RIGHT + WIDE + 20, height: y + 8, items: [head, ...items],
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
  row.differences.map((one, j) => ({ key: `${row.step}:${j}`, sel: row.step, cells: [row.step, words.kinds[one.kind], one.a?.text ?? '–', one.b?.text ?? '–'] }));
