import * as assert from 'uvu/assert';
import { allCapabilities, defaultCapabilities } from '../../../runtime/oci/capabilities.ts';
import { Bpf, CODE } from '../../../runtime/oci/seccomp/bpf.ts';
import { compileSeccomp } from '../../../runtime/oci/seccomp/compile.ts';
import { isNarrow } from '../../../runtime/oci/seccomp/narrow-arguments.ts';
import { foreignNumbers, syscallNumbers } from '../../../runtime/oci/seccomp/numbers.ts';
import { seccompFor } from '../../../runtime/oci/seccomp/profile.ts';
import { ARCHITECTURES } from '../../../runtime/oci/seccomp/constants.ts';
import type { Seccomp, SeccompOperator, SeccompRule } from '../../../runtime/oci/spec.ts';
import { suite } from '../../harness.ts';
import { runFilter } from '../../../runtime/oci/seccomp/run-filter.ts';

const test = suite('seccomp compiler');
const arch = ARCHITECTURES[process.arch === 'arm64' ? 'SCMP_ARCH_AARCH64' : 'SCMP_ARCH_X86_64']!;
const ALLOW = 0x7fff0000;
const errno = (n: number) => 0x00050000 + n;
const number = (name: string) => syscallNumbers().get(name)!;
const answer = (seccomp: Seccomp, nr: number, args: bigint[] = [], on = arch) =>
  runFilter(compileSeccomp(seccomp).filter, { nr, arch: on, args }).value;

/** The reference: evaluates the rules one by one, without compiling. */
function meaning(seccomp: Seccomp, nr: number, args: bigint[], numbers = syscallNumbers()): number {
  const number = (name: string) => numbers.get(name)!;
  const value = (rule: SeccompRule) => (rule.action === 'SCMP_ACT_ALLOW' ? ALLOW : errno(rule.errnoRet ?? 1));
  const named = (seccomp.syscalls ?? []).filter((rule) => rule.names.some((name) => number(name) === nr));
  const holds: Record<SeccompOperator, (a: bigint, v: bigint, w: bigint) => boolean> = {
    SCMP_CMP_EQ: (a, v) => a === v,
    SCMP_CMP_NE: (a, v) => a !== v,
    SCMP_CMP_LT: (a, v) => a < v,
    SCMP_CMP_LE: (a, v) => a <= v,
    SCMP_CMP_GT: (a, v) => a > v,
    SCMP_CMP_GE: (a, v) => a >= v,
    SCMP_CMP_MASKED_EQ: (a, v, w) => (a & v) === w,
  };
  const name = named[0]?.names.find((one) => number(one) === nr) ?? '';
  const seen = (index: number) => BigInt.asUintN(isNarrow(name, index) ? 32 : 64, args[index] ?? 0n);
  const matches = (rule: SeccompRule) =>
    (rule.args ?? []).every((x) => holds[x.op](seen(x.index), BigInt(x.value), BigInt(x.valueTwo ?? 0)));
  const found = named.find((rule) => !rule.args?.length) ?? named.find(matches);
  const newest = Math.max(...(seccomp.syscalls ?? []).flatMap((rule) => rule.names.map((name) => number(name) ?? -1)));
  return found ? value(found) : errno(nr > newest ? 38 : (seccomp.defaultErrnoRet ?? 1));
}

const INTERESTING = [
  0n,
  8n,
  40n,
  39n,
  0x20000n,
  0x20008n,
  0xffffffffn,
  0x10000000n,
  0x7e020000n,
  0x40000000n,
  17n,
  1n << 32n,
  (1n << 32n) + 8n,
  2n ** 64n - 1n,
  1n,
  38n,
  (1n << 32n) + 38n,
  (1n << 63n) + 40n,
  46n,
];

for (const [who, capabilities] of [
  ['the default capabilities', defaultCapabilities],
  ['all capabilities', allCapabilities()],
  ['no capability', []],
] as const) {
  test(`the default profile means the same after compiling, for every number and ${who}`, () => {
    const seccomp = seccompFor(undefined, capabilities, false)!;
    for (let nr = 0; nr < 700; nr++) {
      for (const first of INTERESTING)
        assert.is(answer(seccomp, nr, [first]), meaning(seccomp, nr, [first]), `call ${nr} with ${first}`);
    }
  });
}

