/**
 * What a filter does with each system call. It is found by running the filter that the kernel gets, not by reading the
 * profile.
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
  /** one text for each call whose arguments are compared */
  conditions: string[];
  /** number of allowed calls by subject of the default profile; 'others' for calls without a subject */
  subjects: Map<string, number>;
}

const NATIVE = ARCHITECTURES[process.arch === 'arm64' ? 'SCMP_ARCH_AARCH64' : 'SCMP_ARCH_X86_64']!;
const ALL = (1n << 64n) - 1n;
/** the bits of SECCOMP_RET_ACTION_FULL */
const actionOf = (value: number) => (value & 0xffff0000) >>> 0;
const lets = (value: number) => [ACTIONS.SCMP_ACT_ALLOW, ACTIONS.SCMP_ACT_LOG].includes(actionOf(value));

/**
 * Argument values to try: those that the rules compare with, their neighbours, zero and all ones. Between these no
 * comparison changes its result.
 */
function candidates(seccomp: Seccomp, name: string): bigint[] {
  const asked = (seccomp.syscalls ?? []).filter((rule) => rule.names.includes(name)).flatMap((rule) => rule.args ?? []);
  // without rules for arguments one value is enough
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
