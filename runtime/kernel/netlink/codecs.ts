/** Codecs for payloads. rtnetlink writes numbers in the machine's byte order, nf_tables in network byte order. */
import {
  decodeAttributes,
  encodeAttribute,
  encodeAttributes,
  attributesIn,
  type Codec,
  type Fields,
  type Schema,
} from './attribute.ts';
import { ipBytes } from '../ip-bytes.ts';
import { toText6 } from './ipv6-text.ts';
import { MalformedMessage } from './malformed.ts';
import { showFields } from './show.ts';

const room = (bytes: Buffer, size: number) => {
  if (bytes.length < size) throw new MalformedMessage(`${bytes.length} bytes where ${size} are needed`);
  return bytes;
};
const integer = (size: number, write: (b: Buffer, v: number) => void, read: (b: Buffer) => number): Codec => ({
  encode: (value) => {
    const bytes = Buffer.alloc(size);
    write(bytes, Number(value));
    return bytes;
  },
  decode: (bytes) => read(room(bytes, size)),
});

export const u8 = integer(
  1,
  (b, v) => b.writeUInt8(v),
  (b) => b.readUInt8(),
);
export const u16 = integer(
  2,
  (b, v) => b.writeUInt16LE(v),
  (b) => b.readUInt16LE(),
);
export const u32 = integer(
  4,
  (b, v) => b.writeUInt32LE(v),
  (b) => b.readUInt32LE(),
);
export const i32 = integer(
  4,
  (b, v) => b.writeInt32LE(v),
  (b) => b.readInt32LE(),
);
export const be16 = integer(
  2,
  (b, v) => b.writeUInt16BE(v),
  (b) => b.readUInt16BE(),
);
export const be32 = integer(
  4,
  (b, v) => b.writeInt32BE(v),
  (b) => b.readInt32BE(),
);
export const be64: Codec = {
  encode: (value) => {
    const bytes = Buffer.alloc(8);
    bytes.writeBigUInt64BE(BigInt(value as number | bigint));
    return bytes;
  },
  decode: (bytes) => room(bytes, 8).readBigUInt64BE(),
};
/** A codec for numbers that are shown by `show`, as a name or as flags. */
export const shown = (codec: Codec, show: (value: number) => string): Codec => ({
  ...codec,
  show: (value) => show(Number(value)),
});

export const bytes: Codec = { encode: (value) => value as Buffer, decode: (payload) => Buffer.from(payload) };
/** Text with a NUL at its end; reading stops at the first NUL. */
export const text: Codec = {
  encode: (value) => Buffer.from(`${String(value)}\0`),
  decode: (payload) => payload.toString('utf8').replace(/\0.*$/s, ''),
};
/** Hardware address: '02:42:ac:1e:00:02' */
export const mac: Codec = {
  encode: (value) => Buffer.from(String(value).replaceAll(':', ''), 'hex'),
  decode: (payload) => [...payload].map((byte) => byte.toString(16).padStart(2, '0')).join(':'),
  show: String,
};
/** An IP address: '172.30.0.2' or, in the form of RFC 5952, 'fd00::2'. */
export const ip: Codec = {
  encode: (value) => {
    const bytes = ipBytes(String(value));
    if (!bytes) throw new Error(`not an IP address: ${String(value)}`);
    return bytes;
  },
  decode: (payload) =>
    payload.length === 4
      ? payload.join('.')
      : payload.length === 16
        ? toText6(BigInt(`0x${payload.toString('hex')}`))
        : (payload.toString('hex').match(/.{1,4}/g) ?? []).join(':'),
  show: String,
};

export const nested = (schema: () => Schema): Codec => ({
  nested: true,
  encode: (value) => encodeAttributes(schema(), value as Fields),
  decode: (payload, depth) => decodeAttributes(schema(), payload, depth),
  show: (value) => showFields(schema(), value as Fields),
});
/** Attributes after a struct that is sent as zeros, as in VETH_INFO_PEER. */
export const nestedAfter = (size: number, schema: () => Schema): Codec => ({
  nested: true,
  encode: (value) => Buffer.concat([Buffer.alloc(size), encodeAttributes(schema(), value as Fields)]),
  decode: (payload, depth) => decodeAttributes(schema(), room(payload, size).subarray(size), depth),
  show: (value) => showFields(schema(), value as Fields),
});
/** Several attributes of one type, in their order: NFTA_LIST_ELEM. */
export const list = (type: number, schema: () => Schema): Codec => ({
  nested: true,
  encode: (value) =>
    Buffer.concat(
      (value as readonly Fields[]).map((item) => encodeAttribute(type, encodeAttributes(schema(), item), true)),
    ),
  decode: (payload, depth) =>
    [...attributesIn(payload)].filter((a) => a.type === type).map((a) => decodeAttributes(schema(), a.payload, depth)),
  show: (value) => `[${(value as readonly Fields[]).map((item) => showFields(schema(), item)).join(', ')}]`,
});
