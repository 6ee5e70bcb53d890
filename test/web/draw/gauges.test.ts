import * as assert from 'uvu/assert';
import type { Sample } from '../../../runtime/watch/usage.ts';
import { drawCgroups } from '../../../web/draw/cgroups.ts';
import { gaugesOf, gaugeWords } from '../../../web/draw/gauges.ts';
import { groupsOf, outOfMemory } from '../../../web/draw/groups.ts';
import { sparkline } from '../../../web/draw/sparkline.ts';
import { frameAt } from '../../../runtime/journal/frame.ts';
import type { Event } from '../../../runtime/journal/event.ts';
import { draw as words } from '../../../web/words/en/draw.ts';
import { suite } from '../../harness.ts';
import { inState, journal, withFacts } from './journals.ts';

const test = suite('what is used, as gauges');
const MiB = 1 << 20;
const events = journal('limits');
const running = inState(events, 'running');
const start = running.time;
/** Samples with half a CPU of usage, and one MiB more in each quarter of a second. */
const sample = (j: number, more: { kills?: number; throttled?: number; limit?: number } = {}): Sample => ({
  time: start + j * 250,
  memory: {
    usage: (10 + j) * MiB,
    most: (12 + j) * MiB,
    limit: more.limit ?? 64 * MiB,
    hits: 0,
    kills: more.kills ?? 0,
  },
  cpu: { total: j * 125e6, limit: 0.5, periods: j * 10, throttledPeriods: more.throttled ?? 0, throttledTime: 0 },
  pids: { current: 3 },
  io: { read: 0, written: 0 },
  frozen: false,
  pressure: { of: 'machine', cpu: 1.5, memory: 0, io: 0 },
  links: [],
});
const samples = Array.from({ length: 12 }, (_, j) => sample(j));
const said = (all: readonly Sample[], frame = running) =>
  Object.fromEntries(gaugesOf(words, groupsOf(frame), all).map((gauge) => [gauge.name, gaugeWords(words, gauge)]));

test('a gauge says what is used, of how much, and what was highest', () => {
  assert.equal(said(samples), {
    memory: '21 MiB of 64 MiB, at most so far 23 MiB',
    'processor time': '0.5 CPUs of 0.5 CPUs',
    processes: '3',
    'memory and swap': 'at most 128 MiB',
  });
});

test('what has no limit is measured all the same, and has no wall', () => {
  const frame = withFacts({
    kind: 'cgroup',
    key: `/sys/fs/cgroup/drydock/${'a'.repeat(64)}`,
    value: 'cpuset,cpu,io,memory,pids',
  });
  const free = samples.map((one): Sample => ({
    ...one,
    memory: { usage: 5 * MiB, hits: 0, kills: 0 },
    cpu: { ...one.cpu, limit: undefined } as Sample['cpu'],
  }));
  const gauges = gaugesOf(words, groupsOf(frame), free);
  assert.equal(
    gauges.map(({ name, limit, usage }) => [name, limit, usage]),
    [
      ['memory', undefined, 5 * MiB],
      ['processor time', undefined, 0.5],
      ['processes', undefined, 3],
    ],
  );
  const drawn = drawCgroups(
    words,
    frame,
    [],
    undefined,
    free.map((one) => ({ ...one, time: one.time + 1 })),
  );
  assert.not.ok(
    drawn.items
      .filter(({ key }) => key.startsWith('limit:'))
      .some(({ marks }) => marks.some(({ tone }) => tone === 'failed')),
  );
});

test("throttling is a share of the last second's periods", () => {
  const held = samples.map((one, j) => ({ ...one, cpu: { ...one.cpu, throttledPeriods: j * 5 } }));
  assert.match(said(held)['processor time']!, /made to wait in 50 % of the periods/);
  assert.not.match(said(samples)['processor time']!, /wait/);
});

/** The memory gauge as it is drawn for samples: where its wall is, how long its bar is, and its crosses. */
function drawnMemory(all: readonly Sample[]) {
  const { items } = drawCgroups(words, running, events, undefined, all, 940);
  const { marks } = items.find(({ key }) => key.startsWith('limit:') && key.endsWith(' memory'))!;
  const numbers = (d: string) => (d.match(/-?[\d.]+/g) ?? []).map(Number);
  const paths = marks.filter((mark) => mark.shape === 'path');
  return {
    axis: marks.flatMap((mark) => (mark.shape === 'text' && mark.y === 38 ? [mark.text] : [])),
    wall: numbers(paths.find(({ width, tone }) => width === 3.5 && tone === 'failed')!.d)[0]!,
    bar: marks.flatMap((mark) => (mark.shape === 'rect' && mark.look === 'solid' ? [mark.w] : []))[0]!,
    crosses: paths.filter(({ filled, tone, width }) => filled && tone === 'failed' && width === undefined).length,
  };
}

