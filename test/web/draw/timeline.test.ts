import * as assert from 'uvu/assert';
import type { Event } from '../../../runtime/journal/event.ts';
import { frameAt } from '../../../runtime/journal/frame.ts';
import { phases } from '../../../runtime/steps/phases.ts';
import { familyOf } from '../../../web/draw/families.ts';
import { fit, glyph, wrap } from '../../../web/draw/marks.ts';
import { drawTimeline, lanesOf } from '../../../web/draw/timeline.ts';
import { detailOf } from '../../../web/draw/timeline-detail.ts';
import { slots, windowOf, WINDOW } from '../../../web/draw/timeline-slots.ts';
import { draw as words } from '../../../web/words/en/draw.ts';
import { suite } from '../../harness.ts';
import { journal } from './journals.ts';

const test = suite('the timeline');
const events = journal('limits');
const call = (seq: number, time: number, ns: number): Event => ({
  seq,
  time,
  run: 1,
  type: 'call',
  actor: 'daemon',
  name: 'close',
  args: [3],
  ret: 0,
  ns,
});

test('time runs to the right, and a pause takes no more room than a short one', () => {
  const [a, b, c, d] = slots([call(0, 1000, 1e3), call(1, 1001, 1e6), call(2, 1008, 1e3), call(3, 9_000_000, 1e3)]) as [
    ReturnType<typeof slots>[0],
    ReturnType<typeof slots>[0],
    ReturnType<typeof slots>[0],
    ReturnType<typeof slots>[0],
  ];
  assert.ok(a.x < b.x && b.x < c.x && c.x < d.x);
  assert.ok(b.w > a.w, 'a longer call is wider');
  assert.equal([a.gap, b.gap], [0, 0]);
  assert.ok(c.gap > 5 && d.gap > 1e6);
  assert.is(Math.round(c.x - b.x - b.w), Math.round(d.x - c.x - c.w));
});

test('a long journal is shown in part, from a border that stays while the cursor walks', () => {
  assert.equal(windowOf(10, 100), [0, 100]);
  const [from, to] = windowOf(50_000, 100_000);
  assert.ok(from <= 50_000 && 50_000 < to && to - from === WINDOW);
  assert.equal(windowOf(50_001, 100_000), [from, to]);
  for (const k of [0, 200, 99_999]) {
    const [first, end] = windowOf(k, 100_000);
    assert.ok(first <= k && k < end && first >= 0 && end <= 100_000, `${k}`);
  }
});

test('what has not happened yet at the cursor is hollow', () => {
  const k = 40;
  const { items } = drawTimeline(words, frameAt(events, k), events, phases);
  const calls = items.filter(({ key }) => key.startsWith('call:'));
  assert.ok(calls.length > 100);
  for (const { seek, marks } of calls) assert.is(marks[0]!.tone === 'ghost', seek! > k);
});

test('an errno is a notch of its own', () => {
  const failing = events.find((event) => event.type === 'call' && event.errno && event.seq < 100)!;
  const { items } = drawTimeline(words, frameAt(events, failing.seq), events, phases);
  assert.ok(items.find(({ key }) => key === `call:${failing.seq}`)!.marks.some(({ tone }) => tone === 'failed'));
});

test('shim and stage come out of an arrow', () => {
  const { items } = drawTimeline(words, frameAt(events, 90), events, phases);
  assert.is(items.filter(({ key }) => key.startsWith('clone:')).length, 2);
});

test('the detail is the decoded call, its manual page and the facts', () => {
  const event = events.find((one) => one.type === 'call' && one.name === 'unshare')!;
  const detail = detailOf(words, event, () => 'unshare(2)');
  assert.equal(
    [detail.who, detail.what, detail.man, detail.about],
    ['stage', 'unshare(CLONE_NEWNS)', 'unshare(2)', 'namespaces'],
  );
  assert.match(detail.result, /^= 0 </);
});

test('families go by name, and by path for control groups', () => {
  assert.equal(
    [
      familyOf('unshare', [1]),
      familyOf('mkdirat', [-100, '/sys/fs/cgroup/pids/x']),
      familyOf('mkdirat', [-100, '/x']),
      familyOf('move_mount', [5]),
    ].map(({ name }) => name),
    ['namespace', 'cgroup', 'file', 'mount'],
  );
});

test('glyphs stand where they are put, and texts fit', () => {
  for (const name of ['circle', 'cross', 'diamond', 'square', 'star', 'triangle', 'wye'] as const) {
    const numbers = glyph(name, 100, 200, 60, 'own')
      .d.match(/^M(-?[\d.]+),(-?[\d.]+)/)!
      .slice(1)
      .map(Number);
    assert.ok(Math.abs(numbers[0]! - 100) < 12 && Math.abs(numbers[1]! - 200) < 12, `${name}: ${numbers.join()}`);
  }
  assert.equal([fit('short', 100), fit('abcdefghijklmnop', 40)], ['short', 'abcd…']);
  assert.equal(wrap('one two three', 60, 12), ['one two', 'three']);
});

test('an exec has lanes of its own, and its shim is the one that clones its stage', () => {
  const events = journal('limits');
  const first = events.findIndex(({ run, type }) => typeof run === 'string' && type === 'call');
  const names = lanesOf(words, events, first).map(({ name }) => name);
  assert.equal(names.slice(0, 3), ['daemon', 'shim', 'stage']);
  assert.match(names[3]!, /^exec-[0-9a-f]{4} shim$/);
  assert.match(names[4]!, /^exec-[0-9a-f]{4} stage$/);
  assert.equal(lanesOf(words, events, 0).length, 3);
});

test('time left out is torn through all lanes, also those of execs', () => {
  const first = events.findIndex(({ run, type }) => typeof run === 'string' && type === 'call');
  for (const k of [0, first]) {
    const { items } = drawTimeline(words, frameAt(events, k), events, phases, k);
    const lowest = Math.max(...lanesOf(words, events, k).map(({ y }) => y));
    const tears = items.filter(({ key }) => key.startsWith('gap:'));
    assert.ok(tears.length > 0);
    for (const { key, y, marks } of tears) {
      const [tear] = marks;
      const ends = tear?.shape === 'path' ? [...tear.d.matchAll(/,(-?[\d.]+)/g)].map(([, n]) => y + Number(n)) : [];
      assert.is(Math.max(...ends), lowest, key);
    }
  }
});

test.run();
