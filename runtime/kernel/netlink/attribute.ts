/**
 * Attributes of netlink messages, netlink(7) and linux/netlink.h:
 *
 *   0        2        4
 *   | length | type   | payload … | padded to 4
 *
 * `length` includes the header but not the padding. A schema describes the attributes once, for writing, reading and
 * showing them.
 */
import { MalformedMessage } from './malformed.ts';

export type Value = number | bigint | string | Buffer | Fields | readonly Fields[];
/** Attributes by the kernel's names without the prefix, in lower case: IFLA_IFNAME is `ifname`. */
export interface Fields {
  readonly [name: string]: Value | undefined;
}

export interface Codec {
  /** true: the attribute's type has the flag NLA_F_NESTED */
  nested?: boolean;
  encode(value: Value): Buffer;
  decode(bytes: Buffer, depth: number): Value;
  /** for numbers that have names or are flags */
  show?(value: Value): string;
}
/** The codec may depend on other attributes: IFLA_INFO_KIND decides the codec of IFLA_INFO_DATA. */
export interface Attribute {
  type: number;
  codec: Codec | ((others: Fields) => Codec | undefined);
}
export type Schema = Readonly<Record<string, Attribute>>;

const HEADER = 4;
const NLA_F_NESTED = 0x8000;
const TYPE_MASK = 0x3fff;
/** The kernel nests less than ten levels deep. */
const MAX_DEPTH = 12;

export const align = (length: number): number => (length + 3) & ~3;
export const at = (type: number, codec: Attribute['codec']): Attribute => ({ type, codec });
export const codecOf = (attribute: Attribute, others: Fields): Codec | undefined =>
  typeof attribute.codec === 'function' ? attribute.codec(others) : attribute.codec;
export const isFields = (value: Value | undefined): value is Fields =>
  typeof value === 'object' && !Array.isArray(value) && !Buffer.isBuffer(value);

export function encodeAttribute(type: number, payload: Buffer, nested = false): Buffer {
  const bytes = Buffer.alloc(align(HEADER + payload.length));
  bytes.writeUInt16LE(HEADER + payload.length, 0);
  bytes.writeUInt16LE(type | (nested ? NLA_F_NESTED : 0), 2);
  payload.copy(bytes, HEADER);
  return bytes;
}

/** The bytes of the attributes, in the order of `fields`. Fields that are undefined are left out. */
export function encodeAttributes(schema: Schema, fields: Fields): Buffer {
  const parts: Buffer[] = [];
  for (const [name, value] of Object.entries(fields)) {
    if (value === undefined) continue;
    const attribute = schema[name];
    const codec = attribute && codecOf(attribute, fields);
    if (!attribute || !codec) throw new Error(`no netlink attribute is called ${name} here`);
    parts.push(encodeAttribute(attribute.type, codec.encode(value), codec.nested));
  }
  return Buffer.concat(parts);
}

/** Yields type and payload of each attribute. Throws MalformedMessage. */
export function* attributesIn(bytes: Buffer): Generator<{ type: number; payload: Buffer }> {
  for (let offset = 0; offset + HEADER <= bytes.length;) {
    const length = bytes.readUInt16LE(offset);
    if (length < HEADER || offset + length > bytes.length)
      throw new MalformedMessage(`an attribute of ${length} bytes where ${bytes.length - offset} are left`);
    yield {
      type: bytes.readUInt16LE(offset + 2) & TYPE_MASK,
      payload: bytes.subarray(offset + HEADER, offset + length),
    };
    offset += align(length);
  }
}

/** Reads attributes by their schema. It ignores unknown ones, because newer kernels send more. */
export function decodeAttributes(schema: Schema, bytes: Buffer, depth = 0): Fields {
  if (depth > MAX_DEPTH) throw new MalformedMessage(`attributes nested deeper than ${MAX_DEPTH} levels`);
  const payloads = new Map([...attributesIn(bytes)].map(({ type, payload }) => [type, payload]));
  const fields: Record<string, Value> = {};
  const named = Object.entries(schema).filter(([, attribute]) => payloads.has(attribute.type));
  // codecs that depend on other attributes come last
  named.sort(([, a], [, b]) => Number(typeof a.codec === 'function') - Number(typeof b.codec === 'function'));
  for (const [name, attribute] of named) {
    const codec = codecOf(attribute, fields);
    if (codec) fields[name] = codec.decode(payloads.get(attribute.type)!, depth + 1);
  }
  return fields;
}
