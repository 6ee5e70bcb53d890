/** macvlan: a link with a hardware address of its own on a link of the host. */
import type { NetworkDriver } from '../driver.ts';
import type { Kind } from './modes.ts';
import { parentEvidence } from './parent.ts';
import { configureOf, create, detach, disconnect, make, plug, remove } from './steps.ts';

export const onParent = (kind: Kind): NetworkDriver => ({
  name: kind,
  namespace: () => 'new',
  create,
  make,
  plug: plug(kind),
  configure: configureOf(kind),
  admit: [],
  disconnect,
  detach,
  remove,
  inspect: [(k, { network }) => parentEvidence(k, network)],
});

export const macvlan = onParent('macvlan');
