/** The fields of an ELF file that say what the program needs to run: elf(5), ld.so(8). */

export interface Elf {
  machine: number;
  /** PT_INTERP: the dynamic loader; absent for libraries and static programs */
  interpreter?: string;
  /** DT_NEEDED: names of libraries */
  needed: string[];
  /** DT_RUNPATH or DT_RPATH: directories to search first, with $ORIGIN unexpanded */
  runpath: string[];
}
interface Segment {
  type: number;
  offset: number;
  address: number;
  size: number;
}

const PT = { LOAD: 1, DYNAMIC: 2, INTERP: 3 };
const DT = { NULL: 0, NEEDED: 1, STRTAB: 5, RPATH: 15, RUNPATH: 29 };

const string = (file: Buffer, at: number): string => file.toString('utf8', at, Math.max(at, file.indexOf(0, at)));

function segments(file: Buffer): Segment[] {
  const table = Number(file.readBigUInt64LE(32));
  const entry = file.readUInt16LE(54);
  return Array.from({ length: file.readUInt16LE(56) }, (_, j) => {
    const at = table + j * entry;
    return {
      type: file.readUInt32LE(at),
      offset: Number(file.readBigUInt64LE(at + 8)),
      address: Number(file.readBigUInt64LE(at + 16)),
      size: Number(file.readBigUInt64LE(at + 32)),
    };
  });
}

function dynamic(file: Buffer, { offset, size }: Segment): [tag: number, value: number][] {
  const entries: [number, number][] = [];
  for (let at = offset; at + 16 <= offset + size; at += 16) {
    const tag = Number(file.readBigInt64LE(at));
    if (tag === DT.NULL) break;
    entries.push([tag, Number(file.readBigUInt64LE(at + 8))]);
  }
  return entries;
}

/** Undefined for a file that is not 64-bit little-endian ELF, such as a script or data. */
export function readElf(file: Buffer): Elf | undefined {
  if (file.length < 64 || file.readUInt32BE(0) !== 0x7f454c46 || file[4] !== 2 || file[5] !== 1) return undefined;
  const all = segments(file);
  const interp = all.find(({ type }) => type === PT.INTERP);
  const table = all.find(({ type }) => type === PT.DYNAMIC);
  const entries = table ? dynamic(file, table) : [];
  const address = entries.find(([tag]) => tag === DT.STRTAB)?.[1] ?? 0;
  const holder = all.find(
    ({ type, address: from, size }) => type === PT.LOAD && address >= from && address < from + size,
  );
  const strings = holder ? address - holder.address + holder.offset : address;
  const values = (...tags: number[]) =>
    entries.filter(([tag]) => tags.includes(tag)).map(([, value]) => string(file, strings + value));
  return {
    machine: file.readUInt16LE(18),
    needed: values(DT.NEEDED),
    runpath: values(DT.RUNPATH, DT.RPATH).flatMap((path) => path.split(':')),
    ...(interp && { interpreter: string(file, interp.offset) }),
  };
}
