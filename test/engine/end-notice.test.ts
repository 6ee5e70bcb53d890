import * as assert from 'uvu/assert';
import { EndNotice } from '../../runtime/engine/end-notice.ts';
import { suite } from '../harness.ts';

const test = suite('the end of a process, told by its shim');

function prepare(): { notice: EndNotice; process: { runs: boolean }; ends: () => number } {
  const process = { runs: false };
  let ends = 0;
  const notice = new EndNotice(
    () => process.runs,
    () => void ends++,
  );
  return { notice, process, ends: () => ends };
}

test('an end that is told while the process runs is taken at once', () => {
  const { notice, process, ends } = prepare();
  process.runs = true;
  notice.tell();
  assert.is(ends(), 1);
});

test('an end that is told before the start is over is taken when it is, and once', () => {
  const { notice, process, ends } = prepare();
  notice.tell();
  notice.settle();
  assert.is(ends(), 0, 'the start goes on');
  process.runs = true;
  notice.settle();
  notice.settle();
  assert.is(ends(), 1);
});

test('the end of a start that failed does not end the next one', () => {
  const { notice, process, ends } = prepare();
  notice.tell();
  notice.forget();
  process.runs = true;
  notice.settle();
  assert.is(ends(), 0);
});

test.run();
