/** A query for the addresses of a name, and its answer: RFC 1035, section 4. Answers are hostile. */
import { toText6 } from '../../kernel/netlink/ipv6-text.ts';

/** The type of records with addresses: RFC 1035 and RFC 3596. */
export const TYPES = { A: 1, AAAA: 28 } as const;
export type RecordType = keyof typeof TYPES;
const CLASS_IN = 1;
const HEADER = 12;
const RECURSION_DESIRED = 0x0100;
const MOST_RECORDS = 64;
const CODES = ['NOERROR', 'FORMERR', 'SERVFAIL', 'NXDOMAIN', 'NOTIMP', 'REFUSED'];

export interface NameAnswer {
  /** NOERROR, NXDOMAIN, SERVFAIL … */
  code: string;
  addresses: string[];
}

/** Undefined for a name that is none: a label is empty or longer than 63 bytes. */
export function nameQuery(name: string, id: number, type: RecordType = 'A'): Buffer | undefined {
  const labels = name.split('.').map((label) => Buffer.from(label));
  if (labels.some(({ length }) => length < 1 || length > 63)) return undefined;
  const head = Buffer.alloc(HEADER);
  head.writeUInt16BE(id, 0);
  head.writeUInt16BE(RECURSION_DESIRED, 2);
  head.writeUInt16BE(1, 4);
  const words = labels.flatMap((label) => [Buffer.from([label.length]), label]);
  return Buffer.concat([head, ...words, Buffer.from([0, 0, TYPES[type], 0, CLASS_IN])]);
}

/** The offset behind a name. A pointer is the end of a name. */
function behindName(bytes: Buffer, offset: number): number {
  for (let at = offset; at < bytes.length;) {
    const length = bytes.readUInt8(at);
    if (length >= 0xc0) return at + 2;
    if (length === 0) return at + 1;
    at += 1 + length;
  }
  return bytes.length;
}

const textOf = (bytes: Buffer): string =>
  bytes.length === 4 ? bytes.join('.') : toText6(BigInt(`0x${bytes.toString('hex')}`));

/** Undefined for bytes that are no answer to this query. Addresses of the other family are passed over. */
export function readAnswer(bytes: Buffer, query: Buffer): NameAnswer | undefined {
  const wanted = query.readUInt16BE(query.length - 4);
  const size = wanted === TYPES.AAAA ? 16 : 4;
  if (bytes.length < HEADER || bytes.readUInt16BE(0) !== query.readUInt16BE(0) || !(bytes.readUInt8(2) & 0x80))
    return undefined;
  const code = bytes.readUInt8(3) & 15;
  const answer: NameAnswer = { code: CODES[code] ?? `code ${code}`, addresses: [] };
  let at = bytes.readUInt16BE(4) === 1 ? behindName(bytes, HEADER) + 4 : HEADER;
  for (let left = Math.min(bytes.readUInt16BE(6), MOST_RECORDS); left > 0; left--) {
    const fields = behindName(bytes, at);
    if (fields + 10 > bytes.length) break;
    const [type, length] = [bytes.readUInt16BE(fields), bytes.readUInt16BE(fields + 8)];
    at = fields + 10 + length;
    if (type === wanted && length === size && at <= bytes.length)
      answer.addresses.push(textOf(bytes.subarray(at - size, at)));
  }
  return answer;
}
