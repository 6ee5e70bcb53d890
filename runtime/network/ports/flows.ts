/**
 * Makes the kernel forget flows of UDP to published ports. A client that goes on sending keeps its flow remembered, and
 * a remembered flow goes where it went before: to the container that had the port, even if that is gone.
 */
import { networkInterfaces } from 'node:os';
import { IPPROTO, NETLINK_NETFILTER } from '../../syscalls/constants.ts';
import { tolerate } from '../../kernel/errors.ts';
import type { Kernel } from '../../kernel/kernel.ts';
import { deleteFlow, dumpFlows, flowOf, type Flow } from '../../kernel/netlink/conntrack/flow.ts';
import { withNetlink } from '../../kernel/netlink/socket.ts';
import type { PublishedPort } from '../port.ts';

const isOwn = (address: string) =>
  address.startsWith('127.') ||
  Object.values(networkInterfaces()).some((all) => all?.some((one) => one.address === address));

function concerns({ protocol, destination, port }: Flow, { hostIp, hostPort }: PublishedPort): boolean {
  if (protocol !== IPPROTO.IPPROTO_UDP || port !== hostPort) return false;
  return hostIp === '0.0.0.0' ? isOwn(destination) : destination === hostIp;
}

/** A kernel without ctnetlink cannot be asked. */
const NO_CTNETLINK = ['EPROTONOSUPPORT', 'EOPNOTSUPP', 'EINVAL'];

export async function forgetFlows(k: Kernel, ports: readonly PublishedPort[]): Promise<void> {
  const mine = ports.filter(({ protocol, hostIp }) => protocol === 'udp' && !hostIp.includes(':'));
  if (!mine.length) return;
  await withNetlink(k, NETLINK_NETFILTER, async (socket) => {
    for (const port of mine) {
      const found = await tolerate(NO_CTNETLINK, socket.dump(...dumpFlows(IPPROTO.IPPROTO_UDP, port.hostPort)));
      for (const flow of (found ?? []).flatMap((one) => flowOf(one) ?? []))
        if (concerns(flow, port)) await tolerate(['ENOENT'], socket.request(deleteFlow(flow)));
    }
  });
}
