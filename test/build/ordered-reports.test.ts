/** What stages that run side by side tell a client that reads one text. */
import * as assert from 'uvu/assert';
import { OrderedReports } from '../../runtime/build/stages/ordered-reports.ts';
import type { Report } from '../../runtime/build/stages/report.ts';
import { suite } from '../harness.ts';

const test = suite('ordered reports');

function reports() {
  const said: string[] = [];
  const all = new OrderedReports({
    tell: (text) => void said.push(text),
    output: (text) => Promise.resolve(void said.push(text)),
    made: () => undefined,
  });
  all.expect([0, 1, 2]);
  const of: [Report, Report, Report] = [all.of(0), all.of(1), all.of(2)];
  return { said, all, of };
}

test('a stage is heard when those before it have ended, and the first one at once', async () => {
  const { said, all, of } = reports();
  of[1].tell('b');
  of[0].tell('a');
  assert.equal(said, ['a']);
  of[2].ended?.();
  of[0].ended?.();
  await of[1].output('c', 1);
  assert.equal(said, ['a', 'b', 'c']);
  of[1].ended?.();
  await all.close();
});

test('a stage that writes much waits for those before it', async () => {
  const { said, all, of } = reports();
  let isTaken = false;
  const much = of[1].output('x'.repeat(2 << 20), 1).then(() => (isTaken = true));
  await new Promise(setImmediate);
  assert.not(isTaken);
  of[0].ended?.();
  await much;
  assert.is(said.length, 1);
  await all.close();
});

test('a failure is told at once, and lets go of what waits', async () => {
  const { said, all, of } = reports();
  const much = of[1].output('x'.repeat(2 << 20), 1);
  of[2].tell('the reason');
  of[2].ended?.(new Error('it failed'));
  await much;
  of[0].tell('too late');
  await all.close();
  assert.equal(said, ['the reason']);
});

test.run();
