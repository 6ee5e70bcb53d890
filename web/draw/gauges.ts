/** A gauge: a bar for the usage, a tick at its highest value, and a wall at the kernel's limit. */
import { scaleLinear } from 'd3-scale';
import type { Sample } from '../../runtime/watch/usage.ts';
import type { DrawWords } from '../words/en/draw.ts';
import { groupWith, type Group } from './groups.ts';
import { limitsOf, scaleTop, showing, type Counted } from './limits.ts';
import { glyph, path, polyline, rect, text, type Item, type Mark, type Row } from './marks.ts';
import { sparkline, type Point } from './sparkline.ts';

export interface Gauge {
  key: string;
  dir: string;
  of: Counted;
  name: string;
  controller: string;
  show(value: number): string;
  limit?: number;
  usage?: number;
  most?: number;
  history?: Point[];
  /** share of the periods in which the group was throttled, 0 to 1 */
  throttled?: number;
  /** when the OOM killer ran, in the last minute */
  kills?: number[];
  /** the OOM killer ran a moment ago */
  meets?: boolean;
}

/** Number of samples for a rate: one second, because single samples vary too much. */
const WINDOW = 4;
/**
 * Memory over time. A peak between two samples is in none of them: the kernel's highest value has grown, so the peak
 * was then. When the OOM killer ran, the limit had been reached.
 */
function memoryHistory(samples: readonly Sample[]): Point[] {
  return samples.flatMap(({ time, memory }, j): Point[] => {
    const before = samples[j - 1];
    const point = { time, value: memory.usage };
    if (!before) return [point];
    const { most = 0, kills, limit } = memory;
    const grown = before.memory.most !== undefined && most > before.memory.most ? most : 0;
    const peak = Math.max(grown, kills > before.memory.kills ? (limit ?? 0) : 0);
    const between = { time: (before.time + time) / 2, value: peak };
    return peak > Math.max(memory.usage, before.memory.usage) ? [between, point] : [point];
  });
}
const killTimes = (samples: readonly Sample[]): number[] =>
  samples.flatMap(({ time, memory }, j) =>
    memory.kills > (samples[j - 1]?.memory.kills ?? memory.kills) ? [time] : [],
  );

/** How long a kill is shown at the wall, in milliseconds. */
const KILL_MS = 5000;

const inCpus = (a: Sample, b: Sample): number =>
  b.time > a.time ? Math.max(0, b.cpu.total - a.cpu.total) / 1e6 / (b.time - a.time) : 0;
const cpuHistory = (samples: readonly Sample[]): Point[] =>
  samples
    .slice(1)
    .map((sample, j) => ({ time: sample.time, value: inCpus(samples[Math.max(0, j + 1 - WINDOW)]!, sample) }));
function throttledShare(samples: readonly Sample[]): number | undefined {
  const [a, b] = [samples.at(-1 - WINDOW) ?? samples[0], samples.at(-1)];
  if (!a || !b?.cpu.limit) return undefined;
  const periods = b.cpu.periods - a.cpu.periods;
  return periods > 0 ? Math.min(1, (b.cpu.throttledPeriods - a.cpu.throttledPeriods) / periods) : 0;
}

type Live = {
  of: Counted;
  controllers: readonly string[];
  read(
    now: Sample,
    samples: readonly Sample[],
  ): Pick<Gauge, 'limit' | 'usage' | 'most' | 'history' | 'throttled' | 'kills' | 'meets'>;
};
const live: readonly Live[] = [
  {
    of: 'memory',
    controllers: ['memory'],
    read: ({ time, memory: { usage, most, limit, kills } }, samples) => ({
      usage,
      ...(most !== undefined && { most }),
      ...(limit !== undefined && { limit }),
      history: memoryHistory(samples),
      kills: killTimes(samples),
      meets: samples.some((one) => time - one.time < KILL_MS && one.memory.kills < kills),
    }),
  },
  {
    of: 'cpu',
    controllers: ['cpu', 'cpuacct'],
    read: ({ cpu: { limit } }, samples) => {
      const [history, throttled] = [cpuHistory(samples), throttledShare(samples)];
      return {
        usage: history.at(-1)?.value ?? 0,
        ...(limit !== undefined && { limit }),
        history,
        ...(throttled !== undefined && { throttled }),
      };
    },
  },
  {
    of: 'pids',
    controllers: ['pids'],
    read: ({ pids: { current, limit } }, samples) => ({
      usage: current,
      ...(limit !== undefined && { limit }),
      history: samples.map((one) => ({ time: one.time, value: one.pids.current })),
    }),
  },
];

/**
 * Gauges of the limits as they were written; with samples also the usage, including that of resources without a limit.
 */
export function gaugesOf(words: DrawWords, groups: readonly Group[], samples: readonly Sample[]): Gauge[] {
  const written: Gauge[] = groups.flatMap((group) =>
    limitsOf(words, group).map(({ key, controller, of, name, limit, usage }) => ({
      key,
      dir: group.dir,
      of,
      name,
      controller,
      limit,
      ...(usage !== undefined && { usage }),
      show: showing(words, of),
    })),
  );
  const now = samples.at(-1);
  if (!now) return written;
  const measured = live.flatMap(({ of, controllers, read }): Gauge[] => {
    const group = controllers.map((controller) => groupWith(groups, controller)).find(Boolean);
    return group
      ? [
          {
            key: `${group.dir} ${of}`,
            dir: group.dir,
            of,
            name: words.cgroups.limits[of],
            controller: group.controllers,
            show: showing(words, of),
            ...read(now, samples),
          },
        ]
      : [];
  });
  return [...measured, ...written.filter(({ of }) => !measured.some((one) => one.of === of))];
}

