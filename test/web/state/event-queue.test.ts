import * as assert from 'uvu/assert';
import { EventQueue } from '../../../web/state/event-queue.ts';
import { suite } from '../../harness.ts';

const test = suite('events arrive on the page');
/** Records what is shown, picture by picture; `draw` simulates that the browser has drawn. */
function page(): { arrivals: EventQueue<number>; shown: number[][]; draw(): void } {
  const shown: number[][] = [];
  const undrawn: (() => void)[] = [];
  return {
    shown,
    arrivals: new EventQueue(
      (items) => shown.push([...items]),
      (then) => undrawn.push(then),
    ),
    draw: () => undrawn.splice(0).forEach((then) => then()),
  };
}
const soon = () => new Promise((resolve) => setTimeout(resolve));

test('what comes together is shown together', async () => {
  const { arrivals, shown } = page();
  arrivals.add([0, 1], false);
  arrivals.add([2], false);
  await soon();
  assert.equal(shown, [[0, 1, 2]]);
});

test('what comes while a picture is drawn is in the next one, and nothing is lost', async () => {
  const { arrivals, shown, draw } = page();
  arrivals.add([0], false);
  await soon();
  arrivals.add([1], false);
  await soon();
  arrivals.add([2, 3], false);
  await soon();
  assert.equal(shown, [[0]]);
  assert.is(arrivals.length, 3);
  draw();
  assert.equal(shown, [[0], [1, 2, 3]]);
  draw();
  arrivals.add([4], false);
  await soon();
  assert.equal(shown, [[0], [1, 2, 3], [4]]);
});

test('a long journal on its way is shown with its end', async () => {
  const { arrivals, shown } = page();
  arrivals.add([0, 1], true);
  arrivals.add([2, 3], true);
  await soon();
  assert.equal(shown, []);
  arrivals.add([4], false);
  await soon();
  assert.equal(shown, [[0, 1, 2, 3, 4]]);
});

test('its end that comes while a part of it is drawn is in the next picture', async () => {
  const { arrivals, shown, draw } = page();
  arrivals.add([0], true);
  arrivals.settle();
  arrivals.add([1], true);
  arrivals.add([2], false);
  await soon();
  draw();
  assert.equal(shown, [[0], [1, 2]]);
});

test('events of a container that was left are not shown', async () => {
  const { arrivals, shown, draw } = page();
  arrivals.add([0], false);
  arrivals.drop();
  await soon();
  draw();
  assert.equal(shown, []);
  assert.is(arrivals.length, 0);
});

test.run();
