/** The same kernel with the hybrid layout: every controller on v1, and an empty cgroup2 beside them. */
import { machineSuite } from './machine.ts';

await machineSuite('virtual machine with cgroup v1', { cgroup: 1 });
