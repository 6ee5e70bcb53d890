import * as assert from 'uvu/assert';
import { SyscallError } from '../../runtime/kernel/errors.ts';
import { Aborted } from '../../runtime/operation/gate.ts';
import { conflict } from '../../runtime/errors/api-error.ts';
import { notUndone, startFailure, withRest } from '../../runtime/operation/failure.ts';
import { NotExecutable } from '../../runtime/oci/program.ts';
import { suite } from '../harness.ts';

const test = suite('why a start failed');
const told = (error: unknown) => {
  const { refusal, exitCode } = startFailure(error);
  return [refusal.status, exitCode, refusal.message];
};

test("a program that cannot be executed keeps docker's words and exit code", () => {
  assert.equal(told(new NotExecutable('nope', 'PATH')), [
    400,
    127,
    'unable to start container process: exec: "nope": executable file not found in $PATH: unknown',
  ]);
  assert.equal(told(new NotExecutable('/etc', 'EISDIR')).slice(0, 2), [400, 126]);
});

test('a refusal is passed on as it is', () => {
  const refusal = conflict('address 172.30.0.2 is already in use');
  assert.is(startFailure(refusal).refusal, refusal);
  assert.is(startFailure(refusal).exitCode, 128);
});

test('an abort is 409, and says where and that nothing is left', () => {
  assert.equal(told(new Aborted('init.pivot-root')), [
    409,
    130,
    'aborted before init.pivot-root; everything was undone',
  ]);
});

test('what could not be undone is told, and no longer that everything was; what was told before is no longer so', () => {
  const { refusal, exitCode } = withRest(startFailure(new Aborted('init.execve')), [
    'create.cgroup: unlinkat("/x"): device or resource busy',
  ]);
  const told =
    'aborted before init.execve; could not be undone: create.cgroup: unlinkat("/x"): device or resource busy; rm, a start and the daemon\'s next start try again';
  assert.equal([refusal.status, exitCode, refusal.message], [409, 130, told]);
  assert.is(notUndone(told, []), 'aborted before init.execve');
});

test('a system call names its step, itself, its errno and who made it', () => {
  const error = Object.assign(new SyscallError('mount', 12, 'mount("overlay", "/x")', 'stage', 'free some memory'), {
    step: 'rw-layer.mount-overlay',
  });
  assert.equal(told(error), [
    500,
    128,
    'step rw-layer.mount-overlay: mount("overlay", "/x"): cannot allocate memory (ENOMEM, in the stage); free some memory',
  ]);
  assert.is(startFailure(error).refusal.cause, error);
});

test('what is no error at all is still told', () => assert.equal(told('EIO'), [500, 128, 'input/output error']));

test.run();
