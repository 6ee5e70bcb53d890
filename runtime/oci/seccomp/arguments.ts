/**
 * Compares 64-bit arguments on a 32-bit machine: the high half, then the low half. For an argument that the kernel
 * takes in 32 bits (narrow-arguments.ts) only the low half.
 *
 *   struct seccomp_data { int nr; u32 arch; u64 instruction_pointer; u64 args[6]; }     little endian
 */
import type { SeccompOperator, SeccompRule } from '../spec.ts';
import { CODE, type Bpf } from './bpf.ts';

export type Comparison = NonNullable<SeccompRule['args']>[number] & { narrow?: boolean };

const ARGS = 16;
const high = (value: number) => Math.floor(value / 0x100000000);
const low = (value: number) => value % 0x100000000;

/** Emits a comparison: continues with the next instruction when it holds, jumps to `fail` when it does not. */
export function compare(bpf: Bpf, comparison: Comparison, fail: string): void {
  if (comparison.narrow) return compareLow(bpf, comparison, fail);
  const { index, value, valueTwo = 0, op } = comparison;
  const pass = bpf.fresh('pass');
  const hi = () => bpf.load(ARGS + index * 8 + 4);
  const lo = () => bpf.load(ARGS + index * 8);
  const { JEQ_K, JGT_K, JGE_K } = CODE;
  /** jumps to `larger` or `smaller` if the high half is so; if it is equal, loads the low half */
  const order = (larger: string, smaller: string) => {
    hi().jump(JGT_K, high(value), { yes: larger }).jump(JEQ_K, high(value), { no: smaller });
    lo();
  };
  const table: Record<SeccompOperator, () => void> = {
    SCMP_CMP_EQ: () => {
      hi().jump(JEQ_K, high(value), { no: fail });
      lo().jump(JEQ_K, low(value), { no: fail });
    },
    SCMP_CMP_NE: () => {
      hi().jump(JEQ_K, high(value), { no: pass });
      lo().jump(JEQ_K, low(value), { yes: fail });
    },
    SCMP_CMP_GT: () => {
      order(pass, fail);
      bpf.jump(JGT_K, low(value), { no: fail });
    },
    SCMP_CMP_GE: () => {
      order(pass, fail);
      bpf.jump(JGE_K, low(value), { no: fail });
    },
    SCMP_CMP_LT: () => {
      order(fail, pass);
      bpf.jump(JGE_K, low(value), { yes: fail });
    },
    SCMP_CMP_LE: () => {
      order(fail, pass);
      bpf.jump(JGT_K, low(value), { yes: fail });
    },
    SCMP_CMP_MASKED_EQ: () => {
      // value is the mask, valueTwo the expected result
      if (high(value) || high(valueTwo)) hi().and(high(value)).jump(JEQ_K, high(valueTwo), { no: fail });
      lo().and(low(value)).jump(JEQ_K, low(valueTwo), { no: fail });
    },
  };
  table[op]();
  bpf.label(pass);
}

function compareLow(bpf: Bpf, { index, value, valueTwo = 0, op }: Comparison, fail: string): void {
  const { JEQ_K, JGT_K, JGE_K } = CODE;
  const table: Record<SeccompOperator, () => void> = {
    SCMP_CMP_EQ: () => void bpf.jump(JEQ_K, low(value), { no: fail }),
    SCMP_CMP_NE: () => void bpf.jump(JEQ_K, low(value), { yes: fail }),
    SCMP_CMP_GT: () => void bpf.jump(JGT_K, low(value), { no: fail }),
    SCMP_CMP_GE: () => void bpf.jump(JGE_K, low(value), { no: fail }),
    SCMP_CMP_LT: () => void bpf.jump(JGE_K, low(value), { yes: fail }),
    SCMP_CMP_LE: () => void bpf.jump(JGT_K, low(value), { yes: fail }),
    SCMP_CMP_MASKED_EQ: () => void bpf.and(low(value)).jump(JEQ_K, low(valueTwo), { no: fail }),
  };
  bpf.load(ARGS + index * 8);
  table[op]();
}
