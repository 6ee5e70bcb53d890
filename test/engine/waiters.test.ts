import * as assert from 'uvu/assert';
import type { ContainerRecord } from '../../runtime/container/record.ts';
import { Waiters } from '../../runtime/engine/waiters.ts';
import { suite } from '../harness.ts';

const test = suite('who waits for a container');
const record = (more: Partial<ContainerRecord> = {}) => ({ exitCode: 0, error: '', ...more }) as ContainerRecord;
/** The state of a promise after all ready microtasks have run. */
async function now<T>(promise: Promise<T>): Promise<T | 'waits'> {
  const pending = new Promise<'waits'>((resolve) => setImmediate(() => setImmediate(() => resolve('waits'))));
  return Promise.race([promise, pending]);
}

test('until resolves with the first of the states that is entered', async () => {
  const waiters = new Waiters();
  const either = waiters.until(['running', 'failed']);
  waiters.moved('pulling', record());
  assert.is(await now(either), 'waits');
  waiters.moved('failed', record());
  waiters.moved('running', record());
  assert.is(await now(either), 'failed');
});

for (const [condition, at] of [
  ['not-running', 'exited'],
  ['next-exit', 'exited'],
  ['not-running', 'failed'],
] as const) {
  test(`${condition} is answered when it is ${at}`, async () => {
    const waiters = new Waiters();
    const answer = waiters.exit(condition, true, record());
    waiters.moved('running', record());
    assert.is(await now(answer), 'waits');
    waiters.moved(at, record({ exitCode: 3, error: at === 'failed' ? 'no such file' : '' }));
    assert.equal(await now(answer), { StatusCode: 3, Error: null });
  });
}

test('a start that fails is no exit, and why it did is told once, to whoever started it', async () => {
  const waiters = new Waiters();
  const answer = waiters.exit('next-exit', true, record());
  waiters.moved('failed', record({ exitCode: 127, error: 'no such file' }));
  assert.is(await now(answer), 'waits');
  waiters.moved('exited', record({ exitCode: 4 }));
  assert.equal(await now(answer), { StatusCode: 4, Error: null });
});

test('not-running is answered at once for what does not run, next-exit is not', async () => {
  const waiters = new Waiters();
  assert.equal(await now(waiters.exit('not-running', false, record({ exitCode: 7 }))), { StatusCode: 7, Error: null });
  assert.is(await now(waiters.exit('next-exit', false, record())), 'waits');
});

test('removed waits beyond the exit, with the exit code of the last run', async () => {
  const waiters = new Waiters();
  const answer = waiters.exit('removed', true, record());
  waiters.moved('exited', record({ exitCode: 4 }));
  assert.is(await now(answer), 'waits');
  waiters.removed(record({ exitCode: 4 }));
  assert.equal(await now(answer), { StatusCode: 4, Error: null });
});

test('removing what nobody started answers everybody', async () => {
  const waiters = new Waiters();
  const answers = (['next-exit', 'removed'] as const).map((condition) => waiters.exit(condition, false, record()));
  waiters.removed(record({ exitCode: 0 }));
  assert.equal(await now(Promise.all(answers)), [
    { StatusCode: 0, Error: null },
    { StatusCode: 0, Error: null },
  ]);
});

test('listeners hear of every move until they stop', () => {
  const waiters = new Waiters();
  let heard = 0;
  const stop = waiters.listen(() => heard++);
  waiters.moved('running', record());
  waiters.moved('exiting', record());
  stop();
  waiters.moved('exited', record());
  assert.is(heard, 2);
});

test.run();
