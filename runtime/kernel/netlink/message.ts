/**
 * Messages of netlink(7):
 *
 *   0        4      6       8     12    16
 *   | length | type | flags | seq | pid | header of the family | attributes … | padded to 4
 */
import { align, decodeAttributes, encodeAttributes, type Fields, type Schema } from './attribute.ts';
import { MalformedMessage } from './malformed.ts';
import { decodeStruct, encodeStruct, type Struct } from './struct.ts';

export const NLM_F = {
  NLM_F_REQUEST: 1,
  NLM_F_MULTI: 2,
  NLM_F_ACK: 4,
  NLM_F_DUMP_INTR: 0x10,
  /** in a GET request */
  NLM_F_ROOT: 0x100,
  NLM_F_MATCH: 0x200,
  NLM_F_DUMP: 0x300,
  /** in a NEW request */
  NLM_F_REPLACE: 0x100,
  NLM_F_EXCL: 0x200,
  NLM_F_CREATE: 0x400,
  NLM_F_APPEND: 0x800,
} as const;
export const NLMSG_ERROR = 2;
export const NLMSG_DONE = 3;

/** A kind of message: its number, its name in the kernel's headers, its header and its attributes. */
export interface Kind {
  type: number;
  name: string;
  header: Struct;
  attributes: Schema;
}
export interface Request {
  kind: Kind;
  flags?: number;
  header?: Fields;
  attributes?: Fields;
}
export interface Message {
  type: number;
  flags: number;
  seq: number;
  pid: number;
  body: Buffer;
}
export interface Decoded {
  kind: Kind;
  header: Fields;
  attributes: Fields;
}

const HEADER = 16;

export function encodeMessage({ kind, flags = 0, header = {}, attributes = {} }: Request, seq: number): Buffer {
  const body = Buffer.concat([encodeStruct(kind.header, header), encodeAttributes(kind.attributes, attributes)]);
  const bytes = Buffer.alloc(align(HEADER + body.length));
  bytes.writeUInt32LE(HEADER + body.length, 0);
  bytes.writeUInt16LE(kind.type, 4);
  bytes.writeUInt16LE(flags | NLM_F.NLM_F_REQUEST, 6);
  bytes.writeUInt32LE(seq, 8);
  body.copy(bytes, HEADER);
  return bytes;
}

/** Yields the messages of one datagram. Throws MalformedMessage. */
export function* messagesIn(bytes: Buffer): Generator<Message> {
  for (let offset = 0; offset < bytes.length;) {
    const left = bytes.length - offset;
    const length = left < HEADER ? 0 : bytes.readUInt32LE(offset);
    if (length < HEADER || length > left)
      throw new MalformedMessage(`a message of ${length} bytes where ${left} are left`);
    yield {
      type: bytes.readUInt16LE(offset + 4),
      flags: bytes.readUInt16LE(offset + 6),
      seq: bytes.readUInt32LE(offset + 8),
      pid: bytes.readUInt32LE(offset + 12),
      body: bytes.subarray(offset + HEADER, offset + length),
    };
    offset += align(length);
  }
}

export function decodeMessage(kind: Kind, message: Message): Decoded {
  return {
    kind,
    header: decodeStruct(kind.header, message.body),
    attributes: decodeAttributes(kind.attributes, message.body.subarray(kind.header.size)),
  };
}
