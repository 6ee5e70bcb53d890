/**
 * Phase 4: a network namespace with nothing in it becomes a machine on a network. Which steps apply is up to
 * `--network`.
 */
import { closeInside, openInside } from '../../network/inside.ts';
import type { Container } from '../../container/container.ts';
import type { Network } from '../../container/network.ts';
import * as connect from '../../network/connect.ts';
import { forwardingEvidence, hostEvidence, insideEvidence, ruleEvidence } from '../../network/evidence.ts';
import { releaseLease, removePair } from '../../network/release.ts';
import { fileEvidence, removeFile, writeHostname, writeHosts, writeResolvConf } from '../../network/write-files.ts';
import type { Phase, Step } from '../../container/step.ts';

const only =
  (...modes: Network['mode'][]) =>
  (c: Container) =>
    modes.includes(c.network.mode);
const bridged = only('bridge');
const ownNamespace = only('bridge', 'none');

const ensureBridge: Step = {
  id: 'network.ensure-bridge',
  title: 'Make sure of the bridge',
  when: bridged,
  explain: `The bridge is a switch inside the kernel: what is plugged into it hears each other.

It is made once (\`RTM_NEWLINK\`, kind \`bridge\`), gets the first address of a private subnet that nothing else on the host uses, and is shared by all
containers, so it stays when this one ends. Its hardware address is fixed: left to itself a bridge borrows one from its ports, and containers would
lose their gateway whenever that port went away. Without the bridge each container would be a wire that ends nowhere. See rtnetlink(7), ip-link(8).`,
  do: connect.findSubnet,
  inspect: hostEvidence,
};

const leaseAddress: Step = {
  id: 'network.lease-address',
  title: 'Lease an address',
  when: bridged,
  explain: `The lowest free address of the subnet is written down as this container's.

A lease is a symbolic link in the data root, named after the address and pointing to the container's id. symlink(2) makes it or fails with \`EEXIST\`:
two containers that start at the same moment cannot get the same one, and a daemon that was killed finds the leases again. Two machines with one
address would take turns in getting each other's packets. See symlink(2).`,
  do: connect.takeAddress,
  undo: releaseLease,
};

const createVeth: Step = {
  id: 'network.create-veth',
  title: 'Create the veth pair',
  when: bridged,
  explain: `A veth pair is a cable: what goes in at one end comes out at the other, and the ends may be in different namespaces.

One \`RTM_NEWLINK\` makes both. \`IFLA_NET_NS_PID\` in the peer's half puts that end straight into the network namespace of the container's first
process; the other stays on the host. (One can also create both here and move one: it means the same, but the kernel then waits until no processor
still uses the link, some twenty milliseconds.) Without a link a namespace reaches nothing but itself. See veth(4), network_namespaces(7).`,
  do: connect.createPair,
  undo: removePair,
  inspect: hostEvidence,
};

const attachToBridge: Step = {
  id: 'network.attach-to-bridge',
  title: 'Plug the host end into the bridge',
  when: bridged,
  explain: `\`IFLA_MASTER\` makes the bridge the master of the host's end: from now on the bridge forwards frames to it.

The same message brings the end up. It needs no address, because it is a port of a switch and not a machine. Without this step the container's packets
would arrive on the host at a link that nobody listens to. See bridge(8), ip-link(8).`,
  do: connect.attach,
  inspect: hostEvidence,
};

const openNetlink: Step = {
  id: 'network.open-netlink',
  title: 'Reach into the network namespace',
  when: ownNamespace,
  explain: `The stage opens a netlink socket inside the container, and the daemon takes it over with pidfd_getfd(2).

A netlink socket belongs for good to the network namespace in which it was made. Through this one the daemon configures the container's network while it
stays on the host: nothing of ip(8) has to exist in the image. A daemon that entered the namespace itself would for that time be cut off from its own
network. See netlink(7), pidfd_getfd(2), network_namespaces(7).`,
  do: openInside,
  undo: closeInside,
  inspect: insideEvidence,
};

const loopbackUp: Step = {
  id: 'network.loopback-up',
  title: 'Bring the loopback up',
  when: ownNamespace,
  explain: `A new network namespace has one link, \`lo\`, and it is down.

Brought up it gets 127.0.0.1/8 and ::1 from the kernel. Without it programs that talk to themselves over localhost fail with \`ENETUNREACH\` or
\`EADDRNOTAVAIL\`. With \`--network none\` this is all the network there is. See netdevice(7), network_namespaces(7).`,
  do: connect.loopbackUp,
  inspect: insideEvidence,
};

const findPeer: Step = {
  id: 'network.find-peer',
  title: 'Find the peer inside',
  when: bridged,
  explain: `Asked from inside the namespace, the kernel shows the other end of the cable and its index.

\`RTM_GETLINK\` by name answers with the index by which the next messages name the link: names may change, and the next step changes this one. On the
host this link can no longer be seen. See rtnetlink(7).`,
  do: connect.findPeer,
  inspect: insideEvidence,
};

const nameEth0: Step = {
  id: 'network.name-eth0',
  title: 'Rename it to eth0',
  when: bridged,
  explain: `Inside, the link is called eth0, as the first network card of a machine was always called.

Names of links are per namespace: every container has an eth0, and the host may have one too. A link must be down to be renamed. Programs and
scripts that look for eth0 would find nothing otherwise. See rtnetlink(7), ip-link(8).`,
  do: connect.nameEth0,
  inspect: insideEvidence,
};

