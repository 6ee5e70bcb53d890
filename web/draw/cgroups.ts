/**
 * The picture "How much may it use, and how much does it use?": v1 as parallel trees connected by a line, v2 as one
 * tree; gauges below.
 */
import { hierarchy, tree } from 'd3-hierarchy';
import type { Event } from '../../runtime/journal/event.ts';
import type { Frame } from '../../runtime/journal/frame.ts';
import type { Sample } from '../../runtime/watch/usage.ts';
import type { DrawWords } from '../words/en/draw.ts';
import { changed, hasEnded, runEvents } from './facts.ts';
import { gaugeItem, gaugeRow, gaugesOf, heightOf } from './gauges.ts';
import { frozen, groupsOf, joined, outOfMemory, type Group, type OutOfMemory } from './groups.ts';
import { limitsOf } from './limits.ts';
import { clampWidth, USUAL } from './clamp-width.ts';
import {
  downward,
  fit,
  path,
  polyline,
  rect,
  text,
  wrap,
  type Drawing,
  type Item,
  type Mark,
  type Row,
} from './marks.ts';

const LEAF = 178;
const CELL = 66;
/** From one row of trees to the next. */
const ROW = LEAF + 30;

/** The trees in as few rows as the width allows, each row with as many columns as the others. */
export function rowsOf(groups: number, width: number): { rows: number; columns: number } {
  const most = Math.max(1, Math.floor((width - 20) / CELL));
  const rows = Math.max(1, Math.ceil(groups / most));
  return { rows, columns: Math.max(1, Math.ceil(groups / rows)) };
}

type Words = DrawWords['cgroups'];
type State = keyof Words['states'];
const stateOf = (group: Group): State => (frozen(group) ? 'frozen' : joined(group) ? 'joined' : 'empty');

interface Node {
  name: string;
  children?: Node[];
}
const looks = { frozen: 'hatched', joined: 'solid', empty: 'soft' } as const;
/** A column: the root, the parents and the container's group, from top to bottom. */
function treeItem(words: Words, group: Group, at: { x: number; y: number }, wide: number, isNew: boolean): Item {
  const chain = [...group.parents, 'container'].reduceRight<Node | undefined>(
    (child, name) => ({ name, ...(child && { children: [child] }) }),
    undefined,
  )!;
  const laid = tree<Node>().size([wide, LEAF - 66])(hierarchy<Node>({ name: 'root', children: [chain] }));
  const marks: Mark[] = [];
  const state = stateOf(group);
  for (const { source, target } of laid.links())
    marks.push(path(downward([0, source.y + 66 + 8], [0, target.y + 66 - 13]), 'quiet'));
  for (const node of laid.descendants()) {
    const leaf = !node.children;
    const look = leaf ? looks[state] : 'outline';
    marks.push(
      rect(-wide / 2 + 5, node.y + 66 - 13, wide - 10, 26, leaf ? (isNew ? 'active' : 'cgroup') : 'quiet', look, 5),
    );
    marks.push(
      text(
        0,
        node.y + 66 + 4,
        leaf ? words.marks[state] : fit(node.data.name === 'root' ? '/' : node.data.name, wide - 16, 11),
        leaf ? (look === 'solid' ? 'solid' : isNew ? 'active' : 'cgroup') : 'quiet',
        { anchor: 'middle', size: 11, bold: leaf },
      ),
    );
  }
  // Two controllers in one hierarchy may need two lines.
  const size = wide < 84 ? 11 : 12.5;
  const title = wrap(
    group.mount.endsWith('cgroup') ? words.all : group.controllers.replaceAll(',', ', '),
    wide - 4,
    size,
    true,
  )
    .slice(0, 2)
    .map((line) => line.replaceAll(', ', ','));
  marks.push(
    ...title.map((line, j) =>
      text(0, 38 - (title.length - 1 - j) * 13, line, 'plain', { anchor: 'middle', bold: true, mono: true, size }),
    ),
  );
  return {
    key: `cgroup:${group.dir}`,
    sel: `cgroup:${group.dir}`,
    ...at,
    marks,
    label: `${group.controllers}: ${state === 'empty' ? words.made : words.states[state]}`,
  };
}

/** The device rules of the step create.device-rules, from its facts. */
const deviceRules = (frame: Frame, events: readonly Event[]): string[] =>
  runEvents(frame, events).flatMap((event) =>
    event.type === 'call' && event.step === 'create.device-rules'
      ? (event.facts ?? []).filter(({ key }) => key.endsWith('devices.allow')).map(({ value }) => value ?? '')
      : [],
  );

const pressureWords = (words: Words, { pressure }: Sample): string =>
  pressure ? words.pressure(pressure.of, pressure.cpu, pressure.memory, pressure.io) : words.noPressure;
const oomWords = (words: Words, { after, kills }: OutOfMemory): string => words.outOfMemory(after.toFixed(1), kills);

