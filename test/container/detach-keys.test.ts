import * as assert from 'uvu/assert';
import { DetachScanner, parseDetachKeys } from '../../runtime/container/io/detach-keys.ts';
import { suite } from '../harness.ts';

const test = suite('detach keys');

test('keys are read as docker writes them', () => {
  assert.equal(
    [undefined, '', 'ctrl-p,ctrl-q', 'a', 'ctrl-@', 'CTRL-A,b', 'ctrl-[', 'ctrl-_'].map((text) =>
      parseDetachKeys(text),
    ),
    [[16, 17], [16, 17], [16, 17], [97], [0], [1, 98], [27], [31]],
  );
});

test('what is no key is refused by its name', () => {
  for (const bad of ['ab', 'ctrl-', 'ctrl-1', 'a,,b', 'ctrl-aa', 'alt-a', ','])
    assert.throws(
      () => parseDetachKeys(bad),
      (error: { status?: number; message: string }) => error.status === 400 && error.message.includes(bad),
    );
});

/** Returns the bytes that pass and whether the keys detached; the input may be split at any place. */
function feed(keys: number[], ...parts: string[]): [string, boolean] {
  const scanner = new DetachScanner(keys);
  let passed = '';
  for (const part of parts) {
    const { pass, detached } = scanner.feed(Buffer.from(part, 'latin1'));
    passed += pass.toString('latin1');
    if (detached) return [passed, true];
  }
  return [passed, false];
}

test('the whole sequence detaches, and is not passed on', () => {
  assert.equal(feed([16, 17], 'ls\n\x10\x11'), ['ls\n', true]);
  assert.equal(feed([16, 17], 'ls', '\n\x10', '\x11'), ['ls\n', true]);
  assert.equal(feed([24], 'ab\x18'), ['ab', true]);
});

test('what only began it is passed on, late but whole', () => {
  assert.equal(feed([16, 17], 'a\x10b'), ['a\x10b', false]);
  assert.equal(feed([16, 17], '\x10', '\x10', 'x'), ['\x10\x10x', false]);
  assert.equal(feed([16, 17], '\x11\x10'), ['\x11', false]);
});

test('it is found also right after a false beginning', () => {
  assert.equal(feed([16, 17], '\x10\x10\x11'), ['\x10', true]);
});

test('it is found also where its beginning repeats itself', () => {
  assert.equal(feed([97, 97, 98], 'aaab'), ['a', true]);
  assert.equal(feed([97, 98, 97, 99], 'ababac'), ['ab', true]);
});

test('any other byte goes through untouched', () => {
  const every = Buffer.from(Array.from({ length: 256 }, (_, n) => n).filter((n) => n !== 16)).toString('latin1');
  assert.equal(feed([16, 17], every), [every, false]);
});

test.run();
