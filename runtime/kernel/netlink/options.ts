/** Options and addresses of netlink sockets: netlink(7), linux/netlink.h. */
import { AF } from '../../syscalls/constants.ts';

/**
 * struct sockaddr_nl for bind(2), with which a socket gets what the kernel sends to one of the first 32 multicast
 * groups. The kernel chooses the socket's own address: without one the socket would get nothing.
 *
 *   0        2     4     8        12
 *   | family | pad | pid | groups |
 */
export function groupAddress(group: number): Buffer {
  const address = Buffer.alloc(12);
  address.writeUInt16LE(AF.AF_NETLINK, 0);
  address.writeUInt32LE(2 ** (group - 1), 8);
  return address;
}

export const SOL_NETLINK = 270;
/** The kernel adds a text to the errno with which it rejects a message. */
export const NETLINK_EXT_ACK = 11;
/** The kernel obeys the filter in a dump's request. */
export const NETLINK_GET_STRICT_CHK = 12;
