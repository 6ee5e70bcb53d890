/** host: no new network namespace. The container uses the host's links, addresses and ports. */
import type { NetworkDriver } from '../driver.ts';

export const host: NetworkDriver = {
  name: 'host',
  namespace: () => 'host',
  make: [],
  plug: [],
  configure: [],
  admit: [],
  disconnect: [],
  remove: [],
  inspect: [],
};
