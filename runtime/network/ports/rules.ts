/**
 * The nf_tables rules of one container's published ports, in two chains of the bridge's table:
 *
 *   chain ports-in-ID    what comes in by another link than the bridge, to an address of the host and the port
 *   chain ports-out-ID   what programs of the host send to an address of the host that is not 127.0.0.0/8
 *
 * Both rewrite the destination to the container's address and port. Each container has chains of its own, so the undo
 * needs only the id. Connections from 127.0.0.0/8 and from containers on the bridge go to the proxy: the first kind
 * cannot be routed to another link (ip-sysctl.rst, route_localnet), the second would be answered past the host. With
 * --userland-proxy=false the rules are for these, too: loopback.ts.
 */
import { tolerate } from '../../kernel/errors.ts';
import type { Kernel } from '../../kernel/kernel.ts';
import type { Fields } from '../../kernel/netlink/attribute.ts';
import { deleteChain, NF_INET, NF_IP_PRI } from '../../kernel/netlink/nftables/chain.ts';
import {
  counter,
  destinationIs,
  destinationIsLocal,
  destinationNotIn,
  destinationPort,
  linkIs,
  rewriteDestination,
} from '../../kernel/netlink/nftables/expressions.ts';
import { flushChain } from '../../kernel/netlink/nftables/rule.ts';
import type { Connection } from '../driver.ts';
import { isSix } from '../ipam/family.ts';
import type { PublishedPort } from '../port.ts';
import { chainRequests, changeRules, ruleFacts, type ChainRules } from '../rules.ts';
import { forgetFlows } from './flows.ts';
import { protocolNumbers } from './protocol-numbers.ts';

const LOOPBACK = ['127.0.0.0', '255.0.0.0'] as const;
const LOOPBACK6 = ['::1', 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff'] as const;
const isLoopback = (address: string) => address.startsWith('127.');

/**
 * Ports on 127.0.0.1 cannot be reached from outside, and the kernel never routes ::1. A container without an IPv6
 * address is served by the proxy alone on those of the host.
 */
const rewritten = ({ hostIp }: PublishedPort, proxy: boolean): boolean =>
  hostIp !== '::1' && !(proxy && isLoopback(hostIp));

export const chainNames = ({ container }: Pick<Connection, 'container'>) => {
  const id = container.id.slice(0, 12);
  return { inward: `ports-in-${id}`, outward: `ports-out-${id}` };
};

const where = ({ hostIp }: PublishedPort): readonly Fields[] =>
  hostIp === '0.0.0.0' || hostIp === '::' ? destinationIsLocal : destinationIs(hostIp);

const chains = (it: Connection): ChainRules[] => {
  const { address, address6 } = it.endpoint;
  return [address, address6].flatMap((one) => (one ? chainsTo(it, one) : []));
};

/** The chains of the family of `address`, the container's. */
function chainsTo(it: Connection, address: string): ChainRules[] {
  const { network, endpoint, container } = it;
  const proxy = container.settings.userlandProxy ?? true;
  const six = isSix(address);
  const ports = (endpoint.ports ?? []).filter((port) => isSix(port.hostIp) === six && rewritten(port, proxy));
  if (!ports.length) return [];
  const tail = (port: PublishedPort) => [
    ...where(port),
    ...destinationPort(protocolNumbers[port.protocol], port.hostPort),
    counter,
    ...rewriteDestination(address, port.port),
  ];
  const { inward, outward } = chainNames(it);
  const { NF_IP_PRI_NAT_DST: priority } = NF_IP_PRI;
  const chain = { ...(six && { family: 'ip6' as const }), table: network.bridge, type: 'nat' as const, priority };
  const loopback = six ? LOOPBACK6 : LOOPBACK;
  return [
    {
      chain: { ...chain, name: inward, hooknum: NF_INET.NF_INET_PRE_ROUTING },
      rules: ports.map((port) => [...(proxy ? linkIs('iifname', 'neq', network.bridge) : []), ...tail(port)]),
      comment: container.name,
    },
    {
      chain: { ...chain, name: outward, hooknum: NF_INET.NF_INET_LOCAL_OUT },
      rules: ports.map((port) => [...(proxy ? destinationNotIn(loopback[0], loopback[1]) : []), ...tail(port)]),
      comment: container.name,
    },
  ];
}

export async function publish(k: Kernel, it: Connection): Promise<void> {
  const all = chains(it);
  if (!all.length) return;
  await changeRules(k, all.flatMap(chainRequests));
  k.fact(...all.flatMap(ruleFacts));
  await forgetFlows(k, it.endpoint.ports ?? []);
}

/** Both chains of a family are made in one transaction, so either both are there or none. */
export async function unpublish(k: Kernel, it: Connection): Promise<void> {
  const { inward, outward } = chainNames(it);
  const table = it.network.bridge;
  for (const family of ['ip', ...(it.endpoint.address6 ? (['ip6'] as const) : [])] as const) {
    const names = [inward, outward];
    const gone = names.flatMap((name) => [flushChain(table, name, family), deleteChain(table, name, family)]);
    await tolerate(['ENOENT'], changeRules(k, gone));
  }
  await forgetFlows(k, it.endpoint.ports ?? []);
  k.fact(
    ...chains(it)
      .flatMap(ruleFacts)
      .map((fact) => ({ ...fact, value: null })),
  );
}
