/**
 * Takes lessons with only cgroup v2. `DRYDOCK_VM_LESSONS=memory,freezer` selects lessons, or `all` of them, which takes
 * longer than a machine may run (DRYDOCK_VM_MINUTES, and DRYDOCK_VM_PATIENCE on a busy machine); the default are the
 * lessons about cgroups.
 */
import { machineSuite } from './machine.ts';

await machineSuite('lessons in a virtual machine with cgroup v2', {
  cgroup: 2,
  lessons: process.env['DRYDOCK_VM_LESSONS']?.split(',') ?? ['small-namespaces', 'memory', 'freezer'],
});
