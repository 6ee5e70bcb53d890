import * as assert from 'uvu/assert';
import { defaultCapabilities } from '../../../runtime/oci/capabilities.ts';
import { conditionOf } from '../../../runtime/oci/seccomp/conditions.ts';
import { groupedRefusals, refusedGroups } from '../../../runtime/oci/seccomp/groups.ts';
import { syscallNumbers } from '../../../runtime/oci/seccomp/numbers.ts';
import { seccompFor } from '../../../runtime/oci/seccomp/profile.ts';
import { verdictsOf } from '../../../runtime/oci/seccomp/verdicts.ts';
import { en } from '../../../web/words/en/en.ts';
import { ru } from '../../../web/words/ru.ts';
import { suite } from '../../harness.ts';

const test = suite('what a filter lets through');
const usual = verdictsOf(seccompFor(undefined, [...defaultCapabilities], false)!);

test('every call that this machine has is in one of the three lists', () => {
  assert.equal([...usual.through, ...usual.byArguments, ...usual.refused].sort(), [...syscallNumbers().keys()].sort());
});

test('the usual filter lets reading through, refuses mounting, and asks clone, socket and personality for their arguments', () => {
  for (const name of ['read', 'write', 'openat', 'execve', 'chroot']) assert.ok(usual.through.includes(name), name);
  for (const name of ['mount', 'umount2', 'pivot_root', 'bpf', 'keyctl', 'reboot', 'clone3', 'unshare', 'setns'])
    assert.ok(usual.refused.includes(name), name);
  assert.equal(
    usual.byArguments.filter((name) => ['clone', 'socket', 'personality'].includes(name)),
    ['clone', 'personality', 'socket'],
  );
});

test('every refused call is in one group that says why, in both languages, and in no other', () => {
  const names = refusedGroups.flatMap((group) => group.names);
  assert.equal(
    names.filter((name, j) => names.indexOf(name) !== j),
    [],
    'a call is in two groups',
  );
  const grouped = groupedRefusals(usual.refused);
  assert.equal(grouped.flatMap((group) => group.names).sort(), [...usual.refused].sort());
  assert.equal(grouped.find(({ id }) => id === 'others')?.names ?? [], []);
  for (const { id, man } of grouped) {
    assert.match(man, /^\w+\(\d\)$/);
    for (const words of [en, ru])
      assert.ok(words.filter.groups[id].title && words.filter.groups[id].why.length > 20, id);
  }
  assert.equal(
    groupedRefusals(['read', 'mount']).map(({ id, names: [name] }) => [id, name]),
    [
      ['mounts', 'mount'],
      ['others', 'read'],
    ],
  );
});

test('a call that is asked for its arguments says how, and the rest are counted by subject', () => {
  assert.equal(usual.conditions, [
    'clone if arg0 & 0x7e020000 == 0x0',
    'personality if arg0 == 0x0 or arg0 == 0x8 or arg0 == 0x20000 or arg0 == 0x20008 or arg0 == 0xffffffff',
    'socket if arg0 < 0xc or 0xd <= arg0 <= 0x12 or arg0 == 0x15 or arg0 == 0x16 or arg0 == 0x18 or 0x1a <= arg0 <= 0x21 or arg0 == 0x23 or arg0 == 0x24 or arg0 == 0x27 or 0x29 <= arg0 <= 0x2d',
  ]);
  assert.is(
    [...usual.subjects.values()].reduce((sum, count) => sum + count),
    usual.through.length,
  );
  assert.ok(usual.subjects.get('files')! > 50);
  assert.is(
    conditionOf(
      {
        defaultAction: 'SCMP_ACT_ALLOW',
        syscalls: [
          {
            names: ['kill'],
            action: 'SCMP_ACT_ERRNO',
            args: [
              { index: 0, value: 1, op: 'SCMP_CMP_EQ' },
              { index: 1, value: 9, op: 'SCMP_CMP_GE' },
            ],
          },
        ],
      },
      'kill',
    ),
    'kill unless arg0 == 0x1 and arg1 >= 0x9',
  );
});

test('with CAP_SYS_ADMIN mount is let through, and clone whatever its flags', () => {
  const { through } = verdictsOf(seccompFor(undefined, [...defaultCapabilities, 'CAP_SYS_ADMIN'], false)!);
  for (const name of ['mount', 'clone', 'clone3', 'unshare']) assert.ok(through.includes(name), name);
});

test('a profile that allows all but one refuses that one', () => {
  const { through, refused } = verdictsOf({
    defaultAction: 'SCMP_ACT_ALLOW',
    syscalls: [{ names: ['mkdir', 'mkdirat'], action: 'SCMP_ACT_ERRNO' }],
  });
  assert.equal(refused, [...(process.arch === 'x64' ? ['mkdir'] : []), 'mkdirat']);
  assert.ok(through.length > 300);
});

test.run();
