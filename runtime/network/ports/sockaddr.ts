/** struct sockaddr_in and sockaddr_in6: ip(7), ipv6(7). */
import { AF } from '../../syscalls/constants.ts';
import { ipBytes } from '../../kernel/ip-bytes.ts';

export const familyOf = (address: string): number => (address.includes(':') ? AF.AF_INET6 : AF.AF_INET);

/**
 *     0        2      4             8                       24
 *     | family | port | address[4]  | zero[8]
 *     | family | port | flow label  | address[16]           | scope[4] |
 */
export function sockaddr(address: string, port: number): Buffer {
  const bytes = ipBytes(address);
  if (!bytes) throw new Error(`not an IP address: ${address}`);
  const head = Buffer.alloc(4);
  head.writeUInt16LE(familyOf(address), 0);
  head.writeUInt16BE(port, 2);
  return bytes.length === 4
    ? Buffer.concat([head, bytes, Buffer.alloc(8)])
    : Buffer.concat([head, Buffer.alloc(4), bytes, Buffer.alloc(4)]);
}
