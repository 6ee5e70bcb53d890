/**
 * The system calls that a container may make by default: those of Docker's default profile, as
 * github.com/moby/profiles had it in 2026, except socketcall (below).
 *
 * All calls that are not listed return EPERM. The lists are by subject, so that a reader sees what is allowed and what
 * is not. Not allowed are calls that make or change mounts and namespaces, load code into the kernel, set its clock,
 * or belong to interfaces that had many vulnerabilities (io_uring, keyrings, bpf, userfaultfd, perf).
 */
import type { Profile, ProfileRule } from './profile-format.ts';

const words = (text: string) => text.trim().split(/\s+/);

/** Allowed with any capabilities, because the kernel itself checks capabilities where it matters. */
const always = {
  files: `access cachestat chdir chmod chown chown32 close close_range copy_file_range creat dup dup2 dup3 faccessat faccessat2 fadvise64 fadvise64_64
    fallocate fchdir fchmod fchmodat fchmodat2 fchown fchown32 fchownat fcntl fcntl64 fdatasync flock fstat fstat64 fstatat64 fstatfs fstatfs64 fsync
    ftruncate ftruncate64 futimesat getcwd getdents getdents64 ioctl lchown lchown32 link linkat _llseek lseek lstat lstat64 mkdir mkdirat mknod mknodat
    name_to_handle_at newfstatat open openat openat2 pread64 preadv preadv2 pwrite64 pwritev pwritev2 read readahead readlink readlinkat readv rename
    renameat renameat2 rmdir sendfile sendfile64 splice stat stat64 statfs statfs64 statx symlink symlinkat sync sync_file_range syncfs tee truncate
    truncate64 umask unlink unlinkat utime utimensat utimensat_time64 utimes vmsplice write writev listmount statmount`,
  attributes: `fgetxattr flistxattr fremovexattr fsetxattr getxattr getxattrat lgetxattr listxattr listxattrat llistxattr lremovexattr lsetxattr removexattr
    removexattrat setxattr setxattrat`,
  watching: `epoll_create epoll_create1 epoll_ctl epoll_ctl_old epoll_pwait epoll_pwait2 epoll_wait epoll_wait_old eventfd eventfd2 fanotify_mark
    inotify_add_watch inotify_init inotify_init1 inotify_rm_watch _newselect poll ppoll ppoll_time64 pselect6 pselect6_time64 select signalfd signalfd4`,
  asynchronous:
    'io_cancel io_destroy io_getevents io_pgetevents io_pgetevents_time64 io_setup io_submit ioprio_get ioprio_set',
  memory: `brk madvise map_shadow_stack membarrier memfd_create memfd_secret mincore mlock mlock2 mlockall mmap mmap2 mprotect mremap mseal msync munlock
    munlockall munmap pkey_alloc pkey_free pkey_mprotect remap_file_pages`,
  processes: `execve execveat exit exit_group fork getpgid getpgrp getpid getppid getsid gettid kill pidfd_open pidfd_send_signal prctl
    prlimit64 process_mrelease setpgid setsid tgkill tkill vfork wait4 waitid waitpid getpriority setpriority getrlimit setrlimit ugetrlimit getrusage times`,
  signals: `alarm getitimer pause restart_syscall rt_sigaction rt_sigpending rt_sigprocmask rt_sigqueueinfo rt_sigreturn rt_sigsuspend rt_sigtimedwait
    rt_sigtimedwait_time64 rt_tgsigqueueinfo setitimer sigaltstack sigprocmask sigreturn uretprobe`,
  threads: `futex futex_requeue futex_time64 futex_wait futex_waitv futex_wake get_robust_list get_thread_area rseq set_robust_list set_thread_area
    set_tid_address getcpu sched_get_priority_max sched_get_priority_min sched_getaffinity sched_getattr sched_getparam sched_getscheduler
    sched_rr_get_interval sched_rr_get_interval_time64 sched_setaffinity sched_setattr sched_setparam sched_setscheduler sched_yield`,
  rights: `capget capset getegid getegid32 geteuid geteuid32 getgid getgid32 getgroups getgroups32 getresgid getresgid32 getresuid getresuid32 getuid
    getuid32 landlock_add_rule landlock_create_ruleset landlock_restrict_self seccomp setfsgid setfsgid32 setfsuid setfsuid32 setgid setgid32 setgroups
    setgroups32 setregid setregid32 setresgid setresgid32 setresuid setresuid32 setreuid setreuid32 setuid setuid32`,
  sockets: `accept accept4 bind connect getpeername getsockname getsockopt listen recv recvfrom recvmmsg recvmmsg_time64 recvmsg send sendmmsg sendmsg
    sendto setsockopt shutdown socketpair pipe pipe2`,
  ipc: `ipc mq_getsetattr mq_notify mq_open mq_timedreceive mq_timedreceive_time64 mq_timedsend mq_timedsend_time64 mq_unlink msgctl msgget msgrcv msgsnd
    semctl semget semop semtimedop semtimedop_time64 shmat shmctl shmdt shmget`,
  time: `adjtimex clock_adjtime clock_adjtime64 clock_getres clock_getres_time64 clock_gettime clock_gettime64 clock_nanosleep clock_nanosleep_time64
    gettimeofday nanosleep time timer_create timer_delete timer_getoverrun timer_gettime timer_gettime64 timer_settime timer_settime64 timerfd_create
    timerfd_gettime timerfd_gettime64 timerfd_settime timerfd_settime64`,
  machine: 'getrandom riscv_hwprobe sysinfo uname',
};

