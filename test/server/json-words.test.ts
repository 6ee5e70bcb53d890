import * as assert from 'uvu/assert';
import { jsonWords } from '../../server/docker/http/json-words.ts';
import { suite } from '../harness.ts';

const test = suite('what is wrong with a JSON text');

const object = 'looking for beginning of object key string';
for (const [text, words] of [
  ['{invalid json', `invalid JSON: invalid character 'i' ${object}`],
  ['{"a":1,}', `invalid JSON: invalid character '}' ${object}`],
  ['{} trailing', 'unexpected content after JSON'],
  ['{"a":1 "b"}', "invalid JSON: invalid character '\"' after object key:value pair"],
  ['{"a" 1}', "invalid JSON: invalid character '1' after object key"],
  ['[1 2]', "invalid JSON: invalid character '2' after array element"],
  ['{"a":x}', "invalid JSON: invalid character 'x' looking for beginning of value"],
  ['{"a"', 'invalid JSON: unexpected EOF'],
  ['{"a":', 'invalid JSON: unexpected EOF'],
] as const)
  test(`${text} is described as Go describes it`, () => {
    try {
      JSON.parse(text);
    } catch (error) {
      return assert.is(jsonWords(text, error as SyntaxError), words);
    }
    assert.unreachable('it is JSON');
  });

test.run();
