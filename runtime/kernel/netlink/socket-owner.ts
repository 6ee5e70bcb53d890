/**
 * The uid of the owner of a TCP connection from this machine, in one message: sock_diag(7), linux/inet_diag.h.
 *
 *   0        1          2     3     4        8      10     12       28       44   48
 *   | family | protocol | ext | pad | states | sport | dport | src[4] | dst[4] | if | cookie[2] |      request, 56
 * bytes
 *   | family | state | timer | retr | sport … cookie, 48 bytes | expires | rqueue | wqueue | uid | inode |      answer
 */
import { AF, SOCK } from '../../syscalls/constants.ts';
import { ipBytes } from '../ip-bytes.ts';
import { askCall, tryCall } from '../native-call.ts';

const NETLINK_SOCK_DIAG = 4;
const SOCK_DIAG_BY_FAMILY = 20;
const NLM_F_REQUEST = 1;
const [AF_INET, AF_INET6, IPPROTO_TCP] = [2, 10, 6];
const HEADER = 16;
const UID_AT = HEADER + 64;
const MSG_DONTWAIT = 0x40;

export interface End {
  address: string;
  port: number;
}

function question(client: End, server: End): Buffer | undefined {
  // a server that listens on :: sees IPv4 clients with IPv4-mapped addresses
  const [from, to] = [client, server].map(({ address }) => ipBytes(address.replace(/^::ffff:(?=\d+\.)/, '')));
  if (!from || !to || from.length !== to.length) return undefined;
  const bytes = Buffer.alloc(HEADER + 56);
  bytes.writeUInt32LE(bytes.length, 0);
  bytes.writeUInt16LE(SOCK_DIAG_BY_FAMILY, 4);
  bytes.writeUInt16LE(NLM_F_REQUEST, 6);
  const body = bytes.subarray(HEADER);
  body.writeUInt8(from.length === 4 ? AF_INET : AF_INET6, 0);
  body.writeUInt8(IPPROTO_TCP, 1);
  body.writeUInt32LE(0xffff_ffff, 4);
  body.writeUInt16BE(client.port, 8);
  body.writeUInt16BE(server.port, 10);
  from.copy(body, 12);
  to.copy(body, 28);
  // INET_DIAG_NOCOOKIE
  body.fill(0xff, 48);
  return bytes;
}

/** The uid of the process at the client's end. Undefined when its socket is not in this network namespace. */
export function ownerOf(client: End, server: End): number | undefined {
  const ask = question(client, server);
  if (!ask) return undefined;
  const fd = tryCall('socket', AF.AF_NETLINK, SOCK.SOCK_RAW | SOCK.SOCK_CLOEXEC, NETLINK_SOCK_DIAG);
  if (fd < 0) return undefined;
  try {
    if (tryCall('sendto', fd, ask, 0, null) < 0) return undefined;
    const { ret, bytes } = askCall('recvfrom', fd, 4096, MSG_DONTWAIT);
    // otherwise NLMSG_ERROR: the client has closed its socket, or the kernel was built without inet_diag
    return ret >= UID_AT + 4 && bytes.readUInt16LE(4) === SOCK_DIAG_BY_FAMILY ? bytes.readUInt32LE(UID_AT) : undefined;
  } finally {
    tryCall('close', fd);
  }
}
