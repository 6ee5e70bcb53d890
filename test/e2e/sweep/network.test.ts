/** The sweep over bridge networks as they are without options: network-ways.ts. */
import { sweptNetworks } from './network-ways.ts';

const s = await sweptNetworks({ title: 'the sweep: networks' });
s.test.run();
