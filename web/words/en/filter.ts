/**
 * Texts of the seccomp filter, group by group: what refused calls would do and why they are refused; what allowed calls
 * are for.
 */
import type { RefusedGroupId } from '../../../runtime/oci/seccomp/groups.ts';
import type { Subject } from '../../../runtime/oci/seccomp/default-profile.ts';

export interface GroupWords {
  title: string;
  why: string;
}
const groups: Record<RefusedGroupId | 'others', GroupWords> = {
  modules: {
    title: 'code for the kernel',
    why: 'A module or another kernel runs with all rights there are: no namespace holds it.',
  },
  mounts: {
    title: 'mounts',
    why: 'Who mounts can look past what is covered, and open files by their handles past every directory.',
  },
  namespaces: {
    title: 'other namespaces',
    why: 'A new user namespace brings all capabilities in it, and with them much of the kernel that was out of reach; clone3 hides its flags from the filter, and answers ENOSYS so that libc takes clone.',
  },
  clocks: {
    title: 'the clock',
    why: 'There is one real-time clock: set here, it is set for the host and every process on it.',
  },
  machine: {
    title: 'the whole machine',
    why: "Reboot, swap, accounting, quotas and the kernel's log are the host's, not a container's.",
  },
  ports: { title: 'ports of devices', why: 'With them a process talks to the hardware itself, past every driver.' },
  tracing: {
    title: 'other processes',
    why: "They read and change the memory and the files of another process, or compare the kernel's own addresses.",
  },
  bpf: {
    title: 'programs in the kernel, and its counters',
    why: 'bpf and perf see what every process does, and many attacks began with them; fanotify hears a whole file system.',
  },
  doors: {
    title: 'doors with a history',
    why: 'userfaultfd stops the kernel in the middle of a copy, io_uring makes calls that no filter sees: both were used in many attacks.',
  },
  keyrings: {
    title: 'keys in the kernel',
    why: "Keyrings are in no namespace but the user's: keys of the host could be seen.",
  },
  numa: {
    title: 'where memory lies',
    why: 'Which node of the machine memory is on concerns all who share it; with CAP_SYS_NICE they are let through.',
  },
  modulesOfSecurity: {
    title: 'security modules',
    why: 'They tell and change what AppArmor, SELinux and others hold of a process.',
  },
  unlisted: {
    title: 'newer than the list',
    why: 'What the profile does not name is refused: a call that is new in the kernel has to be put in first.',
  },
  obsolete: {
    title: 'calls that are no more',
    why: 'The kernel answers ENOSYS to most of them; programs should not need what is left of them.',
  },
  others: { title: 'others', why: "They are in none of the groups: a profile of one's own refuses them." },
};
const subjects: Record<Subject | 'others', string> = {
  files: 'files',
  attributes: 'attributes of files',
  watching: 'waiting and watching',
  asynchronous: 'asynchronous input and output',
  memory: 'memory',
  processes: 'processes',
  signals: 'signals',
  threads: 'threads and scheduling',
  rights: 'users and rights',
  sockets: 'sockets and pipes',
  ipc: 'messages and semaphores',
  time: 'time',
  machine: 'about the machine',
  others: 'by capability or architecture',
};
export const filter = {
  title: 'The filter, call by call',
  refused: (n: number, groups: number) => `${n} calls are refused, for ${groups} reasons`,
  byArguments: (n: number) => `${n} are let through by their arguments`,
  through: (n: number) => `${n} are let through`,
  groups,
  subjects,
  conditions: {
    clone: 'with none of the flags CLONE_NEW…: new namespaces are refused, new processes are not',
    socket:
      'the families that the kernel has, but for AF_ALG (38), its own cryptography, which has been a way in, and AF_VSOCK (40), which talks to the hypervisor past every network namespace',
    personality: 'Linux, 16-bit ids, no randomized addresses, both, and the question which it is',
  } as Readonly<Record<string, string | undefined>>,
};
