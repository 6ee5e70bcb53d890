/**
 * Which part of a counter's growth the learner has caused: not what was counted before the task, nor the start of the
 * lesson's own container.
 */
import * as assert from 'uvu/assert';
import { Growth, type Counted } from '../../lessons/engine/growth.ts';
import { suite } from '../harness.ts';

const test = suite('lessons: counters that grow');
const OPENED = 1000;
const of = (more: Partial<Counted> & { rests?: boolean } = {}): Counted => ({
  id: 'a',
  created: OPENED + 1,
  own: true,
  settled: async () => more.rests ?? true,
  ...more,
});

test("of the lesson's own container nothing counts until it has come to rest, and then only what comes", async () => {
  const growth = new Growth();
  assert.is(await growth.of('cpu.throttled', 12, OPENED, of({ rests: false })), 0);
  assert.is(await growth.of('cpu.throttled', 30, OPENED, of({ rests: false })), 0);
  assert.is(await growth.of('cpu.throttled', 31, OPENED, of()), 0);
  assert.is(
    await growth.of('cpu.throttled', 41, OPENED, of({ rests: false })),
    10,
    'it rests once, and may work from then on',
  );
});

test('of another container, made after the lesson was opened, its start counts: the learner has started it', async () => {
  assert.is(await new Growth().of('cpu.throttled', 12, OPENED, of({ own: false, rests: false })), 12);
});

test('one that was there before the task began counts from when it is looked at', async () => {
  const growth = new Growth();
  const there = of({ own: false, created: OPENED - 1 });
  assert.is(await growth.of('pids.refused', 5, OPENED, there), 0);
  assert.is(await growth.of('pids.refused', 6, OPENED, there), 1);
});

test('each task begins anew, and each counter and container by itself', async () => {
  const growth = new Growth();
  await growth.of('cpu.throttled', 10, OPENED, of());
  await growth.of('cpu.throttled', 3, OPENED, of({ id: 'b' }));
  await growth.of('pids.refused', 1, OPENED, of());
  assert.is(await growth.of('cpu.throttled', 20, OPENED, of()), 10);
  assert.is(await growth.of('cpu.throttled', 20, OPENED + 500, of()), 0);
  assert.is(await growth.of('cpu.throttled', 4, OPENED, of({ id: 'b' })), 1);
  assert.is(await growth.of('pids.refused', 1, OPENED, of()), 0);
});

test('a container that is started again, in a new control group, goes on from what that one says', async () => {
  const growth = new Growth();
  await growth.of('cpu.throttled', 10, OPENED, of());
  assert.is(await growth.of('cpu.throttled', 2, OPENED, of()), 0);
  assert.is(await growth.of('cpu.throttled', 14, OPENED, of()), 12);
});

test.run();