test('a limit that is changed moves the wall along one axis', () => {
  const drawn = [64, 128, 256].map((limit) => drawnMemory(samples.map((_, j) => sample(j, { limit: limit * MiB }))));
  assert.equal(drawn[0]!.axis, ['0', '64 MiB', '128 MiB', '192 MiB', '256 MiB', '320 MiB']);
  for (const one of drawn) assert.equal([one.axis, one.bar], [drawn[0]!.axis, drawn[0]!.bar]);
  const [a, b, c] = drawn.map(({ wall }) => wall - 162);
  assert.ok(Math.abs(b! - 2 * a!) < 0.01 && Math.abs(c! - 4 * a!) < 0.01, `${a} ${b} ${c}`);
});

test('a kill is a cross at the wall and in the last minute; the bar stays what the kernel says', () => {
  const killed = [
    ...samples,
    { ...sample(12, { kills: 1 }), memory: { ...sample(12).memory, kills: 1, usage: 2 * MiB } },
  ];
  const [before, after] = [drawnMemory(samples), drawnMemory(killed)];
  assert.equal([before.crosses, after.crosses], [0, 2]);
  assert.ok(after.bar < before.bar / 5, `${after.bar}`);
});

test('a peak between two samples is in the last minute', () => {
  const flat = samples.map((one, j) => ({
    ...one,
    memory: { ...one.memory, usage: 5 * MiB, most: (j < 6 ? 6 : 60) * MiB },
  }));
  const { history = [] } = gaugesOf(words, groupsOf(running), flat).find(({ of }) => of === 'memory')!;
  assert.equal(
    history.filter(({ value }) => value > 6 * MiB).map(({ time, value }) => [time - start, value]),
    [[5.5 * 250, 60 * MiB]],
  );
});

test('for a moment after the OOM killer came it is said, and then no more', () => {
  const killed = [...samples, sample(12, { kills: 1 })];
  assert.match(said(killed)['memory']!, /at its limit: memory ran out$/);
  const later = [...killed, ...Array.from({ length: 30 }, (_, j) => sample(13 + j, { kills: 1 }))];
  assert.not.match(said(later)['memory']!, /ran out/);
});

test('that memory ran out stays in the journal: told with its time, once, and found again by its event', () => {
  const { dir } = groupsOf(running).find(({ controllers }) => controllers === 'memory')!;
  const at = running.k + 1;
  const fact = (seq: number, kills: number): Event => ({
    seq,
    time: start + 2500 * (seq - running.k),
    run: running.run,
    type: 'fact',
    facts: [
      { kind: 'cgroup', key: `${dir}/memory.oom_control`, value: `oom_kill_disable 0, under_oom 0, oom_kill ${kills}` },
    ],
  });
  const told = [...events.slice(0, at), fact(at, 1), fact(at + 1, 1), fact(at + 2, 2)];
  const frame = frameAt(told, told.length - 1);
  assert.equal(
    outOfMemory(frame, told).map(({ seq, kills }) => [seq, kills]),
    [
      [at, 1],
      [at + 2, 2],
    ],
  );
  assert.equal(outOfMemory(frameAt(told, at - 1), told), []);
  const drawing = drawCgroups(words, frame, told);
  const line = drawing.items.find(({ key }) => key === `oom ${at}`);
  assert.match(line?.label ?? '', /^✗ memory ran out \d+\.\d s after the start: the OOM killer has come once$/);
  assert.is(line?.seek, at);
  assert.ok(drawing.table.rows.some(({ key, seek }) => key === `oom ${at}` && seek === at));
});

test("samples of an earlier start are not this one's", () => {
  const old = samples.map((one) => ({ ...one, time: one.time - 3_600_000 }));
  assert.equal(drawCgroups(words, running, events, undefined, old), drawCgroups(words, running, events));
});

test('without samples it is said that usage is known live only', () => {
  assert.match(drawCgroups(words, running, events).summary, /known live only/);
  assert.not.match(drawCgroups(words, running, events, undefined, samples).summary, /known live only/);
});

test('pressure says whose it is, and its absence is said too', () => {
  const pressure = (all: readonly Sample[]) =>
    drawCgroups(words, running, events, undefined, all)
      .table.rows.find(({ key }) => key === 'pressure')!
      .cells.at(-1);
  assert.match(pressure(samples)!, /of the whole machine .*: cpu 1\.5 %/);
  assert.match(pressure(samples.map(({ pressure: _, ...one }) => one))!, /no pressure/);
});

test('a sparkline keeps within its box, whatever the numbers', () => {
  for (const values of [[], [1], [0, 0, 0], [1e18, -5, 3], [1, 2, 3]]) {
    const marks = sparkline(
      values.map((value, j) => ({ time: j * 30_000, value })),
      { x: 10, y: 20, w: 100, h: 30, top: 4, wall: 3 },
      'cgroup',
    );
    for (const mark of marks)
      if (mark.shape === 'path')
        assert.ok(
          (mark.d.match(/-?[\d.]+/g) ?? [])
            .map(Number)
            .every((n, j) => (j % 2 ? n >= 20 && n <= 50 : n >= 10 && n <= 110)),
          mark.d,
        );
  }
});

test.run();
