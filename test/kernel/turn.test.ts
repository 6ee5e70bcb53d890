import * as assert from 'uvu/assert';
import { turn } from '../../runtime/kernel/turn.ts';
import { suite } from '../harness.ts';

const test = suite('turns on the daemon thread');

test('fifty callers get their turns one after the other, and the event loop goes on between them', async () => {
  let since = 0;
  let most = 0;
  let iterations = 0;
  let over = false;
  const count = () => {
    iterations++;
    since = 0;
    if (!over) setImmediate(count);
  };
  setImmediate(count);
  const order: number[] = [];
  await Promise.all(
    Array.from({ length: 50 }, async (_, caller) => {
      for (let n = 0; n < 4; n++) {
        await turn();
        order.push(caller);
        most = Math.max(most, ++since);
      }
    }),
  );
  over = true;
  assert.is(order.length, 200);
  assert.ok(most <= 2, `${most} turns in one iteration`);
  assert.ok(iterations >= 100, `only ${iterations} iterations for 200 turns`);
  assert.equal(
    order.slice(0, 50),
    Array.from({ length: 50 }, (_, caller) => caller),
    'no caller is passed over',
  );
});

test.run();
