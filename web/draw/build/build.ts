/**
 * The picture of a build. The Dockerfile stands at the left, an instruction a row; a ribbon leads from each through the
 * inputs of its cache key to its layer, which grows to the right with its bytes. Stages are lanes; arrows at the right
 * lead from a stage to the COPY --from that takes files of it.
 */
import type { Event } from '../../../runtime/journal/event.ts';
import type { Frame } from '../../../runtime/journal/frame.ts';
import { bytes } from '../amounts.ts';
import { clampWidth, USUAL } from '../clamp-width.ts';
import { fit, path, polyline, rect, text, wrap, type Drawing, type Item, type Row } from '../marks.ts';
import { buildOf, stageNamed, type Build, type Instruction, type Stage } from './model.ts';
import type { BuildSaid } from './said.ts';
import { rowHeight, rowItems, shownText, type Columns } from './row.ts';

const LEAST = 300;
const MOST = 1200;
const WIDE = 620;
const TOP = 44;
const HEAD = 28;
const GAP = 12;
const GUTTER = 11;
const ARROWS = 6;

interface PlacedRow {
  one: Instruction;
  y: number;
  height: number;
}
interface Lane {
  stage: Stage;
  y: number;
  height: number;
  rows: readonly PlacedRow[];
}

/** Which rows take files of which stage: arrows between lanes. */
function arrowsOf(build: Build): { from: Stage; to: Instruction }[] {
  return build.stages.flatMap((stage) =>
    stage.instructions.flatMap((to) =>
      [...new Set(to.from)].flatMap((name) => {
        const from = stageNamed(build, name, stage.index);
        return from ? [{ from, to }] : [];
      }),
    ),
  );
}

function lanesOf({ stages }: Build, columns: Columns): Lane[] {
  let y = TOP;
  return stages.map((stage) => {
    const top = y;
    y += HEAD;
    const rows = stage.instructions.map((one) => {
      const placed = { one, y, height: rowHeight(one, columns) };
      y += placed.height;
      return placed;
    });
    y += GAP;
    return { stage, y: top, height: y - GAP - top, rows };
  });
}

const columnsFor = (width: number, arrows: number): Columns => {
  const right = width - 6 - GUTTER * Math.min(ARROWS, arrows);
  if (width < WIDE) return { wide: false, left: 4, right, key: 44, bar: 44, barWide: right - 44 - 10 };
  const inner = right - 4;
  const [key, bar] = [4 + inner * 0.42, 4 + inner * 0.7];
  return { wide: true, left: 4, right, key, bar, barWide: right - bar - 12 };
};

/** A zigzag where the first key of a stage differs, and a line from there down to the end of the stage. */
function breakItem({ words: { build: say } }: BuildSaid, { rows, y, height }: Lane, { left, right }: Columns): Item[] {
  const first = rows.find(({ one }) => one.cache === 'miss');
  if (!first) return [];
  const teeth = Array.from({ length: 9 }, (_, j) => [left + 1 + j * 5, first.y + (j % 2 ? -4 : 2)] as const);
  const line = polyline([left + 1, first.y], [left + 1, y + height]);
  return [
    {
      key: `break:${first.one.number}`,
      x: 0,
      y: 0,
      marks: [
        path(line, 'failed', { width: 3 }),
        path(polyline(...teeth), 'failed', { width: 2.5 }),
        text(left + 52, first.y + 5, fit(say.broken, right - left - 60, 11), 'failed', { size: 11 }),
      ],
    },
  ];
}

function laneItem({ words: { build: say } }: BuildSaid, { stage, y, height }: Lane, { left, right }: Columns): Item {
  const title = stage.index < 0 ? say.globals : say.stage(stage.index, stage.name, stage.base);
  return {
    key: `lane:${stage.index}`,
    x: left,
    y,
    marks: [
      rect(0, 0, right - left, height, 'ghost', 'soft', 8),
      text(12, 19, fit(title, right - left - 24, 13), 'own', { bold: true, size: 13 }),
    ],
  };
}

