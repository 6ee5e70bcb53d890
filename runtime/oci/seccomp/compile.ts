/**
 * OCI seccomp → a filter for seccomp(2), with the meaning that libseccomp and runc give it:
 *
 *   - of the rules of a call, the first without arguments decides; if all have arguments, the first that matches; else
 *     the default action
 *   - a rule whose action is the default action is ignored
 *   - two comparisons of one argument in a rule mean "or"
 *   - unlike libseccomp: arguments that the kernel takes in 32 bits are compared in 32 bits
 *   - calls newer than the newest one that a denying profile names return ENOSYS, so that programs try the older call
 *   - a call of an architecture that is not listed kills; 32-bit x86 on x86_64 has its own numbers; other listed
 *     architectures get the default action
 *
 * The numbers are divided into runs with the same answer, which are searched as a binary tree: eight comparisons for
 * any call.
 */
import type { Seccomp, SeccompAction, SeccompRule } from '../spec.ts';
import { compare, type Comparison } from './arguments.ts';
import { Bpf, CODE } from './bpf.ts';
import { isNarrow } from './narrow-arguments.ts';
import { foreignNumbers, syscallNumbers } from './numbers.ts';
import { ACTIONS, ARCHITECTURES, FLAGS } from './constants.ts';

export interface Compiled {
  /** struct sock_filter[] for k.stage.seccomp(SECCOMP_SET_MODE_FILTER, flags, filter) */
  filter: Buffer;
  flags: number;
  instructions: number;
}

const EPERM = 1;
const ENOSYS = 38;
const NR = 0;
const ARCH = 4;
const X32_BIT = 0x40000000;
const NATIVE = process.arch === 'arm64' ? 'SCMP_ARCH_AARCH64' : 'SCMP_ARCH_X86_64';

const actions: Partial<Record<SeccompAction, number>> = ACTIONS;
function returnValue(action: SeccompAction, errno = EPERM): number {
  const value = actions[action];
  if (value === undefined)
    throw new Error(`seccomp action ${action} is not supported; use one of ${Object.keys(ACTIONS).join(', ')}`);
  return action === 'SCMP_ACT_ERRNO' || action === 'SCMP_ACT_TRACE' ? (value | errno) >>> 0 : value;
}

type Numbers = ReadonlyMap<string, number>;
/** What the filter does with a call: a return value, or comparisons that lead to return values. */
type Answer = number | { args: Comparison[]; value: number }[];

function alternatives(name: string, rule: SeccompRule): Comparison[][] {
  const args = (rule.args ?? []).map((argument): Comparison => ({
    ...argument,
    narrow: isNarrow(name, argument.index),
  }));
  const twice = new Set(args.map((a) => a.index)).size < args.length;
  return twice ? args.map((a) => [a]) : [args];
}

/** Answers by call number, for calls that have rules. Names that this architecture does not have are skipped. */
function answersByNumber(seccomp: Seccomp, numbers: Numbers, fallback: number): Map<number, Answer> {
  const answers = new Map<number, Answer>();
  for (const rule of seccomp.syscalls ?? []) {
    const value = returnValue(rule.action, rule.errnoRet);
    if (value === fallback) continue;
    for (const name of rule.names) {
      const number = numbers.get(name);
      const before = number === undefined ? 0 : (answers.get(number) ?? []);
      if (number === undefined || typeof before === 'number') continue;
      answers.set(
        number,
        rule.args?.length ? [...before, ...alternatives(name, rule).map((args) => ({ args, value }))] : value,
      );
    }
  }
  return answers;
}

/** The number after the newest call that a rule names; Infinity when the default action allows unknown calls. */
function firstUnknown(seccomp: Seccomp, numbers: Numbers): number {
  if (seccomp.defaultAction === 'SCMP_ACT_ALLOW' || seccomp.defaultAction === 'SCMP_ACT_LOG') return Infinity;
  const named = (seccomp.syscalls ?? []).flatMap((rule) => rule.names.map((name) => numbers.get(name) ?? -1));
  return named.reduce((most, n) => Math.max(most, n), -1) + 1 || Infinity;
}

