/** The steps of macvlan and ipvlan networks and their endpoints. */
import { configure } from '../bridge/steps.ts';
import { giveAddressBack, passRoute } from '../bridge/release.ts';
import { releaseLease } from '../bridge/connect.ts';
import type { EndpointStep, NetworkStep } from '../driver.ts';
import { insideEvidence } from '../sandbox/evidence.ts';
import { createLink, findParent, removeLinkInside, takeAddress } from './connect.ts';
import type { Kind } from './modes.ts';
import { ensureParent, parentEvidence, removeParent } from './parent.ts';

export const create: readonly NetworkStep[] = [
  {
    id: 'network-create.parent',
    title: 'Make sure of the parent link',
    explain: `A macvlan or ipvlan network has no bridge: the containers' links are added to a link of the host, the parent.

With \`-o parent=eth0\` it is a link that exists. A name such as eth0.10 that does not exist is made as a sub-interface that sends and receives frames with VLAN tag 10. Without a parent a dummy link is made, which leads nowhere, so that containers reach only each other. Without a parent the kernel makes no such link. See ip-link(8), rtnetlink(7).`,
    async do(k, network) {
      await ensureParent(k, network);
    },
    undo: removeParent,
    inspect: parentEvidence,
  },
];

export const remove: readonly NetworkStep[] = [
  {
    id: 'network-remove.parent',
    title: 'Delete the parent link',
    explain: `A VLAN sub-interface or a dummy link that Drydock made is deleted. A link that was there before stays as it is.

Drydock's links are recognised by their alias. A sub-interface that is left would go on receiving the frames of its VLAN. See rtnetlink(7), ip-link(8).`,
    do: removeParent,
  },
];

export const make: readonly EndpointStep[] = [
  {
    id: 'network.ensure-parent',
    title: 'Make sure of the parent link',
    explain: `The parent is the link of the host to which the container's link is added; it is made again if it was a link of Drydock's, and brought up.

A VLAN sub-interface or a dummy link does not outlive a reboot of the host. Through a parent that is down nothing passes. See ip-link(8).`,
    do: findParent,
    inspect: (k, { network }) => parentEvidence(k, network),
  },
];

const leaseAddress: EndpointStep = {
  id: 'network.lease-address',
  title: 'Lease an address',
  explain: `The lowest free address of the subnet is written down as this container's.

The subnet is one of the network outside, where other machines have addresses, too: --ip-range keeps the leases in a part of it that is free. See symlink(2).`,
  do: takeAddress,
  undo: releaseLease,
};

const links: Record<Kind, EndpointStep> = {
  macvlan: {
    id: 'network.create-macvlan',
    title: 'Create the macvlan link',
    explain: `A macvlan link is a second network card behind the same cable: it has a hardware address of its own, and the parent hands it the frames for that address.

One \`RTM_NEWLINK\` with \`IFLA_LINK\` (the parent's index) and \`IFLA_NET_NS_PID\` makes it inside the container. The mode decides about frames between such links of one parent: bridge delivers them, private drops them, vepa sends them to the switch outside, passthru gives the parent to one link alone. Frames to the host itself are never delivered: host and container do not reach each other. There is no bridge, no masquerading and no published port: the container is a machine of the network outside. See ip-link(8).`,
    do: createLink('macvlan'),
    undo: removeLinkInside,
    inspect: (k, { container }) => insideEvidence(k, container),
  },
  ipvlan: {
    id: 'network.create-ipvlan',
    title: 'Create the ipvlan link',
    explain: `An ipvlan link shares the hardware address of its parent; the kernel tells the links of one parent apart by their internet addresses.

One \`RTM_NEWLINK\` with \`IFLA_LINK\` (the parent's index) and \`IFLA_NET_NS_PID\` makes it inside the container. In mode l2 it answers to ARP itself, in l3 and l3s the parent routes for it, and other machines need a route to the subnet. It works where a switch or an access point accepts only one hardware address on a port. See ip-link(8), Linux Documentation/networking/ipvlan.rst.`,
    do: createLink('ipvlan'),
    undo: removeLinkInside,
    inspect: (k, { container }) => insideEvidence(k, container),
  },
};
export const plug = (kind: Kind): readonly EndpointStep[] => [leaseAddress, links[kind]];

/** An ipvlan link has the hardware address of its parent. */
export const configureOf = (kind: Kind): readonly EndpointStep[] =>
  kind === 'macvlan' ? configure : configure.filter(({ id }) => id !== 'network.set-mac');

const deleteLink: EndpointStep = {
  id: 'disconnect.remove-link',
  title: 'Delete the link inside',
  explain: `\`RTM_DELLINK\` deletes the macvlan or ipvlan link inside the running container, with its address and every route through it.

The container goes on, so its network namespace stays, and the link would go on receiving. See rtnetlink(7), ip-link(8).`,
  do: removeLinkInside,
};

export const disconnect: readonly EndpointStep[] = [giveAddressBack];
export const detach: readonly EndpointStep[] = [deleteLink, passRoute, giveAddressBack];
