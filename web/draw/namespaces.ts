/**
 * The picture "What is shared with the host, and what is its own?": one column per kind of namespace, one row per
 * process. A line goes down as far as the namespace is inherited.
 */
import type { Event } from '../../runtime/journal/event.ts';
import type { Frame } from '../../runtime/journal/frame.ts';
import type { DrawWords } from '../words/en/draw.ts';
import { changed, fact, factsOf, hasEnded, runEvents } from './facts.ts';
import { execsOf, programOf, type Exec } from './processes.ts';
import { clampWidth, USUAL } from './clamp-width.ts';
import {
  fit,
  glyph,
  path,
  polyline,
  rect,
  text,
  wrap,
  type Drawing,
  type Glyph,
  type Item,
  type Mark,
  type Row,
} from './marks.ts';

export const kinds = ['mnt', 'pid', 'net', 'ipc', 'uts', 'user', 'cgroup', 'time'] as const;
export type Kind = (typeof kinds)[number];
const glyphs: Record<Kind, Glyph> = {
  mnt: 'square',
  pid: 'circle',
  net: 'diamond',
  ipc: 'triangle',
  uts: 'star',
  user: 'wye',
  cgroup: 'cross',
  time: 'circle',
};
type Words = DrawWords['namespaces'];

/** 'net:[4026532181]' → '2181': the leading digits are the same for all namespaces. */
export const inodeTail = (inode: string | undefined): string => /(\d{4})\]/.exec(inode ?? '')?.[1] ?? '';

export type Tie = 'shared' | 'own' | 'joined';
export interface Column {
  kind: Kind;
  host: string;
  inode: string;
  tie: Tie;
}

/** The kinds of namespaces of the container's process; none before it exists. */
export function columnsOf(frame: Frame, events: readonly Event[]): Column[] {
  const ns = factsOf(frame, 'ns');
  const host = new Map((ns['host'] ?? '').split(' ').map((inode) => [inode.split(':')[0], inode]));
  const joins = new Set(
    runEvents(frame, events).flatMap((event) =>
      event.step === 'create.join-namespaces' && event.type === 'fact' ? event.facts.map(({ key }) => key) : [],
    ),
  );
  return kinds.map((kind) => {
    const inode = ns[kind] ?? host.get(kind) ?? '';
    const own = ns[kind] !== undefined && ns[kind] !== host.get(kind);
    return { kind, host: host.get(kind) ?? '', inode, tie: !own ? 'shared' : joins.has(kind) ? 'joined' : 'own' };
  });
}

const LEFT = 176;
const TOP = 78;
const ROW = 84;
/** Pixels to the right of the middle of the last column. */
const RIGHT = 50;
/** The columns are equally wide. */
interface Grid {
  width: number;
  gap: number;
  x(index: number): number;
}
function gridFor(width: number): Grid {
  const whole = clampWidth(width, 600, 900);
  const gap = (whole - LEFT - 40 - RIGHT) / (kinds.length - 1);
  return { width: whole, gap, x: (index) => LEFT + 40 + index * gap };
}

interface Line {
  key: string;
  name: string;
  words: string;
  inside: boolean;
}

function lines(words: Words, frame: Frame, events: readonly Event[], execs: readonly Exec[]): Line[] {
  const { shim, init, 'init.inside': number } = factsOf(frame, 'process');
  const program = programOf(frame, events);
  return [
    { key: 'host', name: words.host, words: words.hostHolds, inside: false },
    ...(shim ? [{ key: 'shim', name: `shim ${shim}`, words: words.shimIs, inside: false }] : []),
    ...(init
      ? [
          {
            key: 'init',
            name: `${program ?? 'stage'} ${init}`,
            words: number && number !== init ? words.pidInside(number) : words.hostPids,
            inside: true,
          },
        ]
      : []),
    ...execs.map((exec) => ({
      key: exec.id,
      name: `${exec.program ?? 'exec'} ${exec.pid}`,
      words: exec.inside ? words.entered : words.outside,
      inside: exec.inside,
    })),
  ];
}

