/** Queries and answers of name servers as bytes, for tests: RFC 1035, section 4. */

export const types = { A: 1, PTR: 12, MX: 15, TXT: 16, AAAA: 28, HTTPS: 65 } as const;
export type Type = keyof typeof types;

const be16 = (value: number) => Buffer.from([value >> 8, value & 255]);
const labels = (name: string) =>
  Buffer.concat([
    ...name
      .split('.')
      .filter(Boolean)
      .map((label) => Buffer.concat([Buffer.from([Buffer.byteLength(label)]), Buffer.from(label)])),
    Buffer.from([0]),
  ]);

/** The OPT record of EDNS, which offers room for `size` bytes. */
const opt = (size: number) => Buffer.concat([Buffer.from([0, 0, 41]), be16(size), Buffer.alloc(6)]);

export const query = (name: string, type: Type, { id = 0x1234, edns = 0 } = {}): Buffer =>
  Buffer.concat([
    be16(id),
    Buffer.from([1, 0, 0, 1, 0, 0, 0, 0, 0, edns ? 1 : 0]),
    labels(name),
    be16(types[type]),
    be16(1),
    ...(edns ? [opt(edns)] : []),
  ]);

export interface Answer {
  id: number;
  code: 'NOERROR' | 'FORMERR' | 'SERVFAIL' | 'NXDOMAIN' | 'NOTIMP' | 'REFUSED';
  truncated: boolean;
  /** addresses, or names */
  data: string[];
  ttl: number[];
  edns: boolean;
  length: number;
}
const codes = ['NOERROR', 'FORMERR', 'SERVFAIL', 'NXDOMAIN', 'NOTIMP', 'REFUSED'] as const;

function nameAt(bytes: Buffer, at: number): { name: string; next: number } {
  const found: string[] = [];
  let next = 0;
  for (let jumps = 0; bytes[at] && jumps < 100; jumps++) {
    const length = bytes[at]!;
    if (length >= 0xc0) {
      next ||= at + 2;
      at = bytes.readUInt16BE(at) & 0x3fff;
    } else {
      found.push(bytes.subarray(at + 1, at + 1 + length).toString());
      at += 1 + length;
    }
  }
  return { name: found.join('.'), next: next || at + 1 };
}

/** Throws RangeError for an answer that is cut off. */
export function parseAnswer(bytes: Buffer): Answer {
  const [id, flags, questions, answers, , additional] = Array.from({ length: 6 }, (_, j) =>
    bytes.readUInt16BE(2 * j),
  ) as [number, number, number, number, number, number];
  if (!(flags & 0x8000)) throw new Error(`no answer: flags ${flags.toString(16)}`);
  let at = 12;
  for (let j = 0; j < questions; j++) at = nameAt(bytes, at).next + 4;
  const answer: Answer = {
    id,
    code: codes[flags & 15]!,
    truncated: (flags & 0x200) !== 0,
    data: [],
    ttl: [],
    edns: false,
    length: bytes.length,
  };
  for (let j = 0; j < answers + additional; j++) {
    at = nameAt(bytes, at).next;
    const type = bytes.readUInt16BE(at);
    const size = bytes.readUInt16BE(at + 8);
    const data = bytes.subarray(at + 10, at + 10 + size);
    if (data.length !== size) throw new RangeError(`a record of ${size} bytes has ${data.length}`);
    if (type === 41) answer.edns = true;
    else {
      answer.ttl.push(bytes.readUInt32BE(at + 4));
      answer.data.push(type === types.PTR ? nameAt(bytes, at + 10).name : [...data].join('.'));
    }
    at += 10 + size;
  }
  if (at !== bytes.length) throw new RangeError(`${bytes.length - at} bytes after the last record`);
  return answer;
}

/** An answer to the query with these addresses; `code`: 3 is NXDOMAIN, 2 SERVFAIL. */
export function answerTo(asked: Buffer, addresses: readonly string[], code = 0): Buffer {
  const end = nameAt(asked, 12).next + 4;
  const head = Buffer.from(asked.subarray(0, 12));
  head[2] = 0x81;
  head[3] = 0x80 | code;
  head.writeUInt16BE(addresses.length, 6);
  head.writeUInt32BE(0, 8);
  const records = addresses.map((address) =>
    Buffer.concat([Buffer.from([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 9, 0, 4]), Buffer.from(address.split('.').map(Number))]),
  );
  return Buffer.concat([head, asked.subarray(12, end), ...records]);
}

export const nameOf = (asked: Buffer): string => nameAt(asked, 12).name;
