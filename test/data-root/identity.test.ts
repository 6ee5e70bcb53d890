import * as assert from 'uvu/assert';
import { newId, newName } from '../../runtime/data-root/identity.ts';
import { suite } from '../harness.ts';

const test = suite('ids and names');

test('an id is 64 hexadecimal digits, and never the same', () => {
  const ids = new Set(Array.from({ length: 1000 }, newId));
  assert.is(ids.size, 1000);
  for (const id of ids) assert.match(id, /^[0-9a-f]{64}$/);
});

test('a name is two words that docker would take', () => {
  for (let n = 0; n < 200; n++)
    assert.match(
      newName(() => false),
      /^[a-z]+_[a-z]+$/,
    );
});

test('a taken name is never given, however many there are', () => {
  const taken = new Set<string>();
  for (let n = 0; n < 3000; n++) {
    const name = newName((wanted) => taken.has(wanted));
    assert.not.ok(taken.has(name), name);
    assert.match(name, /^[a-z]+_[a-z]+\d*$/);
    taken.add(name);
  }
  assert.ok(
    [...taken].some((name) => /\d$/.test(name)),
    'a number helps out',
  );
});

test.run();
