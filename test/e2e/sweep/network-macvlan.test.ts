/** The sweep over macvlan networks, each on a link of its own: network-ways.ts. */
import { sh } from '../../harness.ts';
import { NAMES, sweptNetworks } from './network-ways.ts';

/** 'swept' → 'up-swept', whose other end leads nowhere */
const parent = (name: string) => `up-${name}`;

const s = await sweptNetworks({
  title: 'the sweep: macvlan networks',
  asked: (name) => ({ Driver: 'macvlan', Options: { parent: parent(name) } }),
  fewest: 2,
});
s.test.before(() => {
  for (const name of NAMES) {
    sh('ip', 'link', 'add', parent(name), 'type', 'veth', 'peer', 'name', `far-${name}`);
    // the first network would bring it up, and the next one would have fewer calls to do
    sh('ip', 'link', 'set', parent(name), 'up');
  }
});
s.test.after(() => {
  for (const name of NAMES) sh('ip', 'link', 'del', parent(name));
});
s.test.run();
