/** Tells the shim of a container with --log-driver syslog where to send its lines. */
import { lookup } from 'node:dns/promises';
// the name of the host is text of the messages, and no step changes it
import { hostname } from 'node:os';
import type { Container } from '../../../container/container.ts';
import { logSubject } from '../../../container/log-subject.ts';
import { tagOf } from '../../../container/logs/attributes.ts';
import { formats, type SyslogAddress, type SyslogTarget } from '../../../container/logs/syslog-target.ts';
import { ApiError } from '../../../errors/api-error.ts';
import { SyscallError } from '../../../kernel/errors.ts';
import type { Kernel } from '../../../kernel/kernel.ts';
import { sockaddr } from '../../../network/ports/sockaddr.ts';
import { errnoText } from '../../../syscalls/errno-text.ts';
import { SOCK } from '../../../syscalls/constants.ts';
import { unixAddress } from './unix-address.ts';

/** As the Go package srslog looks for them. */
const LOCAL = ['/dev/log', '/var/run/syslog', '/var/run/log'];
const [ADDRESS, HOSTNAME, TAG] = [112, 64, 256];

interface Candidate {
  address: Buffer;
  type: number;
  /** for the message of an error: 'unix /dev/log' */
  text: string;
}

async function candidates(to: SyslogAddress): Promise<Candidate[]> {
  if (to.network === 'local')
    return [SOCK.SOCK_DGRAM, SOCK.SOCK_STREAM].flatMap((type) =>
      LOCAL.map((path) => ({ address: unixAddress(path), type, text: `unix ${path}` })),
    );
  const type = to.network === 'unix' || to.network === 'tcp' ? SOCK.SOCK_STREAM : SOCK.SOCK_DGRAM;
  const text = `${to.network} ${'path' in to ? to.path : `${to.host}:${to.port}`}`;
  if ('path' in to) return [{ address: unixAddress(to.path), type, text }];
  const found = await lookup(to.host || 'localhost').catch(() => undefined);
  if (!found) throw failed(`dial ${to.network}: lookup ${to.host}: no such host`);
  return [{ address: sockaddr(found.address, to.port), type, text }];
}

const failed = (message: string, cause?: unknown) =>
  new ApiError(500, `failed to create task for container: failed to initialize logging driver: ${message}`, { cause });

/** A text with its final NUL. */
function padded(text: string, room: number): Buffer {
  const bytes = Buffer.alloc(room);
  bytes.write(text, 0, room - 1);
  return bytes;
}

/** struct syslog_target of native/shim-syslog.h. */
function message({ facility, format }: SyslogTarget, tag: string, { address, type }: Candidate): Buffer {
  const head = Buffer.alloc(8);
  head.writeUInt8(formats.indexOf(format), 0);
  head.writeUInt8(facility, 1);
  head.writeUInt8(type, 2);
  head.writeUInt8(address.length, 3);
  head.writeInt32LE(-new Date().getTimezoneOffset(), 4);
  const place = Buffer.alloc(ADDRESS);
  address.copy(place);
  return Buffer.concat([head, place, padded(hostname(), HOSTNAME), padded(tag, TAG)]);
}

/** Throws ApiError 500 in dockerd's words when no server can be reached. Datagrams to another host tell nothing. */
export async function sendToSyslog(k: Kernel, c: Container): Promise<void> {
  const { syslog } = c.log.target;
  if (!syslog) return;
  const tag = tagOf(syslog.tag, logSubject(c)).replace(/[\0\n]/g, '');
  const all = await candidates(syslog.address);
  for (const [j, one] of all.entries()) {
    try {
      await k.shim.log_syslog(message(syslog, tag, one));
      return;
    } catch (error) {
      if (!(error instanceof SyscallError)) throw error;
      if (j < all.length - 1) continue;
      throw failed(
        all.length > 1 ? 'Unix syslog delivery error' : `dial ${one.text}: connect: ${errnoText(error.code)}`,
        error,
      );
    }
  }
}
