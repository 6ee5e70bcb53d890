/**
 * Lessons taken with nothing but cgroup v2: what was asked for (`DRYDOCK_VM_LESSONS=memory,freezer`, or `all`, which
 * takes longer than the nine minutes of a test: DRYDOCK_VM_MINUTES, and DRYDOCK_VM_PATIENCE where the machine is busy),
 * otherwise those that are about control groups.
 */
import { machineSuite } from './machine.ts';

await machineSuite('lessons in a virtual machine with cgroup v2', {
  cgroup: 2,
  lessons: process.env['DRYDOCK_VM_LESSONS']?.split(',') ?? ['small-namespaces', 'memory', 'freezer'],
});