/** The process in the left column, indented under its parent. */
function processItem(words: Words, line: Line, row: number, depth: number): Item {
  const left = 10 + depth * 14;
  const marks: Mark[] = [
    // An exec's process has its own shim, which is not drawn, so no line leads to a parent.
    ...(depth && row < 3 ? [path(polyline([left - 8, -ROW + 22], [left - 8, 0], [left, 0]), 'quiet')] : []),
    rect(
      left,
      -22,
      LEFT - left - 20,
      44,
      line.key === 'host' ? 'host' : line.inside ? 'own' : 'plain',
      line.key === 'host' ? 'soft' : 'outline',
    ),
    text(left + 10, -3, line.name, 'plain', { bold: true, size: 12.5 }),
    text(left + 10, 13, line.words, 'quiet', { size: 11 }),
  ];
  return {
    key: `row:${line.key}`,
    sel: `process:${line.key}`,
    x: 0,
    y: TOP + row * ROW,
    marks,
    label: words.process(line.name, line.words),
  };
}

/** User namespaces nest: the host's surrounds all processes; a container's own surrounds the processes in it. */
function userBoxes(words: Words, { host, inode, tie }: Column, rows: readonly Line[]): Item[] {
  const box = (whose: 'host' | 'own', inset: number, first: number, last: number, tail: string): Item => ({
    key: `users:${whose}:${first}`,
    x: inset,
    y: TOP + first * ROW - 45 + inset,
    marks: [
      rect(0, 0, LEFT - 8 - 2 * inset, (last - first) * ROW + 80 - 2 * inset, whose, 'outline', 10),
      text(10, 13, words.users(tail), whose, { size: 11 }),
    ],
  });
  const all = box('host', 1, 0, rows.length - 1, inodeTail(host));
  if (tie === 'shared') return [all];
  const groups = rows.flatMap(({ inside }, j) =>
    inside && !rows[j - 1]?.inside ? [[j, rows.findIndex((row, after) => after > j && !row.inside)] as const] : [],
  );
  return [
    all,
    ...groups.map(([first, after]) => box('own', 7, first, (after < 0 ? rows.length : after) - 1, inodeTail(inode))),
  ];
}

/** The host's glyph, the line down, and the container's own glyph where the line is broken. */
function columnItem(
  words: Words,
  { gap, x }: Grid,
  column: Column,
  index: number,
  rows: readonly Line[],
  isNew: boolean,
): Item {
  const { kind, host, inode, tie } = column;
  const init = rows.findIndex(({ key }) => key === 'init');
  const apart = tie !== 'shared' && init >= 0;
  const shape = glyphs[kind];
  // In narrow columns the texts beside the glyphs are closer to them.
  const [big, tail, under] = gap < 60 ? [120, 8, 4] : [190, 12, 11];
  const bottom = (rows.length - 1) * ROW;
  const marks: Mark[] = [
    ...(rows.length > 1 ? [path(polyline([0, 12], [0, apart ? init * ROW - 38 : bottom]), 'host', { width: 3 })] : []),
    ...rows.flatMap(({ key, inside }, j) => {
      if (apart && inside) return [];
      const label =
        j === 0 && inodeTail(host) ? [text(tail, 4, inodeTail(host), 'host', { mono: true, size: 11 })] : [];
      return [glyph(shape, 0, j * ROW, key === 'host' ? big : 90, 'host', key === 'host'), ...label];
    }),
  ];
  if (apart) {
    const y = init * ROW;
    marks.push(
      path(polyline([-9, y - 44], [9, y - 34]), tie === 'own' ? 'own' : 'other', { width: 2.5 }),
      ...(rows.at(-1)?.inside && rows.length - 1 > init
        ? [path(polyline([0, y], [0, bottom]), 'own', { width: 3 })]
        : []),
      ...rows.flatMap((line, j) =>
        line.inside
          ? [glyph(shape, 0, j * ROW, j === init ? big : 90, tie === 'own' ? 'own' : 'other', j === init)]
          : [],
      ),
      text(tail, y + 4, inodeTail(inode), tie === 'own' ? 'own' : 'other', { mono: true, size: 11, bold: true }),
      text(under, y + 19, fit(words.marks[tie], gap, 11), tie === 'own' ? 'own' : 'other', { size: 11, bold: isNew }),
      ...(tie === 'joined'
        ? [
            path(polyline([30, y - 20], [9, y - 4]), 'other', { width: 2, arrow: true, dashed: true }),
            text(33, y - 25, 'setns', 'other', { size: 11, anchor: 'middle' }),
          ]
        : []),
    );
  } else if (init >= 0)
    marks.push(text(under, init * ROW + 19, fit(words.marks.shared, gap, 11), 'host', { size: 11 }));
  const wide = Math.min(70, gap - 2);
  marks.unshift(rect(-wide / 2, -12, wide, bottom + 36, isNew ? 'active' : 'quiet', isNew ? 'dashed' : 'bare', 10));
  return {
    key: `ns:${kind}`,
    sel: `ns:${kind}`,
    x: x(index),
    y: TOP,
    marks,
    label: words.column(kind, words.holds[kind], apart ? words.apart[tie](inode) : words.ties.shared),
  };
}

