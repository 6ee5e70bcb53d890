/** The numbers of protocols(5). */
import { IPPROTO } from '../../syscalls/constants.ts';
import type { Protocol } from '../port.ts';

export const protocolNumbers: Record<Protocol, number> = {
  tcp: IPPROTO.IPPROTO_TCP,
  udp: IPPROTO.IPPROTO_UDP,
  sctp: IPPROTO.IPPROTO_SCTP,
};
