/**
 * Device rules → a program for BPF_PROG_TYPE_CGROUP_DEVICE: admin-guide/cgroup-v2, "Device controller".
 *
 *   r1 → struct bpf_cgroup_dev_ctx { u32 access_type: access << 16 | type; u32 major; u32 minor; }
 *   r0 ← 1 allow, 0 deny
 *
 * Of two rules that match, the later one decides, for each of read, write and mknod separately. So the program tries
 * the rules from the last to the first. An allowing rule clears its bits in the bits that are still undecided. A
 * denying rule denies as soon as one of its bits is undecided. What no rule matches is allowed, as in a cgroup without
 * a program; the rules of a container begin with "deny all".
 */
import type { DeviceRule } from '../../oci/spec.ts';
import { Ebpf, R } from './ebpf.ts';

const ACCESS: Record<string, number> = { m: 1, r: 2, w: 4 };
const ALL = 7;
const TYPE = { b: 1, c: 2 } as const;
const [type, asked, major, minor] = [R.r2, R.r3, R.r4, R.r5];

const accessBits = (access = 'rwm') => [...access].reduce((bits, letter) => bits | (ACCESS[letter] ?? 0), 0);
const given = (n: number | undefined): n is number => n !== undefined && n >= 0;

/** The instructions for BPF_PROG_LOAD, as bpf_device of native/ops.def takes them. */
export function deviceProgram(rules: readonly DeviceRule[]): Buffer {
  const program = new Ebpf();
  program
    .load32(type, R.r1, 0)
    .move(asked, type)
    .and(type, 0xffff)
    .shiftRight(asked, 16)
    .load32(major, R.r1, 4)
    .load32(minor, R.r1, 8);
  let last: 'allow' | 'deny' = 'allow';
  for (const [index, rule] of [...rules].reverse().entries()) {
    const bits = accessBits(rule.access);
    if (!bits) continue;
    if (isForAll(rule, bits)) {
      // earlier rules cannot change anything, and the verifier rejects code that cannot be reached
      last = rule.allow ? 'allow' : 'deny';
      break;
    }
    appendRule(program, rule, bits, `rule${index}`);
  }
  const other = last === 'allow' ? 'deny' : 'allow';
  program
    .label(last)
    .set(R.r0, last === 'allow' ? 1 : 0)
    .exit();
  if (program.jumpsTo(other))
    program
      .label(other)
      .set(R.r0, other === 'allow' ? 1 : 0)
      .exit();
  return program.bytes();
}

const isForAll = (rule: DeviceRule, bits: number) =>
  bits === ALL && !(rule.type === 'b' || rule.type === 'c') && !given(rule.major) && !given(rule.minor);

function appendRule(program: Ebpf, rule: DeviceRule, bits: number, next: string): void {
  if (rule.type === 'b' || rule.type === 'c') program.jumpIfNot(type, TYPE[rule.type], next);
  if (given(rule.major)) program.jumpIfNot(major, rule.major, next);
  if (given(rule.minor)) program.jumpIfNot(minor, rule.minor, next);
  if (rule.allow) program.and(asked, ALL & ~bits).jumpIf(asked, 0, 'allow');
  else program.jumpIfAny(asked, bits, 'deny');
  program.label(next);
}
