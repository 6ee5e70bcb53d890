import * as assert from 'uvu/assert';
import { defaultCapabilities } from '../../../runtime/oci/capabilities.ts';
import { syscallNumbers } from '../../../runtime/oci/seccomp/numbers.ts';
import { seccompFor } from '../../../runtime/oci/seccomp/profile.ts';
import { verdictsOf } from '../../../runtime/oci/seccomp/verdicts.ts';
import { suite } from '../../harness.ts';

const test = suite('what a filter lets through');
const usual = verdictsOf(seccompFor(undefined, [...defaultCapabilities], false)!);

test('every call that this machine has is in one of the three lists', () => {
  assert.equal([...usual.through, ...usual.byArguments, ...usual.refused].sort(), [...syscallNumbers().keys()].sort());
});

test('the usual filter lets reading through, refuses mounting, and asks clone, socket and personality for their arguments', () => {
  for (const name of ['read', 'write', 'openat', 'execve', 'chroot']) assert.ok(usual.through.includes(name), name);
  for (const name of ['mount', 'umount2', 'pivot_root', 'bpf', 'keyctl', 'reboot', 'clone3', 'unshare', 'setns']) assert.ok(usual.refused.includes(name), name);
  assert.equal(usual.byArguments.filter((name) => ['clone', 'socket', 'personality'].includes(name)), ['clone', 'personality', 'socket']);
});

test('with CAP_SYS_ADMIN mount is let through, and clone whatever its flags', () => {
  const { through } = verdictsOf(seccompFor(undefined, [...defaultCapabilities, 'CAP_SYS_ADMIN'], false)!);
  for (const name of ['mount', 'clone', 'clone3', 'unshare']) assert.ok(through.includes(name), name);
});

test('a profile that allows all but one refuses that one', () => {
  const { through, refused } = verdictsOf({ defaultAction: 'SCMP_ACT_ALLOW', syscalls: [{ names: ['mkdir', 'mkdirat'], action: 'SCMP_ACT_ERRNO' }] });
  assert.equal(refused, [...(process.arch === 'x64' ? ['mkdir'] : []), 'mkdirat']);
  assert.ok(through.length > 300);
});

test.run();