test('an argument that the kernel takes in 32 bits is compared in 32 bits, whatever the profile compares it with', () => {
  const usual = seccompFor(undefined, defaultCapabilities, false)!;
  const high = [0n, 1n << 32n, 1n << 63n, 0xffffffffn << 32n];
  for (const bits of high) {
    for (const family of [38n, 40n, 12n, 46n])
      assert.is(answer(usual, number('socket'), [family | bits]), errno(1), `socket(${family} | ${bits})`);
    for (const family of [1n, 2n, 10n, 16n, 17n, 39n, 45n])
      assert.is(answer(usual, number('socket'), [family | bits]), ALLOW, `socket(${family} | ${bits})`);
    assert.is(answer(usual, number('personality'), [0xffffffffn | bits]), ALLOW);
  }
  const TIOCSTI = 0x5412;
  const rules = (args: SeccompRule['args'], names: string[]): Seccomp => ({
    defaultAction: 'SCMP_ACT_ALLOW',
    syscalls: [{ names, action: 'SCMP_ACT_ERRNO', args }],
  });
  for (const bits of high) {
    assert.is(
      answer(rules([{ index: 1, value: TIOCSTI, op: 'SCMP_CMP_EQ' }], ['ioctl']), number('ioctl'), [
        0n,
        BigInt(TIOCSTI) | bits,
      ]),
      errno(1),
    );
    assert.is(
      answer(rules([{ index: 0, value: 39, op: 'SCMP_CMP_GT' }], ['socket']), number('socket'), [40n | bits]),
      errno(1),
    );
    assert.is(
      answer(rules([{ index: 0, value: 40, op: 'SCMP_CMP_NE' }], ['socket']), number('socket'), [40n | bits]),
      ALLOW,
    );
    assert.is(
      answer(rules([{ index: 0, value: 0xff, valueTwo: 40, op: 'SCMP_CMP_MASKED_EQ' }], ['socket']), number('socket'), [
        40n | bits,
      ]),
      errno(1),
    );
  }
});

const x86 = process.arch === 'x64' ? [] : ['an x86_64 machine'];
test(x86, '32-bit socketcall makes no socket, and does the rest; the annotation gives it back', () => {
  const [i386, socketcall] = [0x40000003, 102];
  const usual = seccompFor(undefined, defaultCapabilities, false)!;
  assert.is(answer(usual, socketcall, [1n], i386), errno(38));
  assert.is(answer(usual, socketcall, [(1n << 32n) + 1n], i386), errno(38));
  for (const call of [2n, 3n, 8n, 20n]) assert.is(answer(usual, socketcall, [call], i386), ALLOW);
  assert.is(answer(usual, 359, [38n], i386), errno(1));
  const whole = seccompFor(undefined, defaultCapabilities, false, { 'drydock.socketcall': 'allow' })!;
  assert.is(answer(whole, socketcall, [1n], i386), ALLOW);
  assert.throws(
    () => seccompFor(undefined, defaultCapabilities, false, { 'drydock.socketcall': 'yes' }),
    /drydock\.socketcall "yes"/,
  );
});

test(x86, 'a 32-bit program on x86_64 gets the same by its own numbers', () => {
  const numbers = foreignNumbers('SCMP_ARCH_X86')!;
  assert.equal(
    ['exit', 'clone', 'socket', 'clone3', 'mseal'].map((n) => numbers.get(n)),
    [1, 120, 359, 435, 462],
  );
  const seccomp = seccompFor(undefined, defaultCapabilities, false)!;
  for (let nr = 0; nr < 700; nr++) {
    for (const first of INTERESTING.filter((v) => v < 1n << 32n))
      assert.is(
        answer(seccomp, nr, [first], 0x40000003),
        meaning(seccomp, nr, [first], numbers),
        `call ${nr} with ${first}`,
      );
  }
});

test('a call is decided within a few instructions', () => {
  const { filter, instructions } = compileSeccomp(seccompFor(undefined, defaultCapabilities, false)!);
  const steps = Array.from({ length: 500 }, (_, nr) => runFilter(filter, { nr, arch }).steps);
  assert.ok(Math.max(...steps) < 24 && instructions < 720, `${Math.max(...steps)} steps, ${instructions} instructions`);
});

test('compiling again is a look-up, for the same object and for the same content', () => {
  const seccomp = seccompFor(undefined, defaultCapabilities, false)!;
  const first = compileSeccomp(seccomp);
  // `is` compares identity: the same object can be returned only if nothing was compiled again.
  assert.is(compileSeccomp(structuredClone(seccomp)), first);
});

