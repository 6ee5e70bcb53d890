/** container:ID: uses the network namespace of another container, and its files. */
import type { NetworkDriver } from '../driver.ts';

export const container: NetworkDriver = {
  name: 'container',
  namespace: (endpoint) => `container:${endpoint.container ?? ''}`,
  make: [],
  plug: [],
  configure: [],
  admit: [],
  disconnect: [],
  remove: [],
  inspect: [],
};
