/**
 * bridge: a veth pair between the container's own network namespace and a bridge of the host, and rules for its subnet.
 */
import type { NetworkDriver } from '../driver.ts';
import { create } from './create.ts';
import { hostEvidence, ruleEvidence } from './evidence.ts';
import { detach, disconnect, remove } from './release.ts';
import { admit, configure, make, plug } from './steps.ts';

export const bridge: NetworkDriver = {
  name: 'bridge',
  namespace: () => 'new',
  create,
  make,
  plug,
  configure,
  admit,
  disconnect,
  detach,
  remove,
  inspect: [hostEvidence, ruleEvidence],
};
