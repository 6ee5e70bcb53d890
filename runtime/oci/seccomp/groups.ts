/**
 * Calls that the default filter denies, grouped by what they do. The page's texts say why a group is denied
 * (web/words). `man` is the manual page that describes the calls. A denied call that is in no group was denied by a
 * user's own profile, or is newer than this list.
 */
export interface RefusedGroup {
  id: string;
  man: string;
  names: readonly string[];
}

const group = <T extends string>(id: T, man: string, names: string) => ({ id, man, names: names.trim().split(/\s+/) });

export const refusedGroups = [
  group(
    'modules',
    'init_module(2)',
    'create_module delete_module finit_module get_kernel_syms init_module query_module kexec_load kexec_file_load',
  ),
  group(
    'mounts',
    'mount(2)',
    'mount umount umount2 pivot_root fsopen fsconfig fsmount fspick move_mount mount_setattr open_tree open_tree_attr open_by_handle_at',
  ),
  group('namespaces', 'namespaces(7)', 'unshare setns clone3 sethostname setdomainname'),
  group('clocks', 'clock_settime(2)', 'clock_settime clock_settime64 settimeofday stime'),
  group('machine', 'reboot(2)', 'reboot swapon swapoff acct quotactl quotactl_fd vhangup syslog'),
  group('ports', 'ioperm(2)', 'ioperm iopl'),
  group(
    'tracing',
    'ptrace(2)',
    'ptrace process_vm_readv process_vm_writev process_madvise pidfd_getfd kcmp lookup_dcookie',
  ),
  group('bpf', 'bpf(2)', 'bpf perf_event_open fanotify_init'),
  group('doors', 'userfaultfd(2)', 'userfaultfd io_uring_setup io_uring_enter io_uring_register'),
  group('keyrings', 'keyrings(7)', 'add_key keyctl request_key'),
  group('numa', 'numa(7)', 'get_mempolicy set_mempolicy set_mempolicy_home_node mbind migrate_pages move_pages'),
  group('modulesOfSecurity', 'lsm_get_self_attr(2)', 'lsm_get_self_attr lsm_set_self_attr lsm_list_modules'),
  group('unlisted', 'syscalls(2)', 'file_getattr file_setattr'),
  group(
    'obsolete',
    'unimplemented(2)',
    '_sysctl afs_syscall getpmsg nfsservctl putpmsg security sysfs tuxcall uselib ustat vserver',
  ),
] as const satisfies readonly RefusedGroup[];
export type RefusedGroupId = (typeof refusedGroups)[number]['id'];

const groupOf = new Map<string, RefusedGroupId>(
  refusedGroups.flatMap(({ id, names }) => names.map((name): [string, RefusedGroupId] => [name, id])),
);

export interface Grouped {
  id: RefusedGroupId | 'others';
  man: string;
  names: string[];
}
/** The denied calls in their groups, in the order of the list. Calls that are in no group come last. */
export function groupedRefusals(refused: readonly string[]): Grouped[] {
  const inGroups = refusedGroups.map(({ id, man }): Grouped => ({
    id,
    man,
    names: refused.filter((name) => groupOf.get(name) === id),
  }));
  return [
    ...inGroups,
    { id: 'others' as const, man: 'syscalls(2)', names: refused.filter((name) => !groupOf.has(name)) },
  ].filter(({ names }) => names.length);
}
