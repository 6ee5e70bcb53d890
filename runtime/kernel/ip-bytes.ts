/** The bytes of an IP address, in network byte order. */
import { isIP } from 'node:net';

/** 4 bytes for '172.30.0.2', 16 for 'fd00::2'; undefined for other texts, and for addresses with a zone. */
export function ipBytes(address: string): Buffer | undefined {
  if (isIP(address) === 4) return Buffer.from(address.split('.').map(Number));
  if (isIP(address) !== 6 || address.includes('.') || address.includes('%')) return undefined;
  const [before = '', after] = address.split('::');
  const groups = (text: string | undefined) => (text ? text.split(':') : []);
  const [first, rest] = [groups(before), groups(after)];
  const zeros = Array.from({ length: 8 - first.length - rest.length }, () => '0');
  const bytes = Buffer.alloc(16);
  for (const [j, group] of [...first, ...zeros, ...rest].entries()) bytes.writeUInt16BE(parseInt(group, 16), j * 2);
  return bytes;
}
