/** none: a network namespace with the loopback only. */
import type { NetworkDriver } from '../driver.ts';

export const none: NetworkDriver = {
  name: 'none',
  namespace: () => 'new',
  make: [],
  plug: [],
  configure: [],
  admit: [],
  disconnect: [],
  remove: [],
  inspect: [],
};
