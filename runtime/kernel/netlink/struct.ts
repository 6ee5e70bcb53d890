/** The fixed header of a message before its attributes: ifinfomsg, ifaddrmsg, rtmsg, ndmsg, nfgenmsg. */
import type { Codec, Fields, Value } from './attribute.ts';
import { MalformedMessage } from './malformed.ts';

export interface Member {
  name: string;
  size: number;
  codec: Codec;
}
export interface Struct {
  size: number;
  members: readonly Member[];
}

export const struct = (...members: Member[]): Struct => ({
  members,
  size: members.reduce((sum, m) => sum + m.size, 0),
});
export const member = (name: string, size: number, codec: Codec): Member => ({ name, size, codec });

/** The bytes of a struct. Members without a field are zero. */
export function encodeStruct({ members }: Struct, fields: Fields): Buffer {
  return Buffer.concat(
    members.map(({ name, size, codec }) =>
      fields[name] === undefined ? Buffer.alloc(size) : codec.encode(fields[name]),
    ),
  );
}

export function decodeStruct({ members, size }: Struct, bytes: Buffer): Fields {
  if (bytes.length < size) throw new MalformedMessage(`a header of ${bytes.length} bytes where ${size} are needed`);
  const fields: Record<string, Value> = {};
  let offset = 0;
  for (const m of members) {
    fields[m.name] = m.codec.decode(bytes.subarray(offset, offset + m.size), 0);
    offset += m.size;
  }
  return fields;
}
