/** The steps that make a bridge and connect an endpoint to it; connect.ts has their work. */
import { insideEvidence } from '../sandbox/evidence.ts';
import type { EndpointStep } from '../driver.ts';
import { passing } from '../firewall/steps.ts';
import { publishing } from '../ports/steps.ts';
import { hasSysctls, sysctlEvidence, writeSysctls } from '../sandbox/link-sysctls.ts';
import * as connect from './connect.ts';
import { forwardingEvidence, hostEvidence, ruleEvidence } from './evidence.ts';

const lookInside: EndpointStep['inspect'] = (k, { container }) => insideEvidence(k, container);

const ensureBridge: EndpointStep = {
  id: 'network.ensure-bridge',
  title: 'Make sure of the bridge',
  explain: `The bridge is a switch inside the kernel: it passes frames between all that is plugged into it.

It is made once (\`RTM_NEWLINK\`, kind \`bridge\`), gets the first address of a private subnet that nothing else on the host uses, and is shared by all
containers, so it stays when this one ends. Its hardware address is fixed: left to itself a bridge borrows one from its ports, and containers would
lose their gateway whenever that port went away. Without the bridge each container would have a cable that leads nowhere. See rtnetlink(7), ip-link(8).`,
  do: connect.findSubnet,
  inspect: hostEvidence,
};

const leaseAddress: EndpointStep = {
  id: 'network.lease-address',
  title: 'Lease an address',
  explain: `The lowest free address of the subnet is written down as this container's.

A lease is a symbolic link in the data root, named after the address and pointing to the container's id. symlink(2) makes it or fails with \`EEXIST\`:
two containers that start at the same moment cannot get the same one, and a daemon that was killed finds the leases again. A network with IPv6 leases one
address of each family. Two machines with one
address would take turns in getting each other's packets. See symlink(2).`,
  do: connect.takeAddress,
  undo: connect.releaseLease,
};

const createVeth: EndpointStep = {
  id: 'network.create-veth',
  title: 'Create the veth pair',
  explain: `A veth pair is a cable: what goes in at one end comes out at the other, and the ends may be in different namespaces.

One \`RTM_NEWLINK\` makes both. \`IFLA_NET_NS_PID\` in the peer's half puts that end straight into the network namespace of the container's first
process; the other stays on the host. (One can also create both here and move one: it means the same, but the kernel then waits until no processor
still uses the link, some twenty milliseconds.) Without a link a namespace reaches nothing but itself. See veth(4), network_namespaces(7).`,
  do: connect.createPair,
  undo: connect.removePair,
  inspect: hostEvidence,
};

const attachToBridge: EndpointStep = {
  id: 'network.attach-to-bridge',
  title: 'Plug the host end into the bridge',
  explain: `\`IFLA_MASTER\` makes the bridge the master of the host's end: from now on the bridge forwards frames to it.

The same message brings the end up. With \`enable_icc=false\` the port is isolated: the bridge hands its frames to no other isolated port, only to the host. It needs no address, because it is a port of a switch and not a machine. Without this step the container's packets
would arrive on the host at a link whose packets no program takes. See bridge(8), ip-link(8).`,
  do: connect.attach,
  inspect: hostEvidence,
};

const findPeer: EndpointStep = {
  id: 'network.find-peer',
  title: 'Find the peer inside',
  explain: `Asked from inside the namespace, the kernel shows the other end of the cable and its index.

\`RTM_GETLINK\` by name answers with the index by which the next messages name the link: names may change, and the next step changes this one. On the
host this link can no longer be seen. See rtnetlink(7).`,
  do: connect.findPeer,
  inspect: lookInside,
};

const nameEth0: EndpointStep = {
  id: 'network.name-eth0',
  title: 'Rename it to eth0',
  explain: `Inside, the link is called eth0, as the first network card of a machine was always called.

Names of links are per namespace: every container has an eth0, and the host may have one too. A link must be down to be renamed. Programs and
scripts that look for eth0 would find nothing otherwise. See rtnetlink(7), ip-link(8).`,
  do: connect.nameLink,
  inspect: lookInside,
};

const setMac: EndpointStep = {
  id: 'network.set-mac',
  title: 'Set the hardware address',
  explain: `The hardware address is made from the internet address: 02:42 and its four bytes.

The kernel had given it a random one. Made from the address it is unique on this bridge, and when the address is given to another container the
neighbours' ARP caches stay right. The 2 in the first byte says that no manufacturer gave it. See arp(7), ip-link(8).`,
  do: connect.setMac,
  inspect: lookInside,
};