export type Subject = keyof typeof always;
const subjects = new Map(
  Object.entries(always).flatMap(([subject, names]) =>
    words(names).map((name): [string, Subject] => [name, subject as Subject]),
  ),
);
/** The subject of a call that is allowed with any capabilities. */
export const subjectOf = (name: string): Subject | undefined => subjects.get(name);

/** Calls that are allowed with a capability. */
const withCapability: Record<string, string> = {
  CAP_DAC_READ_SEARCH: 'open_by_handle_at',
  CAP_SYS_ADMIN: `bpf clone clone3 fanotify_init fsconfig fsmount fsopen fspick lookup_dcookie lsm_get_self_attr lsm_list_modules lsm_set_self_attr mount
    mount_setattr move_mount open_tree perf_event_open quotactl quotactl_fd setdomainname sethostname setns syslog umount umount2 unshare`,
  CAP_SYS_BOOT: 'reboot',
  CAP_SYS_CHROOT: 'chroot',
  CAP_SYS_MODULE: 'delete_module init_module finit_module',
  CAP_SYS_PACCT: 'acct',
  CAP_SYS_PTRACE: 'kcmp pidfd_getfd process_madvise process_vm_readv process_vm_writev ptrace',
  CAP_SYS_RAWIO: 'iopl ioperm',
  CAP_SYS_TIME: 'settimeofday stime clock_settime clock_settime64',
  CAP_SYS_TTY_CONFIG: 'vhangup',
  CAP_SYS_NICE: 'get_mempolicy mbind set_mempolicy set_mempolicy_home_node',
  CAP_SYSLOG: 'syslog',
  CAP_BPF: 'bpf',
  CAP_PERFMON: 'perf_event_open',
};

const onArchitecture: [arches: string, names: string][] = [
  ['arm arm64', 'arm_fadvise64_64 arm_sync_file_range sync_file_range2 breakpoint cacheflush set_tls'],
  ['amd64 x32', 'arch_prctl'],
  ['amd64 x32 x86', 'modify_ldt'],
];

/** personality(2): Linux; 16-bit ids; no address randomization; both of these; and the query of the current value. */
const PERSONALITIES = [0x0, 0x8, 0x20000, 0x20008, 0xffffffff];
/** clone(2) with none of NEWNS NEWCGROUP NEWUTS NEWIPC NEWUSER NEWPID NEWNET */
const NEW_NAMESPACES = 0x7e020000;
/**
 * The address families of socket(2) that the kernel has, by number; 1 to 11 are all allowed. Left out are:
 *   38 AF_ALG: the kernel's cryptography, which CVE-2026-31431 used; programs have their own libraries
 *   40 AF_VSOCK: talks to the hypervisor regardless of network namespaces
 *   12 19 20 23 25 34 37: families that the kernel no longer has
 */
