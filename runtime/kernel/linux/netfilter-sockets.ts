/**
 * The daemon's netfilter sockets. A step borrows one and returns it; none is closed while it may be used again.
 *
 * close(2) of a netfilter socket waits until the kernel has freed what earlier changes of the rules removed (nf_tables
 * does that on NETLINK_URELEASE). It is a grace period of RCU, 10 to 15 ms, on the daemon's thread, and a start with
 * changed rules had three of them. The sockets are no part of any container, so opening one is not in a journal: then
 * two runs that do the same have the same calls.
 */
import { AF, NETLINK_NETFILTER, SOCK } from '../../syscalls/constants.ts';
import { closeAsync } from '../close-async.ts';
import { call } from '../native-call.ts';
import { NETLINK_EXT_ACK, SOL_NETLINK } from '../netlink/options.ts';

/** More are in use only while as many containers start at once. */
const MAX_SPARE = 4;
const spare: number[] = [];

const release = (fd: number): void => void closeAsync(fd).catch(() => undefined);

function open(): number {
  const fd = call('socket', AF.AF_NETLINK, SOCK.SOCK_RAW | SOCK.SOCK_CLOEXEC, NETLINK_NETFILTER);
  try {
    call('setsockopt', fd, SOL_NETLINK, NETLINK_EXT_ACK, Buffer.from([1, 0, 0, 0]));
    return fd;
  } catch (error) {
    release(fd);
    throw error;
  }
}

/** A socket that no other caller has. Throws SyscallError. */
export const borrowNetfilter = (): number => spare.pop() ?? open();

/** `whole`: every reply was read. Otherwise the socket is closed, in another thread. */
export function returnNetfilter(fd: number, whole: boolean): void {
  if (whole && spare.length < MAX_SPARE) spare.push(fd);
  else release(fd);
}