const setMac: Step = {
  id: 'network.set-mac',
  title: 'Set the hardware address',
  when: bridged,
  explain: `The hardware address is made from the internet address: 02:42 and its four bytes.

The kernel had given it a random one. Made from the address it is unique on this bridge, and when the address is given to another container the
neighbours' ARP caches stay right. The 2 in the first byte says that no manufacturer gave it. See arp(7), ip-link(8).`,
  do: connect.setMac,
  inspect: insideEvidence,
};

const addAddress: Step = {
  id: 'network.add-address',
  title: 'Add the address',
  when: bridged,
  explain: `\`RTM_NEWADDR\` gives eth0 the leased address with the subnet's prefix length.

From the prefix the kernel also learns which addresses are on the same wire, and adds the route to them when the link comes up. Without an address the
link carries frames, but nothing answers to a name or number. See rtnetlink(7), ip-address(8).`,
  do: connect.addAddress,
  inspect: insideEvidence,
};

const linkUp: Step = {
  id: 'network.link-up',
  title: 'Bring eth0 up',
  when: bridged,
  explain: `Setting \`IFF_UP\` switches the link on; both ends are up now, so the cable has a carrier.

The kernel adds the route to the subnet at this moment. A link that is down drops every packet with \`ENETDOWN\`. See netdevice(7), rtnetlink(7).`,
  do: connect.linkUp,
  inspect: insideEvidence,
};

const addRoutes: Step = {
  id: 'network.add-routes',
  title: 'Add the default route',
  when: bridged,
  explain: `Everything that is not on the subnet goes to the bridge's address, the gateway.

\`RTM_NEWROUTE\` with destination length 0 matches every address that no longer prefix matches. It is taken only when the gateway can be reached, so it
comes after address and up. Without it other containers answer, and everything else is \`ENETUNREACH\`. See ip-route(8), rtnetlink(7).`,
  do: connect.addRoutes,
  inspect: insideEvidence,
};

const closeNetlink: Step = {
  id: 'network.close-netlink',
  title: 'Let go of the namespace',
  when: ownNamespace,
  explain: `The daemon closes its netlink socket inside the container.

An open socket keeps its network namespace alive, even after the last process in it has ended: the veth pair would stay for as long as the daemon
runs. See network_namespaces(7).`,
  do: closeInside,
};

const masquerade: Step = {
  id: 'network.masquerade',
  title: 'Masquerade what leaves',
  when: bridged,
  explain: `Nobody outside knows the way to a private subnet, so packets that leave it get the host's own address.

An nf_tables rule at the postrouting hook says it: source in the subnet, leaving by another link than the bridge, then masquerade. Connection tracking turns
the answers back. Shared by all containers of the bridge, it is written once and checked at each start by the generation number of the rule set. Without it
requests go out and answers never come. See nft(8), "NAT STATEMENTS".`,
  do: connect.masquerade,
  inspect: ruleEvidence,
};

const forwarding: Step = {
  id: 'network.forwarding',
  title: 'Forward packets',
  when: bridged,
  explain: `The host becomes a router: net.ipv4.ip_forward is 1, and rules at the forward hook say for whom.

Containers may open connections; what comes back to them is let in when connection tracking knows it as an answer (established, related); anything else
from outside is dropped. Another firewall's chain on the same hook still has its say. Without forwarding the host throws away packets that are not for
itself. See nft(8), ip(7), Linux Documentation/networking/ip-sysctl.rst.`,
  do: connect.forward,
  inspect: forwardingEvidence,
};

const writeHostsFile: Step = {
  id: 'network.write-hosts',
  title: 'Write /etc/hosts',
  explain: `Names that are known without asking anybody: localhost, the container's own name, and those of \`--add-host\`.

It is written on the host and mounted over the image's file later, so that the image stays as it is. With \`--network host\` it begins with the host's
file, with \`container:ID\` it is the same file as the other container's. Many programs look up their own host name and fail without it. See hosts(5).`,
  do: writeHosts,
  undo: (k, c) => removeFile(k, c, 'hosts'),
  inspect: fileEvidence('hosts'),
};

const writeHostnameFile: Step = {
  id: 'network.write-hostname',
  title: 'Write /etc/hostname',
  explain: `The container's name for programs that read the file; the kernel gets it from sethostname(2) in the exec phase.

The two must agree, or programs see two names. Nothing else reads this file here, as there is no init that sets the name at boot. See hostname(5).`,
  do: writeHostname,
  undo: (k, c) => removeFile(k, c, 'hostname'),
  inspect: fileEvidence('hostname'),
};

const writeResolvConfFile: Step = {
  id: 'network.write-resolv-conf',
  title: 'Write /etc/resolv.conf',
  explain: `Where to ask for names: the servers of \`--dns\`, or those that the host uses.

Servers on the host's loopback (127.0.0.53 is systemd-resolved) are left out, because in the container's namespace that address is the container itself;
when none is left, public ones are named and a comment says so. Without the file every lookup is sent to 127.0.0.1 and fails. See resolv.conf(5).`,
  do: writeResolvConf,
  undo: (k, c) => removeFile(k, c, 'resolvConf'),
  inspect: fileEvidence('resolvConf'),
};

export const network: Phase = {
  id: 'network',
  title: 'Connect the network',
  steps: [
    ensureBridge,
    leaseAddress,
    createVeth,
    attachToBridge,
    openNetlink,
    loopbackUp,
    findPeer,
    nameEth0,
    setMac,
    addAddress,
    linkUp,
    addRoutes,
    closeNetlink,
    masquerade,
    forwarding,
    writeHostsFile,
    writeHostnameFile,
    writeResolvConfFile,
  ],
};
