/** The same kernel in the hybrid layout: every controller on v1, an empty cgroup2 beside them. */
import { machineSuite } from './machine.ts';

await machineSuite('virtual machine with cgroup v1', { cgroup: 1 });
