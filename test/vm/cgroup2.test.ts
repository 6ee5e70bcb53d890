/** Debian's kernel 6.1 with only cgroup v2, which the test machine's own kernel may not have. */
import { machineSuite } from './machine.ts';

await machineSuite('virtual machine with cgroup v2', { cgroup: 2 });
