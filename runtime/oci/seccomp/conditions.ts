/**
 * The conditions under which a filter allows a call that has rules for its arguments, as text: OCI specification,
 * "Seccomp".
 */
import type { Seccomp, SeccompRule } from '../spec.ts';

const hex = (value: number) => `0x${BigInt.asUintN(64, BigInt(value)).toString(16)}`;
const signs = {
  SCMP_CMP_NE: '!=',
  SCMP_CMP_LT: '<',
  SCMP_CMP_LE: '<=',
  SCMP_CMP_EQ: '==',
  SCMP_CMP_GE: '>=',
  SCMP_CMP_GT: '>',
} as const;

type Argument = NonNullable<SeccompRule['args']>[number];
const argument = ({ index, value, valueTwo = 0, op }: Argument): string =>
  op === 'SCMP_CMP_MASKED_EQ'
    ? `arg${index} & ${hex(value)} == ${hex(valueTwo)}`
    : `arg${index} ${signs[op]} ${hex(value)}`;
const lets = (rule: SeccompRule) => rule.action === 'SCMP_ACT_ALLOW' || rule.action === 'SCMP_ACT_LOG';

/**
 * The alternatives of one call as text. Three or more rules that each compare the same argument with successive numbers
 * become `0xd <= arg0 <= 0x12`.
 */
function alternatives(rules: readonly SeccompRule[]): string[] {
  const runs: SeccompRule[][] = [];
  const only = ({ args = [] }: SeccompRule) =>
    args.length === 1 && args[0]!.op === 'SCMP_CMP_EQ' ? args[0] : undefined;
  for (const rule of rules) {
    const [before, now] = [only(runs.at(-1)?.at(-1) ?? { names: [], action: rule.action }), only(rule)];
    if (before && now && before.index === now.index && before.value + 1 === now.value) runs.at(-1)!.push(rule);
    else runs.push([rule]);
  }
  return runs.flatMap((run) => {
    const [first, last] = [only(run[0]!), only(run.at(-1)!)];
    if (run.length > 2 && first && last) return [`${hex(first.value)} <= arg${first.index} <= ${hex(last.value)}`];
    return run.map(({ args = [] }) => args.map(argument).join(' and '));
  });
}

/** 'clone if arg0 & 0x7e020000 == 0x0'. The rules of a call are alternatives; all arguments of a rule must match. */
export function conditionOf(seccomp: Seccomp, name: string): string {
  const rules = (seccomp.syscalls ?? []).filter((rule) => rule.names.includes(name) && rule.args?.length);
  const said = (list: readonly SeccompRule[]) => alternatives(list).join(' or ');
  const [through, refused] = [rules.filter(lets), rules.filter((rule) => !lets(rule))];
  return `${name}${through.length ? ` if ${said(through)}` : ''}${refused.length ? ` unless ${said(refused)}` : ''}`;
}
