import * as assert from 'uvu/assert';
import type { Cgroup } from '../../runtime/kernel/cgroup/cgroup.ts';
import type { Fact } from '../../runtime/journal/event.ts';
import { recordingKernel } from '../../runtime/kernel/recording.ts';
import { OomWatch } from '../../runtime/watch/oom.ts';
import { suite } from '../harness.ts';
import { until } from '../until.ts';

const test = suite('telling when memory runs out');

/** A fake group; the test controls its OOM counter and its notifications. */
function group(version: 1 | 2) {
  const state = { kills: 0, under: 0, asked: 0, alarm: () => undefined as void, watched: 0 };
  const cgroup = {
    version,
    oom: () => (
      state.asked++,
      { kills: state.kills, path: '/cg/memory.oom_control', says: `under_oom ${state.under}, oom_kill ${state.kills}` }
    ),
    onOom: async (_k: unknown, callback: () => void) => {
      state.alarm = callback;
      state.watched++;
      return async () => void state.watched--;
    },
  } as unknown as Cgroup;
  const facts: Fact[] = [];
  const watch = new OomWatch(recordingKernel(), { cgroup }, (fact) => void facts.push(fact));
  watch.begin();
  return { state, facts, watch };
}
const values = (facts: readonly Fact[]) => facts.map(({ value }) => value);

test('an alarm that comes before the kernel has counted is waited for', async () => {
  const { state, facts, watch } = group(1);
  state.alarm();
  assert.equal(facts, []);
  state.kills = 1;
  await until('it is told', () => facts.length > 0);
  assert.equal(values(facts), ['under_oom 0, oom_kill 1']);
  await watch.end();
  assert.is(state.watched, 0);
});

test('two alarms close together are two kills, each told when it is counted', async () => {
  const { state, facts, watch } = group(1);
  state.alarm();
  state.alarm();
  state.kills = 1;
  await until('the first', () => facts.length === 1);
  state.kills = 2;
  await until('the second', () => facts.length === 2);
  assert.equal(values(facts), ['under_oom 0, oom_kill 1', 'under_oom 0, oom_kill 2']);
  await watch.end();
});

test('on version 2 the limit is met again and again and no process dies: nothing is told, and nothing waited for', async () => {
  const { state, facts, watch } = group(2);
  const before = state.asked;
  for (let j = 0; j < 100; j++) {
    state.alarm();
    await new Promise(setImmediate);
  }
  assert.equal(facts, []);
  assert.ok(state.asked - before <= 300, `the file was read ${state.asked - before} times`);
  state.kills = 1;
  state.alarm();
  await until('it is told', () => facts.length === 1);
  await watch.end();
});

test('what ended before it was counted is not told here: the end of the run asks', async () => {
  const { state, facts, watch } = group(1);
  state.alarm();
  await watch.end();
  state.kills = 1;
  await new Promise(setImmediate);
  assert.equal(facts, []);
  watch.begin();
  assert.is(state.watched, 1);
  await watch.end();
});

for (const version of [1, 2] as const) {
  test(`what runs out of memory in a loop fills no journal: of 5,000 kills some thirty are told, the newest among them (v${version})`, async () => {
    const { state, facts, watch } = group(version);
    for (let n = 0; n < 5000; n++) {
      state.kills++;
      state.alarm();
      await new Promise(setImmediate);
    }
    assert.ok(facts.length >= 20 && facts.length < 35, `${facts.length} facts`);
    assert.equal(
      values(facts).slice(0, 20),
      Array.from({ length: 20 }, (_, n) => `under_oom 0, oom_kill ${n + 1}`),
    );
    const last = Number(/\d+$/.exec(values(facts).at(-1)!)?.[0]);
    assert.ok(last >= 2500, `the last that was told is ${last}`);
    await watch.end();
  });
}

test('a group that stands still because nothing may be killed is told once, however often it does', async () => {
  const { state, facts, watch } = group(1);
  state.kills = 0;
  for (let n = 0; n < 3; n++) {
    state.under = 1;
    state.alarm();
    await until('it was looked at', () => facts.length > 0, 5);
    await new Promise((resolve) => setTimeout(resolve, 20));
    state.under = 0;
  }
  assert.equal(values(facts), ['under_oom 1, oom_kill 0']);
  await watch.end();
});

test.run();