/** From the end of a stage along the right edge to the instruction that takes files of it. */
function arrowItems(build: Build, lanes: readonly Lane[], columns: Columns): Item[] {
  return arrowsOf(build).flatMap(({ from, to }, j) => {
    const source = lanes.find(({ stage }) => stage === from);
    const target = lanes.flatMap(({ rows }) => rows).find(({ one }) => one === to);
    if (!source || !target) return [];
    const out = columns.right + GUTTER * (1 + (j % ARROWS)) - 3;
    const line = polyline(
      [columns.right, source.y + source.height - 10 - (j % 3) * 6],
      [out, source.y + source.height - 10 - (j % 3) * 6],
      [out, target.y + 14],
      [columns.right + 1, target.y + 14],
    );
    return [{ key: `from:${to.number}:${j}`, x: 0, y: 0, marks: [path(line, 'mount', { width: 2, arrow: true })] }];
  });
}

const isNew = ({ cache, keyword }: Instruction): boolean => keyword !== 'FROM' && cache !== 'hit';

function summaryOf({ words }: BuildSaid, build: Build): string {
  const say = words.build;
  const all = build.stages.flatMap(({ instructions }) => instructions);
  if (!all.length) return say.none;
  const made = all.filter(isNew).reduce((sum, { layer = 0 }) => sum + layer, 0);
  const hits = all.filter(({ cache }) => cache === 'hit').length;
  const stages = build.stages.filter(({ index }) => index >= 0).length;
  const at =
    all.find(({ number }) => number === build.failed) ?? all.find(({ state }) => state === 'held' || state === 'now');
  const short = at && fit(shownText(at), 300);
  const where = at && (at.number === build.failed ? say.failedAt(at.number, short!) : say.standsAt(at.number, short!));
  return [say.summary(stages, all.length + build.more, hits, bytes(made, words.amounts)), where]
    .filter(Boolean)
    .join(' ');
}

function tableRow({ words, reason }: BuildSaid, one: Instruction): Row {
  const say = words.build;
  return {
    key: one.number,
    sel: `build:${one.number}`,
    cells: [
      one.number,
      one.text,
      say.states[one.state],
      one.cache ? say.cache[one.cache] : '',
      one.layer === undefined ? '' : one.layer ? bytes(one.layer, words.amounts) : say.noLayer,
      [...one.differs.map(reason), ...(one.more ? [say.moreReasons(one.more)] : [])].join('; '),
    ],
  };
}

/** `isThere`: whether a container can be opened. */
export function drawBuild(
  said: BuildSaid,
  frame: Frame,
  events: readonly Event[],
  isThere: (container: string) => boolean = () => false,
  available = USUAL,
): Drawing {
  const build = buildOf(frame, events);
  const { build: say } = said.words;
  const width = clampWidth(available, LEAST, MOST);
  const columns = columnsFor(width, arrowsOf(build).length);
  const lanes = lanesOf(build, columns);
  const all = build.stages.flatMap(({ instructions }) => instructions);
  const most = Math.max(1, ...all.map(({ layer = 0 }) => layer));
  const bottom = Math.max(...lanes.map(({ y, height }) => y + height), TOP + 20);
  const heads = columns.wide
    ? [
        text(columns.left + 12, 36, say.heads.file, 'quiet', { size: 12, bold: true }),
        text(columns.key, 36, say.heads.key, 'quiet', { size: 12, bold: true }),
        text(columns.bar, 36, say.heads.layer, 'quiet', { size: 12, bold: true }),
      ]
    : [];
  const scale = wrap(say.scale, width - 8, 12)
    .slice(0, columns.wide ? 1 : 2)
    .map((line, j) => text(4, 16 + j * 17, line, 'quiet', { size: 12 }));
  return {
    width,
    height: Math.ceil(bottom + (build.more ? 26 : 8)),
    items: [
      { key: 'head', x: 0, y: 0, marks: [...scale, ...heads] },
      ...lanes.map((lane) => laneItem(said, lane, columns)),
      ...lanes.flatMap(({ rows }) => rows.flatMap(({ one, y }) => rowItems(said, one, y, columns, { most, isThere }))),
      ...lanes.flatMap((lane) => breakItem(said, lane, columns)),
      ...arrowItems(build, lanes, columns),
      ...(build.more
        ? [{ key: 'more', x: 12, y: bottom + 16, marks: [text(0, 0, say.moreInstructions(build.more), 'quiet')] }]
        : []),
    ],
    table: { columns: say.columns, rows: all.map((one) => tableRow(said, one)) },
    summary: summaryOf(said, build),
  };
}