/** Lines below the gauges for what a bar cannot show; each has a row in the table. */
interface Line {
  key: string;
  text: string;
  cells: string[];
  tone: 'quiet' | 'failed' | 'plain';
  mono?: boolean;
  sel?: string;
  seek?: number;
  label?: string;
}
function linesOf(words: Words, frame: Frame, events: readonly Event[], now: Sample | undefined): Line[] {
  const devices = deviceRules(frame, events);
  const { rows } = words;
  return [
    ...outOfMemory(frame, events)
      .slice(-5)
      .map((oom): Line => ({
        key: `oom ${oom.seq}`,
        text: oomWords(words, oom),
        cells: [rows.memory, rows.out, rows.event(oom.seq), oomWords(words, oom)],
        tone: 'failed',
        seek: oom.seq,
        label: oomWords(words, oom),
      })),
    ...(now
      ? [
          {
            key: 'pressure',
            text: pressureWords(words, now),
            cells: ['', rows.pressure, rows.now, pressureWords(words, now)],
            tone: 'quiet',
          } satisfies Line,
        ]
      : []),
    ...(devices.length
      ? [
          {
            key: 'devices',
            text: words.devices(devices.length, devices.join(', ')),
            cells: [],
            tone: 'quiet',
            mono: true,
            sel: 'cgroup:devices',
            label: words.devicesLabel(devices.length),
          } satisfies Line,
        ]
      : []),
  ];
}
function lineItem({ key, text: said, tone, mono = false, sel, seek, label }: Line, width: number, y: number): Item {
  return {
    key,
    ...(sel && { sel }),
    ...(seek !== undefined && { seek }),
    ...(label && { label }),
    x: 30,
    y,
    marks: [
      rect(-8, 3, width - 36, 22, tone, label ? 'outline' : 'bare', 4),
      text(0, 18, fit(said, width - 50, 11.5, mono), tone, { size: 11.5, mono }),
    ],
  };
}

/** `samples`: measured usage, given only in the present and while it is watched. */
export function drawCgroups(
  words: DrawWords,
  frame: Frame,
  events: readonly Event[],
  previous?: Frame,
  samples: readonly Sample[] = [],
  width = USUAL,
): Drawing {
  const { cgroups: say } = words;
  const groups = groupsOf(frame);
  const began = events[frame.since]?.time ?? 0;
  const fresh = groups.length ? samples.filter(({ time }) => time >= began) : [];
  const now = fresh.at(-1);
  const gauges = gaugesOf(words, groups, fresh);
  const whole = clampWidth(width, 560, 940);
  const { rows: treeRows, columns } = rowsOf(groups.length, whole);
  const wide = groups.length === 1 ? 260 : (whole - 20) / columns;
  const total = whole;
  const foot = (treeRows - 1) * ROW + LEAF;
  const inside = groups.length > 1 && groups.every(joined);
  const through: Item[] = inside
    ? [
        {
          key: 'process',
          x: 0,
          y: 0,
          marks: [
            ...Array.from({ length: treeRows }, (_, row) => row * ROW + LEAF + 26).map((at) =>
              path(polyline([10, at], [total - 10, at]), 'own', { width: 3 }),
            ),
            text(total / 2, foot + 42, say.through, 'own', { anchor: 'middle', size: 11.5 }),
          ],
        },
      ]
    : [];
  const before = previous && groupsOf(previous).flatMap((group) => limitsOf(words, group));
  let y = foot + 66;
  const below: Item[] = gauges.map((gauge) => {
    const item = gaugeItem(
      words,
      gauge,
      total,
      y,
      before !== undefined &&
        gauge.limit !== undefined &&
        !before.some(({ key, limit }) => key === gauge.key && limit === gauge.limit),
    );
    y += heightOf(gauge);
    return item;
  });
  if (groups.length && !gauges.some(({ limit }) => limit !== undefined)) {
    const unlimited = wrap(say.noLimits, total - 50, 12);
    below.push({
      key: 'no limits',
      x: 30,
      y,
      marks: unlimited.map((said, j) => text(0, 18 + j * 16, said, 'quiet', { size: 12 })),
    });
    y += 22 + unlimited.length * 16;
  }
  const lines = groups.length || hasEnded(frame) ? linesOf(say, frame, events, now) : [];
  const shown = groups.length ? lines : lines.filter(({ key }) => key !== 'devices');
  if (!groups.length) y = 150;
  for (const line of shown) {
    below.push(lineItem(line, total, y));
    y += 28;
  }
  const empty: Item[] = groups.length
    ? []
    : [
        {
          key: 'none',
          x: total / 2,
          y: 110,
          marks: [text(0, 0, hasEnded(frame) ? say.ended : say.notYet, 'quiet', { anchor: 'middle', size: 13 })],
        },
      ];
  const rows: Row[] = [
    ...gauges.map((gauge) => gaugeRow(words, gauge)),
    ...shown
      .filter(({ cells }) => cells.length)
      .map(({ key, cells, seek }) => ({ key, cells, ...(seek !== undefined && { seek }) })),
    ...groups.flatMap((group) => [
      {
        key: group.dir,
        sel: `cgroup:${group.dir}`,
        cells: [group.controllers, group.dir, say.states[stateOf(group)], ''],
      },
      ...Object.entries(group.files).map(([file, value]) => ({
        key: `${group.dir}/${file}`,
        sel: `cgroup:${group.dir}/${file}`,
        cells: [group.controllers, file, say.rows.written, value],
      })),
    ]),
  ];
  return {
    width: total,
    height: Math.max(220, y),
    items: [
      ...empty,
      ...through,
      ...groups.map((group, j) =>
        treeItem(
          say,
          group,
          { x: 10 + (j % columns) * wide + wide / 2, y: Math.floor(j / columns) * ROW },
          wide,
          changed(frame, previous, 'cgroup', group.dir) || changed(frame, previous, 'cgroup', `${group.dir}/tasks`),
        ),
      ),
      ...below,
    ],
    table: { columns: say.columns, rows },
    summary: summaryOf(words, frame, groups, now),
  };
}

function summaryOf(words: DrawWords, frame: Frame, groups: readonly Group[], now: Sample | undefined): string {
  const { cgroups: say } = words;
  if (!groups.length) return hasEnded(frame) ? say.removed : say.none;
  const limits = groups.flatMap((group) => limitsOf(words, group));
  const may = limits.length
    ? say.summaryLimits(limits.map(({ name, shown }) => `${name} ${shown}`).join(', '))
    : say.counted;
  return `${may} ${now ? (groups.some(frozen) ? say.frozenNow : say.countedNow) : say.liveOnly}`;
}
