/** Shows messages in the style of strace(1): RTM_NEWLINK {ifname "veth12ab", linkinfo {kind "veth", …}} */
import { codecOf, type Codec, type Fields, type Schema, type Value } from './attribute.ts';
import type { Decoded, Request } from './message.ts';

const MAX_TEXT = 64;

/** A link's name in a register is text with NULs after it: shown as text. Other bytes are shown in hexadecimal. */
function showBytes(bytes: Buffer): string {
  const latin = bytes.subarray(0, MAX_TEXT).toString('latin1');
  return /^[\x20-\x7e]{3,}\0+$/.test(latin)
    ? JSON.stringify(latin.replace(/\0+$/, ''))
    : `0x${bytes.subarray(0, MAX_TEXT).toString('hex')}`;
}

function showValue(value: Value, codec: Codec | undefined): string {
  if (codec?.show) return codec.show(value);
  if (Buffer.isBuffer(value)) return showBytes(value);
  return typeof value === 'string' ? JSON.stringify(value.slice(0, MAX_TEXT)) : String(value);
}

const braces = (parts: string[]) => `{${parts.join(', ')}}`;

export function showFields(schema: Schema, fields: Fields): string {
  return braces(parts(schema, fields));
}

function parts(schema: Schema, fields: Fields): string[] {
  return Object.entries(fields).flatMap(([name, value]) => {
    const attribute = schema[name];
    return value === undefined ? [] : [`${name} ${showValue(value, attribute && codecOf(attribute, fields))}`];
  });
}

/** Shows a message. Header members that are zero are left out. */
export function showMessage({ kind, header = {}, attributes = {} }: Request | Decoded): string {
  const told = kind.header.members.flatMap(({ name, codec }) => {
    const value = header[name];
    return value ? [`${name} ${showValue(value, codec)}`] : [];
  });
  return `${kind.name} ${braces([...told, ...parts(kind.attributes, attributes)])}`;
}
export const showMessages = (messages: readonly (Request | Decoded)[]): string => messages.map(showMessage).join('; ');