const addAddress: EndpointStep = {
  id: 'network.add-address',
  title: 'Add the address',
  explain: `\`RTM_NEWADDR\` gives eth0 the leased address with the subnet's prefix length.

From the prefix the kernel also learns which addresses are on the same wire, and adds the route to them when the link comes up. Without an address the
link carries frames, but nothing answers to a name or number. An IPv6 address gets \`IFA_F_NODAD\`: the kernel would otherwise ask for a second whether another
machine has it, and refuse it until then. See rtnetlink(7), ip-address(8).`,
  do: connect.addAddress,
  inspect: lookInside,
};

const setSysctls: EndpointStep = {
  id: 'network.set-sysctls',
  title: "Write the link's sysctls",
  when: hasSysctls,
  explain: `Settings of one link are files below /proc/sys/net, in a directory with the link's name, and each network namespace has its own.

They were asked for with the endpoint's option \`com.docker.network.endpoint.sysctls\`, where IFNAME stands for eth0. The daemon enters the network namespace with setns(2) for the moment in which it opens each file, because the kernel shows the files of the namespace of the thread that opens them. They are written before the link comes up, so that no packet meets the old values. See setns(2), proc_sys(5), Linux Documentation/networking/ip-sysctl.rst.`,
  do: writeSysctls,
  inspect: sysctlEvidence,
};

const linkUp: EndpointStep = {
  id: 'network.link-up',
  title: 'Bring eth0 up',
  explain: `Setting \`IFF_UP\` switches the link on; both ends are up now, so the cable has a carrier.

The kernel adds the route to the subnet at this moment. A link that is down drops every packet with \`ENETDOWN\`. See netdevice(7), rtnetlink(7).`,
  do: connect.linkUp,
  inspect: lookInside,
};

const addRoutes: EndpointStep = {
  id: 'network.add-routes',
  title: 'Add the default route',
  when: connect.hasDefaultRoute,
  explain: `Everything that is not on the subnet goes to the bridge's address, the gateway.

\`RTM_NEWROUTE\` with destination length 0 matches every address that no longer prefix matches. It is taken only when the gateway can be reached, so it
comes after address and up. Each address family has a default route of its own. A container on several networks has one default route, through the endpoint with the highest gateway priority; an
internal network has none. Without it other containers answer, and everything else is \`ENETUNREACH\`. See ip-route(8), rtnetlink(7).`,
  do: connect.addRoutes,
  undo: connect.giveRouteBack,
  inspect: lookInside,
};

const masquerade: EndpointStep = {
  id: 'network.masquerade',
  title: 'Masquerade what leaves',
  explain: `No machine outside has a route to a private subnet, so packets that leave it get the host's own address.

An nf_tables rule at the postrouting hook says it: source in the subnet, leaving by another link than the bridge, then masquerade. Connection tracking turns
the answers back. Shared by all containers of the bridge, it is written once and checked at each start by the generation number of the rule set. Without it
requests go out and answers never come. See nft(8), "NAT STATEMENTS".`,
  do: connect.masquerade,
  inspect: ruleEvidence,
};

const forwarding: EndpointStep = {
  id: 'network.forwarding',
  title: 'Forward packets',
  explain: `The host becomes a router: net.ipv4.ip_forward is 1 (for networks with IPv6 also net.ipv6.conf.all.forwarding), and rules at the forward hook say for whom.

Containers may open connections; what comes back to them is let in when connection tracking knows it as an answer (established, related); anything else
from outside is dropped. Another firewall's chain on the same hook can still drop the packet. Without forwarding the host drops packets that are not for
itself. See nft(8), ip(7), Linux Documentation/networking/ip-sysctl.rst.`,
  do: connect.forward,
  inspect: forwardingEvidence,
};

export const make: readonly EndpointStep[] = [ensureBridge];
export const plug: readonly EndpointStep[] = [leaseAddress, createVeth, attachToBridge];
export const configure: readonly EndpointStep[] = [
  findPeer,
  nameEth0,
  setMac,
  addAddress,
  setSysctls,
  linkUp,
  addRoutes,
];
export const admit: readonly EndpointStep[] = [masquerade, forwarding, passing, ...publishing];
