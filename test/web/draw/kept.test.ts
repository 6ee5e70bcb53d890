import * as assert from 'uvu/assert';
import { frameAt } from '../../../runtime/journal/frame.ts';
import { kept, same } from '../../../web/draw/kept.ts';
import { drawMachine } from '../../../web/draw/machine.ts';
import { rect, text, type Item } from '../../../web/draw/marks.ts';
import { draw as words } from '../../../web/words/en/draw.ts';
import { suite } from '../../harness.ts';
import { journal, names } from './journals.ts';

const test = suite('what a drawing keeps of the one before');
const byKey = (items: readonly Item[]) => new Map(items.map((item) => [item.key, item]));
const item = (key: string, value: string): Item => ({
  key,
  x: 1,
  y: 2,
  marks: [rect(0, 0, 5, 5, 'plain'), text(0, 0, value)],
});

test('an item that is as it was is the same object, and of one that is not the marks that are', () => {
  const before = [item('a', 'one'), item('b', 'two')];
  const [a, b, c] = kept([item('a', 'one'), item('b', 'three'), item('c', 'new')], byKey(before));
  assert.is(a, before[0]);
  assert.is.not(b, before[1]);
  assert.is(b!.marks[0], before[1]!.marks[0]);
  assert.equal(b!.marks[1], text(0, 0, 'three'));
  assert.equal(c, item('c', 'new'));
});

test('what is there once and not at all is a difference', () => {
  assert.not.ok(same({ a: 1 }, { a: 1, b: undefined }));
  assert.not.ok(same({ a: undefined }, { b: undefined }));
  assert.not.ok(same([], {}));
  assert.not.ok(same(null, {}));
  assert.ok(same({ a: [1, { b: 'x' }] }, { a: [1, { b: 'x' }] }));
});

test('every frame of every journal is drawn as it would be without one before it', () => {
  for (const name of names) {
    const events = journal(name);
    let before = byKey([]);
    for (let k = -1; k < events.length; k += 7) {
      const { items } = drawMachine(words, frameAt(events, k), events);
      const now = kept(items, before);
      assert.equal(now, items, `${name} at ${k}`);
      before = byKey(now);
    }
  }
});

test.run();
