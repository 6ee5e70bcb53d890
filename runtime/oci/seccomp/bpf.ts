/**
 * An assembler for classic BPF, the instruction set of seccomp filters: networking/filter in the kernel's
 * documentation, seccomp(2).
 *
 *   struct sock_filter { u16 code; u8 jt; u8 jf; u32 k; }      jumps only forward
 */
export const CODE = {
  LD_W_ABS: 0x20,
  AND_K: 0x54,
  JA: 0x05,
  JEQ_K: 0x15,
  JGT_K: 0x25,
  JGE_K: 0x35,
  RET_K: 0x06,
} as const;
/** BPF_MAXINSNS: the kernel takes no longer filter. */
export const MAX_INSTRUCTIONS = 4096;

/** `yes` and `no` are labels; undefined falls through to the next instruction. */
type Line = { label: string } | { code: number; k: number; yes?: string; no?: string };
const FAR = 255;

export class Bpf {
  readonly #lines: Line[] = [];
  #labels = 0;

  load(offset: number): this {
    return this.#add({ code: CODE.LD_W_ABS, k: offset });
  }
  and(mask: number): this {
    return this.#add({ code: CODE.AND_K, k: mask });
  }
  ret(value: number): this {
    return this.#add({ code: CODE.RET_K, k: value });
  }
  jump(code: number, k: number, to: { yes?: string; no?: string }): this {
    return this.#add({ code, k, ...to });
  }
  label(label: string): this {
    return this.#add({ label });
  }
  /** A new label name, which is used nowhere else. */
  fresh(prefix: string): string {
    return `${prefix}${this.#labels++}`;
  }
  #add(line: Line): this {
    this.#lines.push(line);
    return this;
  }

  /**
   * The program. It is built from the last line to the first, so that the distance to every target is known. A jump of
   * more than 255 instructions goes through a JA.
   */
  bytes(): Buffer {
    const words: { code: number; jt: number; jf: number; k: number }[] = []; // last first
    const place = new Map<string, number>();
    const distance = (label: string) => words.length - place.get(label)!;
    const near = (label: string | undefined): string | undefined => {
      if (label === undefined || distance(label) <= FAR - 2) return label;
      words.push({ code: CODE.JA, jt: 0, jf: 0, k: distance(label) });
      const hop = this.fresh('hop');
      place.set(hop, words.length);
      return hop;
    };
    for (const line of this.#lines.toReversed()) {
      if ('label' in line) {
        place.set(line.label, words.length);
        continue;
      }
      const next = words.length;
      const yes = near(line.yes);
      const no = near(line.no);
      // without a jump, execution must skip the JAs that were inserted
      const skip = words.length - next;
      words.push({
        code: line.code,
        jt: yes === undefined ? skip : distance(yes),
        jf: no === undefined ? skip : distance(no),
        k: line.k,
      });
    }
    if (words.length > MAX_INSTRUCTIONS)
      throw new Error(
        `the seccomp filter has ${words.length} instructions, the kernel takes ${MAX_INSTRUCTIONS}; give a profile with fewer argument rules`,
      );
    return encode(words.reverse());
  }
}

function encode(words: readonly { code: number; jt: number; jf: number; k: number }[]): Buffer {
  const out = Buffer.alloc(words.length * 8);
  for (const [j, { code, jt, jf, k }] of words.entries()) {
    out.writeUInt16LE(code, j * 8);
    out.writeUInt8(jt, j * 8 + 2);
    out.writeUInt8(jf, j * 8 + 3);
    out.writeUInt32LE(k >>> 0, j * 8 + 4);
  }
  return out;
}
