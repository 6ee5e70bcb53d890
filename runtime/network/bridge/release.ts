/** What is removed when an endpoint on a bridge ends, and when the bridge's network ends. */
import type { EndpointStep, NetworkStep } from '../driver.ts';
import { forgetting } from '../firewall/steps.ts';
import { unpublishing } from '../ports/steps.ts';
import { giveRouteBack, hasDefaultRoute, releaseLease, removePair, unplug } from './connect.ts';
import { removeOwnBridge } from './create.ts';
import { restoreForwarding } from './forwarding.ts';
import { removeTable } from './rules.ts';

const unplugHostEnd: EndpointStep = {
  id: 'disconnect.unplug',
  title: 'Take the host end off the bridge',
  explain: `The host's end of the cable is no longer a port of the bridge, and is down: nothing more passes.

At the end of a run the pair itself is left to the kernel, which deletes it with the container's network namespace. Deleting it here would wait until no processor still uses the link. See ip-link(8), veth(4).`,
  do: unplug,
};

const removeBothEnds: EndpointStep = {
  id: 'disconnect.remove-pair',
  title: 'Delete the veth pair',
  explain: `\`RTM_DELLINK\` for the host's end deletes the other end too, inside the running container, with its address and every route through it.

The container goes on, so its network namespace stays and would keep a link that leads nowhere. The kernel waits until no processor uses the link any more, some twenty milliseconds. See rtnetlink(7), veth(4).`,
  do: removePair,
};

export const passRoute: EndpointStep = {
  id: 'disconnect.route',
  title: 'Pass on the default route',
  when: hasDefaultRoute,
  explain: `The default route went with the link. Another network of the container, the one with the highest gateway priority that is not internal, gets it.

The daemon opens a netlink socket in the namespace of the running container for this. Without the step the container would lose its way to everything outside its subnets although it has another. See rtnetlink(7), ip-route(8).`,
  do: giveRouteBack,
};

export const giveAddressBack: EndpointStep = {
  id: 'disconnect.release-address',
  title: 'Give the address back',
  explain: `The symbolic link that says who has the address is deleted, so that another container can have it.

A lease that is not given back is taken by the next daemon when its container does not run any more. See unlink(2).`,
  do: releaseLease,
};

export const disconnect: readonly EndpointStep[] = [...unpublishing, unplugHostEnd, giveAddressBack];
/** The address is released last, because the steps in between still need it. */
export const detach: readonly EndpointStep[] = [
  ...unpublishing,
  unplugHostEnd,
  removeBothEnds,
  passRoute,
  giveAddressBack,
];

export const remove: readonly NetworkStep[] = [
  forgetting,
  {
    id: 'network-remove.forwarding',
    title: 'Forward as before',
    explain: `net.ipv4.ip_forward and net.ipv6.conf.all.forwarding are 0 again if they were 0 before the bridge came; another bridge of ours takes that memory over.

A host that stays a router would pass on packets between its networks that its owner never meant to connect. See ip(7).`,
    do: (k, { bridge }) => restoreForwarding(k, bridge),
  },
  {
    id: 'network-remove.rules',
    title: 'Delete the rules',
    explain: `The nf_tables tables of the bridge, one for each address family, are deleted, and with them all chains and their rules.

Rules that name a link which is not there match nothing, but they stay visible and are asked for every packet. See nft(8).`,
    do: (k, { bridge }) => removeTable(k, bridge),
  },
  {
    id: 'network-remove.bridge',
    title: 'Delete the bridge',
    explain: `\`RTM_DELLINK\` deletes the bridge, its address and the route to its subnet.

The subnet is free again for whatever else the host wants to use it for. See rtnetlink(7), ip-link(8).`,
    do: removeOwnBridge,
  },
];
