import * as assert from 'uvu/assert';
import { requiresNothing } from '../declared.mjs';
import { suite } from '../harness.ts';

const test = suite('what a test file declares');

test('a suite with a title alone requires nothing, one with more behind it does', () => {
  assert.ok(requiresNothing("const test = suite('title');"));
  assert.ok(requiresNothing("const a = suite('one', 'root');\nconst b = suite(`two ${x}`);"));
  for (const source of ["suite('title', 'root')", "suite('title', ...needs)", "await site('title')", "'suite(1)'"])
    assert.not.ok(requiresNothing(`const test = ${source};`), source);
});

test.run();
