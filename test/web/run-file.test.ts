import * as assert from 'uvu/assert';
import { compareRuns } from '../../runtime/journal/compare.ts';
import type { Event } from '../../runtime/journal/event.ts';
import { readRunFile, Unreadable, type Trouble } from '../../web/state/run-file.ts';
import { suite } from '../harness.ts';
import { journal } from './draw/journals.ts';

const test = suite('a recording that is read as a file');
const events = journal('limits').map((event, seq) => ({ ...event, seq }));
const recording = (more: object = {}) => ({
  format: 1,
  drydock: '0.1.0',
  made: 5,
  row: { name: 'one' },
  phases: [],
  missing: 0,
  output: [],
  events,
  ...more,
});
const html = (value: unknown) =>
  `<!doctype html><script type="application/json" id="recording">${JSON.stringify(value).replaceAll('<', '\\u003c')}</script><script type="module">;</script>`;
function trouble(content: string): [Trouble, number | undefined] {
  try {
    readRunFile(content);
  } catch (error) {
    assert.instance(error, Unreadable, String(error));
    return [(error as Unreadable).trouble, (error as Unreadable).at];
  }
  throw new Error('it was read');
}
const bad = (event: object) => trouble(JSON.stringify(recording({ events: [events[0], event] })));

test('the page of a recording and its data alone are read, and nothing of an event is lost', () => {
  for (const content of [html(recording()), JSON.stringify(recording())])
    assert.equal(readRunFile(content), { name: 'one', made: 5, events });
});

test('what is no recording, or of another version, is refused in words of its own', () => {
  for (const content of [
    '',
    'x',
    '[]',
    '{}',
    'null',
    '<html></html>',
    html(7),
    '{"format":1}',
    '{"format":1,"row":{},"events":{}}',
  ])
    assert.equal(trouble(content), ['other', undefined], content);
  assert.equal(trouble(html(recording({ format: 2 }))), ['version', undefined]);
  assert.equal(trouble(JSON.stringify(recording({ events: Array(200_001).fill(0) }))), ['large', undefined]);
});

test('an event that is none is refused with its number', () => {
  const call = {
    seq: 1,
    time: 1,
    run: 1,
    step: 'a.b',
    type: 'call',
    actor: 'daemon',
    name: 'openat',
    args: [],
    ret: 0,
    ns: 1,
  };
  for (const change of [
    { time: 'x' },
    { time: null },
    { run: {} },
    { step: 7 },
    { type: 'nothing' },
    { type: '__proto__' },
    { type: 'toString' },
    { actor: 'you' },
    { name: '<b>' },
    { args: {} },
    { args: [{}] },
    { args: [{ hex: 'zz', length: 1 }] },
    { args: [[7]] },
    { ret: '0' },
    { facts: [{ kind: 'x', key: '', value: '' }] },
    { facts: [{ kind: 'ns', key: {}, value: '' }] },
    { note: [] },
  ])
    assert.equal(bad({ ...call, ...change }), ['event', 1], JSON.stringify(change));
  for (const event of [
    7,
    null,
    [],
    'x',
    { type: 'gate', time: 1, run: 1, at: 'paused', next: { name: 'a' } },
    { type: 'fact', time: 1, run: 1, facts: 'x' },
  ])
    assert.equal(bad(event as object), ['event', 1], JSON.stringify(event));
});

test("only what an event has is taken, numbered by its place, and a name that is no container's is not shown", () => {
  const { name, events: read } = readRunFile(
    `{"format":1,"made":"x","row":{"name":"\\u202e<b>"},"events":[{"seq":99,"time":1,"run":1,"type":"note","text":"t","__proto__":{"x":1},"more":2}]}`,
  );
  assert.equal([name, read], ['?', [{ seq: 0, time: 1, run: 1, type: 'note', text: 't' }]]);
  assert.is(({} as { x?: number }).x, undefined);
});

test('a recording of version 0.2 is read with the ids of today', () => {
  const at = { time: 1, type: 'step', at: 'done' };
  const { events: read } = readRunFile(
    JSON.stringify({
      format: 1,
      row: {},
      events: [
        { ...at, run: 1, step: 'exec.execve' },
        { ...at, run: 'exec-1', step: 'join.execve' },
        { time: 1, run: 1, type: 'phase', phase: 'exec', at: 'done' },
      ],
    }),
  );
  assert.equal(
    read.map((event) => (event.type === 'phase' ? event.phase : event.step)),
    ['init.execve', 'exec.execve', 'init'],
  );
});

test("a stranger's words are no patterns, and many calls that all differ are compared in no time", () => {
  const start: Event = { seq: 0, time: 1, run: 1, step: 'a.b', type: 'step', at: 'start' };
  const hostile = (tag: string): Event[] => [
    start,
    {
      seq: 1,
      time: 1,
      run: 1,
      step: 'a.b',
      type: 'fact',
      facts: ['(((', '(a+)+$', 'x'.repeat(1e6)].map((key) => ({ kind: 'lease', key, value: tag })),
    },
    ...Array.from({ length: 50_000 }, (_, j): Event => ({
      seq: j + 2,
      time: 1,
      run: 1,
      step: 'a.b',
      type: 'call',
      actor: 'daemon',
      name: 'openat',
      args: [-100, `${'a'.repeat(40)}${tag}${j}`],
      ret: 0,
      ns: 1,
    })),
  ];
  // The CPU time of this process, because other load on the machine must not count.
  const begun = process.cpuUsage();
  const [step] = compareRuns(hostile('a'), hostile('b'));
  assert.ok(step!.differences.length >= 50_000);
  const { user } = process.cpuUsage(begun);
  assert.ok(user < 20_000_000, `${user} µs`);
});

test.run();