/**
 * What a kind of namespace isolates, below its name. If some of these texts are wider than a column, every second one
 * is a line lower.
 */
function holdsMarks({ holds }: Words, { gap }: Grid, kind: Kind, index: number): Mark[] {
  const low = kinds.some((one) => wrap(holds[one], gap - 8, 11).some((line) => line.endsWith('…')));
  const said = low ? [fit(holds[kind], 2 * gap - 8, 11)] : wrap(holds[kind], gap - 8, 11);
  return said.map((line, n) => text(0, 15 + (low ? index % 2 : n) * 13, line, 'quiet', { anchor: 'middle', size: 11 }));
}

export function drawNamespaces(
  { namespaces: words, amounts }: DrawWords,
  frame: Frame,
  events: readonly Event[],
  previous?: Frame,
  width = USUAL,
): Drawing {
  const grid = gridFor(width);
  const { x } = grid;
  const execs = execsOf(frame, events);
  const rows = lines(words, frame, events, execs);
  const columns = columnsOf(frame, events);
  const born = fact(frame, 'process', 'init') !== undefined;
  const headers: Item[] = columns.map(({ kind }, j) => ({
    key: `head:${kind}`,
    x: x(j),
    y: 22,
    marks: [
      text(0, 0, kind, 'plain', { anchor: 'middle', bold: true, mono: true, size: 13 }),
      ...holdsMarks(words, grid, kind, j),
    ],
  }));
  const border = rows.findIndex(({ inside }) => inside);
  const frontier: Item[] =
    border < 0
      ? []
      : [
          {
            key: 'frontier',
            x: 0,
            y: TOP + border * ROW - 40,
            marks: [path(polyline([10, 0], [x(7) + RIGHT - 12, 0]), 'own', { dashed: true })],
          },
        ];
  const own = columns.filter(({ tie }) => tie !== 'shared').map(({ kind }) => kind);
  const tableRows: Row[] = columns.map(({ kind, host, inode, tie }) => ({
    key: kind,
    sel: `ns:${kind}`,
    cells: [
      kind,
      words.holds[kind],
      host || words.notAsked,
      born ? inode : words.noProcess,
      born ? words.ties[tie] : '',
    ],
  }));
  return {
    width: grid.width,
    height: TOP + (rows.length - 1) * ROW + 46,
    items: [
      ...userBoxes(
        words,
        columns.find(({ kind }) => kind === 'user')!,
        rows,
      ),
      ...headers,
      ...frontier,
      ...columns.map((column, j) =>
        columnItem(words, grid, column, j, rows, born && changed(frame, previous, 'ns', column.kind)),
      ),
      ...rows.map((line, j) => processItem(words, line, j, Math.min(j, 2))),
    ],
    table: {
      columns: words.columns,
      rows: [
        ...tableRows,
        ...rows.map(({ key, name, words: said }) => ({ key, cells: [words.row, name, said, '', ''] })),
      ],
    },
    summary: hasEnded(frame)
      ? words.ended
      : !born
        ? words.unborn
        : own.length
          ? words.summary(own.join(', '), kinds.filter((kind) => !own.includes(kind)).join(', ') || amounts.none)
          : words.allShared,
  };
}
