/** Runs a classic BPF filter on a struct seccomp_data, as the kernel does. */
export interface SeccompData {
  nr: number;
  arch: number;
  args?: readonly bigint[];
}
export interface Ruling {
  value: number;
  steps: number;
}

/**
 * Decodes a filter once, to run it often. Running throws Error at an instruction that seccomp(2) does not allow or that
 * compile.ts does not emit.
 */
export function loadFilter(filter: Buffer): (data: SeccompData) => Ruling {
  const program = Array.from({ length: filter.length / 8 }, (_, pc) => ({
    code: filter.readUInt16LE(pc * 8),
    jt: filter[pc * 8 + 2]!,
    jf: filter[pc * 8 + 3]!,
    k: filter.readUInt32LE(pc * 8 + 4),
  }));
  const words = new Uint32Array(16);
  return ({ nr, arch, args = [] }) => {
    words.fill(0);
    words[0] = nr;
    words[1] = arch;
    for (let j = 0; j < args.length; j++) {
      words[4 + j * 2] = Number(args[j]! & 0xffffffffn);
      words[5 + j * 2] = Number((args[j]! >> 32n) & 0xffffffffn);
    }
    return ruling(program, words);
  };
}

function ruling(program: readonly { code: number; jt: number; jf: number; k: number }[], words: Uint32Array): Ruling {
  let a = 0;
  for (let pc = 0, steps = 1; ; pc++, steps++) {
    const { code, jt, jf, k } = program[pc]!;
    if (code === 0x06) return { value: k, steps };
    else if (code === 0x20) a = words[k >> 2]!;
    else if (code === 0x54) a = (a & k) >>> 0;
    else if (code === 0x05) pc += k;
    else if (code === 0x15) pc += a === k ? jt : jf;
    else if (code === 0x25) pc += a > k ? jt : jf;
    else if (code === 0x35) pc += a >= k ? jt : jf;
    else throw new Error(`unknown instruction ${code.toString(16)} at ${pc}`);
  }
}

const loaded = new WeakMap<Buffer, (data: SeccompData) => Ruling>();
/** Runs a filter once. The decoded filter is kept for further calls. */
export function runFilter(filter: Buffer, data: SeccompData): Ruling {
  const run = loaded.get(filter) ?? loadFilter(filter);
  loaded.set(filter, run);
  return run(data);
}