const FAMILIES_BELOW = 12;
const FAMILIES = [13, 14, 15, 16, 17, 18, 21, 22, 24, 26, 27, 28, 29, 30, 31, 32, 33, 35, 36, 39, 41, 42, 43, 44, 45];
/** socketcall(2) with this first argument is socket(2) */
const SYS_SOCKET = 1;
const ENOSYS = 38;
const EPERM = 1;

const allow = (names: string, more: Partial<ProfileRule> = {}): ProfileRule => ({
  names: words(names),
  action: 'SCMP_ACT_ALLOW',
  ...more,
});

/**
 * socketcall(2) is the older interface to the same calls for 32-bit programs on x86; any 64-bit program can call it
 * too (int 0x80). The address family is behind a pointer, which a filter cannot read. So if socketcall could make
 * sockets, the list above would restrict no program. Docker denied it in 29.4.2 and then allowed it again, because
 * 32-bit programs of glibc and Go make all their sockets with it (SteamCMD, Wine); there AppArmor or SELinux now deny
 * AF_ALG. Drydock uses no such module. So socketcall makes no socket (ENOSYS, so that libc may try socket(2)) and does
 * everything else. `--annotation drydock.socketcall=allow` allows it wholly, for a container with such programs.
 */
const socketcall: ProfileRule[] = [
  {
    names: ['socketcall'],
    action: 'SCMP_ACT_ERRNO',
    errnoRet: ENOSYS,
    args: [{ index: 0, value: SYS_SOCKET, op: 'SCMP_CMP_EQ' }],
  },
  allow('socketcall', { args: [{ index: 0, value: SYS_SOCKET, op: 'SCMP_CMP_NE' }] }),
];

export const defaultProfile: Profile = {
  defaultAction: 'SCMP_ACT_ERRNO',
  defaultErrnoRet: EPERM,
  archMap: [
    { architecture: 'SCMP_ARCH_X86_64', subArchitectures: ['SCMP_ARCH_X86', 'SCMP_ARCH_X32'] },
    { architecture: 'SCMP_ARCH_AARCH64', subArchitectures: ['SCMP_ARCH_ARM'] },
  ],
  syscalls: [
    allow(Object.values(always).join(' ')),
    // before Linux 4.8 a traced process could bypass the filter
    allow('process_vm_readv process_vm_writev ptrace', { includes: { minKernel: '4.8' } }),
    allow('socket', { args: [{ index: 0, value: FAMILIES_BELOW, op: 'SCMP_CMP_LT' }] }),
    ...FAMILIES.map((value) => allow('socket', { args: [{ index: 0, value, op: 'SCMP_CMP_EQ' }] })),
    ...socketcall,
    ...PERSONALITIES.map((value) => allow('personality', { args: [{ index: 0, value, op: 'SCMP_CMP_EQ' }] })),
    ...onArchitecture.map(([arches, names]) => allow(names, { includes: { arches: words(arches) } })),
    ...Object.entries(withCapability).map(([capability, names]) => allow(names, { includes: { caps: [capability] } })),
    allow('clone', {
      args: [{ index: 0, value: NEW_NAMESPACES, valueTwo: 0, op: 'SCMP_CMP_MASKED_EQ' }],
      excludes: { caps: ['CAP_SYS_ADMIN'] },
    }),
    // its flags are behind a pointer too; ENOSYS makes libc fall back to clone
    { names: ['clone3'], action: 'SCMP_ACT_ERRNO', errnoRet: ENOSYS, excludes: { caps: ['CAP_SYS_ADMIN'] } },
  ],
};

/** The same, with all of socketcall allowed. */
export const withSocketcall: Profile = {
  ...defaultProfile,
  syscalls: [...(defaultProfile.syscalls ?? []).filter((rule) => !socketcall.includes(rule)), allow('socketcall')],
};
