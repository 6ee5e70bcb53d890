/**
 * An assembler for the few eBPF instructions that a device program needs: bpf(2), and
 * bpf/standardization/instruction-set in the kernel's documentation.
 *
 *   | opcode: 8 | dst: 4, src: 4 | offset: 16 | immediate: 32 |     little endian
 */
export const R = { r0: 0, r1: 1, r2: 2, r3: 3, r4: 4, r5: 5 } as const;

const OP = {
  /** dst = *(u32 *)(src + offset) */
  LDX_W: 0x61,
  ALU64_MOV_K: 0xb7,
  ALU64_MOV_X: 0xbf,
  ALU64_AND_K: 0x57,
  ALU64_RSH_K: 0x77,
  JEQ_K: 0x15,
  JNE_K: 0x55,
  JSET_K: 0x45,
  EXIT: 0x95,
} as const;

interface Instruction {
  op: number;
  dst: number;
  src: number;
  offset: number;
  imm: number;
  target?: string;
}

export class Ebpf {
  readonly #code: Instruction[] = [];
  readonly #labels = new Map<string, number>();

  #emit(op: number, dst: number, rest: Partial<Instruction> = {}): this {
    this.#code.push({ op, dst, src: 0, offset: 0, imm: 0, ...rest });
    return this;
  }
  load32(dst: number, src: number, offset: number): this {
    return this.#emit(OP.LDX_W, dst, { src, offset });
  }
  set(dst: number, imm: number): this {
    return this.#emit(OP.ALU64_MOV_K, dst, { imm });
  }
  move(dst: number, src: number): this {
    return this.#emit(OP.ALU64_MOV_X, dst, { src });
  }
  and(dst: number, imm: number): this {
    return this.#emit(OP.ALU64_AND_K, dst, { imm });
  }
  shiftRight(dst: number, imm: number): this {
    return this.#emit(OP.ALU64_RSH_K, dst, { imm });
  }
  jumpIf(dst: number, imm: number, target: string): this {
    return this.#emit(OP.JEQ_K, dst, { imm, target });
  }
  jumpIfNot(dst: number, imm: number, target: string): this {
    return this.#emit(OP.JNE_K, dst, { imm, target });
  }
  /** jumps to `target` if dst & imm is not zero */
  jumpIfAny(dst: number, imm: number, target: string): this {
    return this.#emit(OP.JSET_K, dst, { imm, target });
  }
  exit(): this {
    return this.#emit(OP.EXIT, 0);
  }

  label(name: string): this {
    this.#labels.set(name, this.#code.length);
    return this;
  }
  jumpsTo(name: string): boolean {
    return this.#code.some((i) => i.target === name);
  }

  /** The program, 8 bytes an instruction. Jump offsets count from the instruction after the jump. */
  bytes(): Buffer {
    const out = Buffer.alloc(this.#code.length * 8);
    for (const [at, { op, dst, src, offset, imm, target }] of this.#code.entries()) {
      out.writeUInt8(op, at * 8);
      out.writeUInt8(dst | (src << 4), at * 8 + 1);
      out.writeInt16LE(target === undefined ? offset : this.#labels.get(target)! - at - 1, at * 8 + 2);
      out.writeInt32LE(imm | 0, at * 8 + 4);
    }
    return out;
  }
}
