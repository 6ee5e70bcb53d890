import { constants } from 'node:os';
import * as assert from 'uvu/assert';
import { errnoText } from '../../runtime/syscalls/errno-text.ts';
import { errnoName, errnoNumber, hasCode, SyscallError, tolerate } from '../../runtime/kernel/errors.ts';
import { suite } from '../harness.ts';

const test = suite('errors of system calls');

test('errnos are known by the names of the manual pages, there and back', () => {
  assert.equal([2, 11, 95, 38, 524, 4095].map(errnoName), [
    'ENOENT',
    'EAGAIN',
    'EOPNOTSUPP',
    'ENOSYS',
    'ENOTSUPP',
    'E4095',
  ]);
  for (const number of new Set(Object.values(constants.errno))) assert.is(errnoNumber(errnoName(number)), number);
  assert.is(errnoNumber('ENOSUCHERRNO'), 0);
});

test('a failure says what was called, why, by whom, and what to do', () => {
  const error = new SyscallError('mount', constants.errno.EPERM, 'mount("proc", "/proc")', 'stage', 'are you root?');
  assert.is(error.message, 'mount("proc", "/proc"): operation not permitted (EPERM, in the stage); are you root?');
  assert.equal(
    [error.name, error.code, error.errno, error.syscall, error.actor],
    ['SyscallError', 'EPERM', 1, 'mount', 'stage'],
  );
  assert.is(new SyscallError('x', 524, 'x()', 'daemon').message, 'x(): ENOTSUPP (ENOTSUPP, in the daemon)');
});

test('messages are lower case and have no period', () => {
  for (const name of Object.keys(constants.errno))
    if (errnoText(name) !== name) assert.match(errnoText(name), /^[a-z].*[^.]$/, name);
});

test('a code is looked for in errors only', () => {
  const error = Object.assign(new Error('x'), { code: 'ENOENT' });
  assert.equal(
    [
      hasCode(error, 'EEXIST', 'ENOENT'),
      hasCode(error, 'EEXIST'),
      hasCode(error),
      hasCode('ENOENT', 'ENOENT'),
      hasCode(undefined, ''),
      hasCode(new Error('x'), 'x'),
    ],
    [true, false, false, false, false, false],
  );
});

test('what is tolerated gives undefined, anything else is thrown on', async () => {
  const failing = (code: string) => Promise.reject(Object.assign(new Error(code), { code }));
  assert.is(await tolerate(['ENOENT'], failing('ENOENT')), undefined);
  assert.is(await tolerate(['ENOENT'], Promise.resolve(0)), 0);
  assert.match(String(await tolerate(['ENOENT'], failing('EIO')).catch((error: unknown) => error)), 'EIO');
});

test.run();
