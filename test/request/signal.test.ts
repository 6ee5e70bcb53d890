import * as assert from 'uvu/assert';
import { parseSignal } from '../../runtime/request/signal.ts';
import { suite } from '../harness.ts';

const test = suite('signals');

test('signals are known by name, short name and number', () => {
  assert.equal(['SIGTERM', 'kill', '9', 'RTMIN+3', 15].map(parseSignal), [15, 9, 9, 37, 15]);
});

test('anything else is refused by its name', () => {
  for (const bad of ['NOPE', '0', '65', '', 'toString', '-1', 'RTMAX+1'])
    assert.throws(() => parseSignal(bad), new RegExp('Invalid signal'));
});

test.run();
