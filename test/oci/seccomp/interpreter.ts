/** Runs a classic BPF filter on a struct seccomp_data, as the kernel would. */
export interface SeccompData { nr: number; arch: number; args?: bigint[] }

export function runFilter(filter: Buffer, { nr, arch, args = [] }: SeccompData): { value: number; steps: number } {
  const data = Buffer.alloc(64);
  data.writeUInt32LE(nr >>> 0, 0);
  data.writeUInt32LE(arch, 4);
  for (let j = 0; j < 6; j++) data.writeBigUInt64LE(args[j] ?? 0n, 16 + j * 8);
  let a = 0;
  for (let pc = 0, steps = 1; ; pc++, steps++) {
    const [code, jt, jf, k] = [filter.readUInt16LE(pc * 8), filter[pc * 8 + 2]!, filter[pc * 8 + 3]!, filter.readUInt32LE(pc * 8 + 4)];
    const branch = (yes: boolean) => void (pc += yes ? jt : jf);
    if (code === 0x06) return { value: k, steps };
    else if (code === 0x20) a = data.readUInt32LE(k);
    else if (code === 0x54) a = (a & k) >>> 0;
    else if (code === 0x05) pc += k;
    else if (code === 0x15) branch(a === k);
    else if (code === 0x25) branch(a > k);
    else if (code === 0x35) branch(a >= k);
    else throw new Error(`unknown instruction ${code.toString(16)} at ${pc}`);
  }
}
