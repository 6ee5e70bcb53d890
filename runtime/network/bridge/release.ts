/** What is removed when an endpoint on a bridge ends, and when the bridge's network ends. */
import type { EndpointStep, NetworkStep } from '../driver.ts';
import { forgetting } from '../firewall/steps.ts';
import { removeLink } from '../links.ts';
import { unpublishing } from '../ports/steps.ts';
import { forgetBridge } from './bridge.ts';
import { releaseLease, unplug } from './connect.ts';
import { restoreForwarding } from './forwarding.ts';
import { removeTable } from './rules.ts';

export const disconnect: readonly EndpointStep[] = [
  ...unpublishing,
  {
    id: 'disconnect.unplug',
    title: 'Take the host end off the bridge',
    explain: `The host's end of the cable is no longer a port of the bridge, and is down: nothing more passes.

The pair itself is left to the kernel, which deletes it with the container's network namespace. Deleting it here would wait until no processor still uses the link. See ip-link(8), veth(4).`,
    do: unplug,
  },
  {
    id: 'disconnect.release-address',
    title: 'Give the address back',
    explain: `The symbolic link that says who has the address is deleted, so that another container can have it.

A lease that is not given back is taken by the next daemon when its container does not run any more. See unlink(2).`,
    do: releaseLease,
  },
];

export const remove: readonly NetworkStep[] = [
  forgetting,
  {
    id: 'network-remove.forwarding',
    title: 'Forward as before',
    explain: `net.ipv4.ip_forward is 0 again if it was 0 before the bridge came; another bridge of ours takes that memory over.

A host that stays a router would pass on packets between its networks that its owner never meant to connect. See ip(7).`,
    do: (k, { bridge }) => restoreForwarding(k, bridge),
  },
  {
    id: 'network-remove.rules',
    title: 'Delete the rules',
    explain: `The nf_tables table of the bridge is deleted, and with it both chains and their rules, in one transaction.

Rules that name a link which is not there match nothing, but they stay visible and are asked for every packet. See nft(8).`,
    do: (k, { bridge }) => removeTable(k, bridge),
  },
  {
    id: 'network-remove.bridge',
    title: 'Delete the bridge',
    explain: `\`RTM_DELLINK\` deletes the bridge, its address and the route to its subnet.

The subnet is free again for whatever else the host wants to use it for. See rtnetlink(7), ip-link(8).`,
    async do(k, { bridge }) {
      await removeLink(k, bridge);
      forgetBridge(bridge);
    },
  },
];
