/** The sweep over bridge networks with addresses of both families: network-ways.ts. */
import { sweptNetworks } from './network-ways.ts';

const s = await sweptNetworks({
  title: 'the sweep: networks with IPv6',
  asked: () => ({ EnableIPv6: true }),
  leases: 2,
});
s.test.run();