interface Run {
  from: number;
  answer: Answer;
}
function runs(answers: Map<number, Answer>, fallback: number, unknownFrom: number): Run[] {
  const list: Run[] = [{ from: 0, answer: fallback }];
  const add = (from: number, answer: Answer) => {
    const last = list.at(-1)!;
    if (last.from === from) last.answer = answer;
    else if (last.answer !== answer) list.push({ from, answer });
  };
  for (const [number, answer] of [...answers].sort(([a], [b]) => a - b)) {
    // an answer with comparisons is an object, never equal to its neighbour's, so it has a run of its own
    add(number, answer);
    add(number + 1, fallback);
  }
  if (unknownFrom !== Infinity) add(unknownFrom, returnValue('SCMP_ACT_ERRNO', ENOSYS));
  return list.filter((run, j) => run.answer !== list[j - 1]?.answer);
}

function emitAnswer(bpf: Bpf, answer: Answer, fallback: number): void {
  if (typeof answer === 'number') return void bpf.ret(answer);
  for (const { args, value } of answer) {
    const next = bpf.fresh('next');
    for (const argument of args) compare(bpf, argument, next);
    bpf.ret(value).label(next);
  }
  bpf.ret(fallback);
}

function emitCalls(bpf: Bpf, seccomp: Seccomp, numbers: Numbers, fallback: number): void {
  emitSearch(
    bpf,
    runs(answersByNumber(seccomp, numbers, fallback), fallback, firstUnknown(seccomp, numbers)),
    fallback,
  );
}

function emitSearch(bpf: Bpf, list: readonly Run[], fallback: number): void {
  if (list.length === 1) return emitAnswer(bpf, list[0]!.answer, fallback);
  const middle = list.length >> 1;
  const right = bpf.fresh('right');
  bpf.jump(CODE.JGE_K, list[middle]!.from, { yes: right });
  emitSearch(bpf, list.slice(0, middle), fallback);
  bpf.label(right);
  emitSearch(bpf, list.slice(middle), fallback);
}

/** Emits the architectures that a profile lists beside the native one. The accumulator holds the caller's. */
function emitForeign(bpf: Bpf, seccomp: Seccomp, fallback: number): void {
  for (const name of new Set(seccomp.architectures)) {
    const audit = ARCHITECTURES[name];
    if (typeof audit !== 'number' || name === NATIVE) continue;
    const numbers = foreignNumbers(name);
    const other = bpf.fresh('other');
    bpf.jump(CODE.JEQ_K, audit, { no: other });
    if (numbers) emitCalls(bpf.load(NR), seccomp, numbers, fallback);
    else bpf.ret(fallback);
    bpf.label(other);
  }
}

function build(seccomp: Seccomp): Compiled {
  const fallback = returnValue(seccomp.defaultAction, seccomp.defaultErrnoRet);
  const kill = returnValue('SCMP_ACT_KILL');
  const bpf = new Bpf();
  bpf.load(ARCH).jump(CODE.JEQ_K, ARCHITECTURES[NATIVE]!, { no: 'foreign' }).load(NR);
  if (NATIVE === 'SCMP_ARCH_X86_64') bpf.jump(CODE.JGE_K, X32_BIT, { yes: 'x32' });
  emitCalls(bpf, seccomp, syscallNumbers(), fallback);
  if (NATIVE === 'SCMP_ARCH_X86_64')
    bpf.label('x32').ret(seccomp.architectures?.includes('SCMP_ARCH_X32') ? fallback : kill);
  bpf.label('foreign');
  emitForeign(bpf, seccomp, fallback);
  const filter = bpf.ret(kill).bytes();
  return {
    filter,
    flags: (seccomp.flags ?? []).reduce((bits, flag) => bits | (FLAGS[flag] ?? 0), 0),
    instructions: filter.length / 8,
  };
}

const KEPT = 32;
const byObject = new WeakMap<Seccomp, Compiled>();
const byContent = new Map<string, Compiled>();

/** Throws Error for an action that is not supported and for a filter that is too long. */
export function compileSeccomp(seccomp: Seccomp): Compiled {
  const known = byObject.get(seccomp);
  if (known) return known;
  const key = JSON.stringify(seccomp);
  const compiled = byContent.get(key) ?? build(seccomp);
  if (byContent.size >= KEPT && !byContent.has(key)) byContent.delete(byContent.keys().next().value!);
  byContent.set(key, compiled);
  byObject.set(seccomp, compiled);
  return compiled;
}
