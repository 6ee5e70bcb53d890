import * as assert from 'uvu/assert';
import type { Cgroup } from '../../runtime/kernel/cgroup/cgroup.ts';
import type { Fact } from '../../runtime/journal/event.ts';
import { recordingKernel } from '../../runtime/kernel/recording.ts';
import { OomWatch } from '../../runtime/watch/oom.ts';
import { until } from '../e2e/ran.ts';
import { suite } from '../harness.ts';

const test = suite('telling when memory runs out');

/** A group whose counter and whose alarm are the test's. */
function group(version: 1 | 2) {
  const state = { kills: 0, under: 0, asked: 0, alarm: () => undefined as void, watched: 0 };
  const cgroup = {
    version, oom: () => (state.asked++, { kills: state.kills, path: '/cg/memory.oom_control', says: `under_oom ${state.under}, oom_kill ${state.kills}` }),
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

test('on version 2 the limit is met again and again and nobody dies: nothing is told, and nothing waited for', async () => {
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

test.run();
