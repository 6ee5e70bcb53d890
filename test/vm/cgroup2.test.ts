/** Debian's kernel 6.1 with nothing but cgroup v2: what this machine's own kernel cannot show. */
import { machineSuite } from './machine.ts';

await machineSuite('virtual machine with cgroup v2', { cgroup: 2 });