const LEFT = 162;
/** height of the axis below the bar */
const AXIS = 14;
export const heightOf = ({ history }: Gauge): number => AXIS + (history ? 74 : 38);
type Words = DrawWords['cgroups'];
const amount = (words: Words, { usage, limit, show }: Gauge): string =>
  usage === undefined
    ? words.atMost(limit === undefined ? '?' : show(limit))
    : limit === undefined
      ? show(usage)
      : words.of(show(usage), show(limit));
const highest = ({ history = [] }: Gauge): number => Math.max(0, ...history.map(({ value }) => value));
const percent = (share: number) => `${Math.round(share * 100)} %`;
export const gaugeWords = ({ cgroups: words }: DrawWords, gauge: Gauge): string =>
  [
    amount(words, gauge),
    gauge.most !== undefined && words.mostSoFar(gauge.show(gauge.most)),
    gauge.throttled && words.throttled(percent(gauge.throttled)),
    gauge.meets && words.meets,
  ]
    .filter(Boolean)
    .join(', ');

/** The axis: what the places of the bar mean. It stays the same when the wall moves. */
function axis(top: number, bar: number, show: (value: number) => string): Mark[] {
  const scale = scaleLinear([0, top], [0, bar]);
  return [0, 0.2, 0.4, 0.6, 0.8, 1].flatMap((share) => {
    const at = LEFT + scale(share * top);
    return [
      path(polyline([at, 24], [at, 28]), 'quiet', { width: 1 }),
      text(at, 38, share ? show(share * top) : '0', 'quiet', { anchor: 'middle', size: 11 }),
    ];
  });
}

/** What the kernel counted: the bar, its highest value, and a cross at the wall while the OOM killer has just run. */
function level(
  { usage, most, throttled, meets, kills }: Gauge,
  scale: (value: number) => number,
  wall: number,
): Mark[] {
  const high = LEFT + scale(most ?? 0);
  return [
    ...(usage === undefined ? [] : [rect(LEFT, 10, Math.max(1.5, scale(usage)), 10, 'cgroup', 'solid', 2)]),
    ...(throttled ? [rect(LEFT, 20, throttled * wall, 4, 'failed', 'hatched', 0)] : []),
    ...(most === undefined
      ? []
      : [
          path(polyline([high, 1], [high, 24]), 'plain', { width: 1.5 }),
          path(`M${high - 4},0H${high + 4}L${high},6Z`, 'plain', { filled: true, width: 1 }),
        ]),
    ...(meets || kills?.length ? [glyph('cross', LEFT + wall, 15, meets ? 150 : 70, 'failed')] : []),
  ];
}

export function gaugeItem(words: DrawWords, gauge: Gauge, width: number, y: number, isNew: boolean): Item {
  const { key, dir, name, limit, most, history, throttled, meets, kills = [], show } = gauge;
  const bar = width - 310;
  const top = scaleTop(limit ?? Math.max(1, most ?? 0, highest(gauge)));
  const scale = scaleLinear([0, top], [0, bar]).clamp(true);
  const wall = limit === undefined ? bar : scale(limit);
  const marks: Mark[] = [
    text(150, 19, name, 'plain', { anchor: 'end', bold: true, size: 12.5 }),
    rect(LEFT, 6, bar, 18, 'quiet', 'outline', 3),
    rect(LEFT, 6, wall, 18, isNew ? 'active' : 'cgroup', 'soft', 3),
    ...(limit === undefined
      ? []
      : [
          rect(LEFT + wall, 6, bar - wall, 18, 'failed', 'hatched', 0),
          path(polyline([LEFT + wall, 0], [LEFT + wall, 30]), 'failed', { width: 3.5 }),
        ]),
    ...level(gauge, scale, wall),
    ...axis(top, bar, show),
    text(LEFT + bar + 10, 19, amount(words.cgroups, gauge), 'plain', { size: 12, bold: isNew }),
  ];
  if (history) {
    const box = { x: LEFT, y: 34 + AXIS, w: bar, h: 28, top: limit === undefined ? top : limit * 1.2, wall: limit };
    marks.push(
      ...sparkline(history, box, meets ? 'failed' : 'cgroup', kills),
      text(150, 52 + AXIS, words.cgroups.lastMinute, 'quiet', { anchor: 'end', size: 11 }),
    );
    const more = meets
      ? words.cgroups.ranOut
      : throttled
        ? words.cgroups.waits(percent(throttled))
        : most !== undefined
          ? words.cgroups.highest(show(most))
          : '';
    marks.push(text(LEFT + bar + 10, 52 + AXIS, more, meets || throttled ? 'failed' : 'quiet', { size: 11 }));
  }
  return { key: `limit:${key}`, sel: `cgroup:${dir}`, x: 0, y, marks, label: `${name}: ${gaugeWords(words, gauge)}` };
}

/** A gauge as a row of the table. */
export const gaugeRow = (words: DrawWords, gauge: Gauge): Row => ({
  key: `gauge ${gauge.key}`,
  sel: `cgroup:${gauge.dir}`,
  cells: [
    gauge.controller,
    gauge.name,
    gauge.usage === undefined ? words.cgroups.rows.limit : words.cgroups.rows.now,
    gaugeWords(words, gauge),
  ],
});
