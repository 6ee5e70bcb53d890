/** The steps that enter a container's own network namespace, and leave it again. */
import type { Step } from '../../operation/step.ts';
import type { Connected } from '../driver.ts';
import { hasOwnNamespace } from '../../drivers/network.ts';
import { insideEvidence } from '../sandbox/evidence.ts';
import { bringLoopbackUp, closeInside, openInside } from '../sandbox/inside.ts';

export const openNetlink: Step<Connected> = {
  id: 'network.open-netlink',
  title: 'Reach into the network namespace',
  when: hasOwnNamespace,
  explain: `The stage opens a netlink socket inside the container, and the daemon takes it over with pidfd_getfd(2).

A netlink socket belongs for good to the network namespace in which it was made. Through this one the daemon configures the container's network while it
stays on the host: nothing of ip(8) has to exist in the image. Once the container's program runs there is no stage any more, and the daemon makes the socket itself: setns(2)
with the pidfd of the process, socket(2), and setns(2) back, in one call. A daemon that entered the namespace itself would for that time be cut off from its own
network. See netlink(7), pidfd_getfd(2), network_namespaces(7).`,
  do: openInside,
  undo: closeInside,
  inspect: insideEvidence,
};

export const loopbackUp: Step<Connected> = {
  id: 'network.loopback-up',
  title: 'Bring the loopback up',
  when: hasOwnNamespace,
  explain: `A new network namespace has one link, \`lo\`, and it is down.

Brought up it gets 127.0.0.1/8 and ::1 from the kernel. Without it programs that talk to themselves over localhost fail with \`ENETUNREACH\` or
\`EADDRNOTAVAIL\`. With \`--network none\` this is all the network there is. See netdevice(7), network_namespaces(7).`,
  do: bringLoopbackUp,
  inspect: insideEvidence,
};

export const closeNetlink: Step<Connected> = {
  id: 'network.close-netlink',
  title: 'Let go of the namespace',
  when: hasOwnNamespace,
  explain: `The daemon closes its netlink socket inside the container.

An open socket keeps its network namespace alive, even after the last process in it has ended: the veth pair would stay for as long as the daemon
runs. See network_namespaces(7).`,
  do: closeInside,
};
