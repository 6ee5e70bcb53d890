/**
 * What a filter does with each system call, found by running it: the program that the kernel gets, and not the profile
 * that it is made from.
 */
import type { Seccomp } from '../spec.ts';
import { compileSeccomp } from './compile.ts';
import { conditionOf } from './conditions.ts';
import { subjectOf } from './default-profile.ts';
import { syscallNumbers } from './numbers.ts';
import { loadFilter } from './run-filter.ts';
import { ACTIONS, ARCHITECTURES } from './constants.ts';

export interface Verdicts {
  through: string[];
  byArguments: string[];
  refused: string[];
  /** of each that is asked for its arguments */
  conditions: string[];
  /** how many are let through of each subject of the usual profile; what is none of them is 'others' */
  subjects: Map<string, number>;
}

const NATIVE = ARCHITECTURES[process.arch === 'arm64' ? 'SCMP_ARCH_AARCH64' : 'SCMP_ARCH_X86_64']!;
const ALL = (1n << 64n) - 1n;
/** as in SECCOMP_RET_ACTION_FULL */
const actionOf = (value: number) => (value & 0xffff0000) >>> 0;
const lets = (value: number) => [ACTIONS.SCMP_ACT_ALLOW, ACTIONS.SCMP_ACT_LOG].includes(actionOf(value));

/**
 * Arguments that the rules compare with, their neighbours, nothing and everything: between these no comparison changes
 * its mind.
 */
function candidates(seccomp: Seccomp, name: string): bigint[] {
  const asked = (seccomp.syscalls ?? []).filter((rule) => rule.names.includes(name)).flatMap((rule) => rule.args ?? []);
  // a call that no rule asks about its arguments has one answer
  if (!asked.length) return [0n];
  const near = asked
    .flatMap(({ value, valueTwo = 0 }) => [value, valueTwo].map((v) => BigInt.asUintN(64, BigInt(v))))
    .flatMap((v) => [v, v ^ 1n, (v + 1n) & ALL, (v - 1n) & ALL]);
  return [0n, ALL, ...near];
}

const known = new WeakMap<Seccomp, Verdicts>();
export function verdictsOf(seccomp: Seccomp): Verdicts {
  const before = known.get(seccomp);
  if (before) return before;
  const run = loadFilter(compileSeccomp(seccomp).filter);
  const out: Verdicts = { through: [], byArguments: [], refused: [], conditions: [], subjects: new Map() };
  for (const [name, nr] of [...syscallNumbers()].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const answers = candidates(seccomp, name).map((value) =>
      lets(run({ nr, arch: NATIVE, args: value === 0n ? [] : Array<bigint>(6).fill(value) }).value),
    );
    (answers.every(Boolean) ? out.through : answers.some(Boolean) ? out.byArguments : out.refused).push(name);
  }
  out.conditions = out.byArguments.map((name) => conditionOf(seccomp, name));
  for (const name of out.through) {
    const subject = subjectOf(name) ?? 'others';
    out.subjects.set(subject, (out.subjects.get(subject) ?? 0) + 1);
  }
  known.set(seccomp, out);
  return out;
}
