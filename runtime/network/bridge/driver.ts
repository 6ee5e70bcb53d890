/**
 * bridge: a veth pair between the container's own network namespace and a bridge of the host, and rules for its subnet.
 */
import type { NetworkDriver } from '../driver.ts';
import { hostEvidence, ruleEvidence } from './evidence.ts';
import { disconnect, remove } from './release.ts';
import { admit, configure, make, plug } from './steps.ts';

export const bridge: NetworkDriver = {
  name: 'bridge',
  namespace: () => 'new',
  make,
  plug,
  configure,
  admit,
  disconnect,
  remove,
  inspect: [hostEvidence, ruleEvidence],
};
