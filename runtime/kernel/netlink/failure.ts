/**
 * NLMSG_ERROR, the kernel's reply to a message with NLM_F_ACK: | -errno or 0 | the request's header, and on failure
 * the request | attributes with NLM_F_ACK_TLVS |. Linux Documentation/userspace-api/netlink/intro.rst, "Extended ACK".
 */
import { SyscallError } from '../errors.ts';
import { align, at, decodeAttributes, type Schema } from './attribute.ts';
import { text, u32 } from './codecs.ts';
import { MalformedMessage } from './malformed.ts';
import type { Message } from './message.ts';

const NLM_F_CAPPED = 0x100;
const NLM_F_ACK_TLVS = 0x200;
const NLMSGHDR = 16;
const extendedAck: Schema = { msg: at(1, text), offs: at(2, u32) };

/** The kernel rejected a netlink message. `extended` is the kernel's own text about the reason. */
export class NetlinkError extends SyscallError {
  constructor(
    readonly request: string,
    errno: number,
    readonly extended: string | undefined,
    hint?: string,
  ) {
    super(
      'sendto',
      errno,
      request,
      'daemon',
      [extended && `the kernel says: ${extended}`, hint].filter(Boolean).join('; ') || undefined,
    );
    this.name = 'NetlinkError';
  }
}

/** errno 0 is an acknowledgement. `extended` is there if the kernel sent a text. Throws MalformedMessage. */
export function decodeAck({ body, flags }: Message): { errno: number; extended?: string } {
  if (body.length < 4 + NLMSGHDR) throw new MalformedMessage(`an acknowledgement of ${body.length} bytes`);
  const errno = -body.readInt32LE(0);
  const echoed = flags & NLM_F_CAPPED || errno === 0 ? NLMSGHDR : body.readUInt32LE(4);
  if (!(flags & NLM_F_ACK_TLVS) || 4 + echoed > body.length) return { errno };
  const { msg } = decodeAttributes(extendedAck, body.subarray(4 + align(echoed)));
  return typeof msg === 'string' && msg ? { errno, extended: msg } : { errno };
}
