/** A gauge: a bar for the usage, a tick at its highest value, and a wall at the kernel's limit. */
import { scaleLinear } from 'd3-scale';
import type { Sample } from '../../runtime/watch/usage.ts';
import type { DrawWords } from '../words/en/draw.ts';
import { groupWith, type Group } from './groups.ts';
import { limitsOf, scaleTop, showing, type Counted } from './limits.ts';
import { path, polyline, rect, text, type Item, type Mark, type Row } from './marks.ts';
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
  /** the OOM killer ran a moment ago */
  meets?: boolean;
}

/** Number of samples for a rate: one second, because single samples vary too much. */
const WINDOW = 4;
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
  ): Pick<Gauge, 'limit' | 'usage' | 'most' | 'history' | 'throttled' | 'meets'>;
};
const live: readonly Live[] = [
  {
    of: 'memory',
    controllers: ['memory'],
    read: ({ time, memory: { usage, most, limit, kills } }, samples) => ({
      usage,
      ...(most !== undefined && { most }),
      ...(limit !== undefined && { limit }),
      history: samples.map((one) => ({ time: one.time, value: one.memory.usage })),
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
export const heightOf = ({ history }: Gauge): number => (history ? 74 : 38);
type Words = DrawWords['cgroups'];
const amount = (words: Words, { usage, limit, show }: Gauge): string =>
  usage === undefined
    ? words.atMost(limit === undefined ? '?' : show(limit))
    : limit === undefined
      ? show(usage)
      : words.of(show(usage), show(limit));
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

export function gaugeItem(words: DrawWords, gauge: Gauge, width: number, y: number, isNew: boolean): Item {
  const { key, dir, name, limit, usage, most, history, throttled, meets, show } = gauge;
  const bar = width - 310;
  const top = scaleTop(limit ?? Math.max(1, most ?? 0, ...(history ?? []).map(({ value }) => value)));
  const scale = scaleLinear([0, top], [0, bar]).clamp(true);
  const wall = limit === undefined ? bar : scale(limit);
  const marks: Mark[] = [
    text(150, 19, name, 'plain', { anchor: 'end', bold: true, size: 12.5 }),
    rect(LEFT, 6, bar, 18, 'quiet', 'outline', 3),
    rect(LEFT, 6, wall, 18, isNew ? 'active' : 'cgroup', 'soft', 3),
    ...(usage === undefined
      ? []
      : [rect(LEFT, 10, meets ? wall : scale(usage), 10, meets ? 'failed' : 'cgroup', 'solid', 2)]),
    ...(throttled ? [rect(LEFT, 20, throttled * wall, 4, 'failed', 'hatched', 0)] : []),
    ...(most === undefined
      ? []
      : [path(polyline([LEFT + scale(most), 3], [LEFT + scale(most), 27]), 'plain', { width: 1.5 })]),
    ...(limit === undefined
      ? []
      : [
          rect(LEFT + wall, 6, bar - wall, 18, 'failed', 'hatched', 0),
          path(polyline([LEFT + wall, 0], [LEFT + wall, 30]), 'failed', { width: 3.5 }),
        ]),
    text(LEFT + bar + 10, 19, amount(words.cgroups, gauge), 'plain', { size: 12, bold: isNew }),
  ];
  if (history) {
    marks.push(
      ...sparkline(history, { x: LEFT, y: 34, w: bar, h: 28, top, wall: limit }, meets ? 'failed' : 'cgroup'),
      text(150, 52, words.cgroups.lastMinute, 'quiet', { anchor: 'end', size: 11 }),
    );
    const more = meets
      ? words.cgroups.ranOut
      : throttled
        ? words.cgroups.waits(percent(throttled))
        : most !== undefined
          ? words.cgroups.highest(show(most))
          : '';
    marks.push(text(LEFT + bar + 10, 52, more, meets || throttled ? 'failed' : 'quiet', { size: 11 }));
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