test('foreign architectures: listed ones get the default action, others are killed', () => {
  const seccomp: Seccomp = {
    defaultAction: 'SCMP_ACT_ERRNO',
    defaultErrnoRet: 5,
    architectures: ['SCMP_ARCH_X86_64', 'SCMP_ARCH_X86', 'SCMP_ARCH_X32', 'SCMP_ARCH_AARCH64'],
    syscalls: [{ names: ['read'], action: 'SCMP_ACT_ALLOW' }],
  };
  const { filter } = compileSeccomp(seccomp);
  assert.is(runFilter(filter, { nr: 1, arch: 0x40000003 }).value, errno(5));
  assert.is(runFilter(filter, { nr: 3, arch: 0xc0000016 }).value, 0);
  if (process.arch !== 'x64') return;
  assert.is(runFilter(filter, { nr: 0x40000000, arch }).value, errno(5));
  assert.is(runFilter(compileSeccomp({ ...seccomp, architectures: [] }).filter, { nr: 0x40000000, arch }).value, 0);
});

test('64-bit comparisons look at both halves', () => {
  const V = 0x1_0000_0005;
  const values = [0n, 4n, 5n, 6n, 0x1_0000_0004n, 0x1_0000_0005n, 0x1_0000_0006n, 0x2_0000_0000n, 2n ** 64n - 1n];
  for (const op of ['NE', 'LT', 'LE', 'EQ', 'GE', 'GT', 'MASKED_EQ'].map((o) => `SCMP_CMP_${o}` as SeccompOperator)) {
    const seccomp: Seccomp = {
      defaultAction: 'SCMP_ACT_ERRNO',
      syscalls: [{ names: ['read'], action: 'SCMP_ACT_ALLOW', args: [{ index: 2, value: V, valueTwo: 5, op }] }],
    };
    for (const v of values)
      assert.is(
        answer(seccomp, number('read'), [0n, 0n, v]),
        meaning(seccomp, number('read'), [0n, 0n, v]),
        `${v} ${op} ${V}`,
      );
  }
});

test('two comparisons of one argument mean or, of two arguments and', () => {
  const rule = (...indexes: number[]): Seccomp => ({
    defaultAction: 'SCMP_ACT_ERRNO',
    syscalls: [
      {
        names: ['read'],
        action: 'SCMP_ACT_ALLOW',
        args: indexes.map((index, j) => ({ index, value: j + 1, op: 'SCMP_CMP_EQ' })),
      },
    ],
  });
  assert.is(answer(rule(0, 0), number('read'), [2n]), ALLOW);
  assert.is(answer(rule(0, 1), number('read'), [1n, 3n]), errno(1));
  assert.is(answer(rule(0, 1), number('read'), [1n, 2n]), ALLOW);
});

test('a call that is newer than the profile gets ENOSYS, unless everything is allowed', () => {
  assert.is(answer(seccompFor(undefined, [], false)!, 600), errno(38));
  assert.is(
    answer({ defaultAction: 'SCMP_ACT_ALLOW', syscalls: [{ names: ['mount'], action: 'SCMP_ACT_ERRNO' }] }, 600),
    ALLOW,
  );
});

test('targets further than 255 instructions away are reached by a hop', () => {
  const bpf = new Bpf().load(0).jump(CODE.JEQ_K, 1, { yes: 'far' }).jump(CODE.JEQ_K, 2, { yes: 'far', no: 'farther' });
  for (let j = 0; j < 300; j++) bpf.load(0);
  bpf.label('far').ret(7);
  for (let j = 0; j < 300; j++) bpf.load(0);
  const filter = bpf.label('farther').ret(9).bytes();
  assert.equal(
    [1, 2, 3].map((nr) => runFilter(filter, { nr, arch }).value),
    [7, 7, 9],
  );
});

test('a filter that is too long for the kernel is refused', () => {
  const args = Array.from({ length: 3000 }, (_, value) => ({ index: 0, value, op: 'SCMP_CMP_EQ' as const }));
  assert.throws(
    () =>
      compileSeccomp({
        defaultAction: 'SCMP_ACT_ERRNO',
        syscalls: [{ names: ['read'], action: 'SCMP_ACT_ALLOW', args }],
      }),
    /the kernel takes 4096/,
  );
});

test.run();
