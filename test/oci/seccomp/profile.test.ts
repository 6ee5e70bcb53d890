import * as assert from 'uvu/assert';
import { ApiError } from '../../../runtime/errors/api-error.ts';
import { defaultCapabilities } from '../../../runtime/oci/capabilities.ts';
import { parseProfile, resolveProfile, seccompFor } from '../../../runtime/oci/seccomp/profile.ts';
import { suite } from '../../harness.ts';

const test = suite('seccomp profiles');
const names = (capabilities: readonly string[]) =>
  (seccompFor(undefined, capabilities, false)?.syscalls ?? []).flatMap((r) => (r.args ? [] : r.names));
const refused = (json: string, pattern: RegExp) =>
  assert.throws(
    () => parseProfile(json),
    (e: unknown) => e instanceof ApiError && e.status === 400 && pattern.test(e.message),
  );

test('mount, unshare and bpf come with CAP_SYS_ADMIN, chroot with the default set', () => {
  assert.not.ok(names(defaultCapabilities).includes('mount'));
  assert.ok(names(defaultCapabilities).includes('chroot'));
  assert.ok(
    ['mount', 'unshare', 'bpf', 'clone3'].every((n) => names([...defaultCapabilities, 'CAP_SYS_ADMIN']).includes(n)),
  );
});

test('clone3 is answered ENOSYS without CAP_SYS_ADMIN', () => {
  const rule = seccompFor(undefined, defaultCapabilities, false)!.syscalls!.find((r) => r.names.includes('clone3'))!;
  assert.is(rule.errnoRet, 38);
});

test('privileged and unconfined have no filter, a profile of one’s own counts even then', () => {
  assert.is(seccompFor(undefined, [], true), undefined);
  assert.is(seccompFor('unconfined', [], false), undefined);
  assert.is(seccompFor('{"defaultAction":"SCMP_ACT_ALLOW"}', [], true)?.defaultAction, 'SCMP_ACT_ALLOW');
});

test('conditions on capability, architecture and kernel choose the rules', () => {
  const arch = process.arch === 'arm64' ? 'arm64' : 'amd64';
  const profile = parseProfile(
    JSON.stringify({
      defaultAction: 'SCMP_ACT_ERRNO',
      syscalls: [
        { names: ['a'], action: 'SCMP_ACT_ALLOW', includes: { caps: ['CAP_X'] } },
        { names: ['b'], action: 'SCMP_ACT_ALLOW', excludes: { caps: ['CAP_X'] } },
        { names: ['c'], action: 'SCMP_ACT_ALLOW', includes: { minKernel: '99.0' } },
        { names: ['d'], action: 'SCMP_ACT_ALLOW', includes: { minKernel: '3.1', arches: [arch] } },
        { name: 'e', action: 'SCMP_ACT_ALLOW', excludes: { arches: [arch] } },
        { name: 'f', action: 'SCMP_ACT_ALLOW', comment: 'the old form' },
      ],
    }),
  );
  assert.equal(
    resolveProfile(profile, ['CAP_X']).syscalls!.flatMap((r) => r.names),
    ['a', 'd', 'f'],
  );
  assert.equal(
    resolveProfile(profile, []).syscalls!.flatMap((r) => r.names),
    ['b', 'd', 'f'],
  );
});

test('what is no profile is refused and the field named', () => {
  refused('{', /Decoding seccomp profile failed/);
  refused('[]', /it is not an object/);
  refused('{}', /defaultAction undefined is not known/);
  refused('{"defaultAction":"SCMP_ACT_NOTIFY"}', /SCMP_ACT_NOTIFY/);
  refused('{"defaultAction":"__proto__"}', /is not known/);
  refused(
    '{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["a"],"name":"b","action":"SCMP_ACT_ALLOW"}]}',
    /both 'name' and 'names'/,
  );
  refused(
    '{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["a"],"action":"SCMP_ACT_ERRNO","args":[{"index":6,"value":0,"op":"SCMP_CMP_EQ"}]}]}',
    /syscalls\[0\]\.args\[0\]\.index 6/,
  );
  refused(
    '{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["a"],"action":"SCMP_ACT_ERRNO","errnoRet":70000}]}',
    /errnoRet 70000/,
  );
  refused(
    '{"defaultAction":"SCMP_ACT_ALLOW","architectures":["SCMP_ARCH_X86"],"archMap":[{"architecture":"SCMP_ARCH_X86_64"}]}',
    /either 'architectures' or 'archMap'/,
  );
});

test.run();
