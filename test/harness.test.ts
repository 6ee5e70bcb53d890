/** An error in `before` is printed: this file runs itself again with a hook that throws. */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import * as assert from 'uvu/assert';
import { suite } from './harness.ts';

const FAILING = 'DRYDOCK_TEST_FAILING_HOOK';

const test = suite('hooks');
if (process.env[FAILING]) {
  test.before(() => {
    throw new Error('this hook has failed');
  });
  test('a test behind a failed hook is not run', () => assert.unreachable());
} else
  test('an error before the tests is printed, and none of them passes', () => {
    const file = fileURLToPath(import.meta.url);
    const env = { ...process.env, [FAILING]: '1' };
    const { stdout, stderr } = spawnSync(process.execPath, [file], { env, encoding: 'utf8' });
    assert.match(stderr, 'FAIL hooks: before the tests: Error: this hook has failed');
    assert.match(stdout, /Total: +1\n +Passed: +0\n/);
  });
test.run();
