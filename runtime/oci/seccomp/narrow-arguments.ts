/**
 * Arguments of which the kernel takes only the low 32 bits.
 *
 * A register has 64 bits, and struct seccomp_data shows all of them. But where SYSCALL_DEFINE
 * (include/linux/syscalls.h) declares an `int`, `unsigned int`, `pid_t` or the like, the kernel uses only the low half:
 * socket(40 | 1 << 32, …) opens the same as socket(40, …). A filter that compared the high half too could be bypassed
 * by setting a bit there.
 */

/** `name:argument,argument`. Arguments not listed are `long`, `size_t`, pointers, or never compared in a profile. */
const TABLE = `
  socket:0,1,2 socketpair:0,1,2 socketcall:0 bind:0,2 connect:0,2 listen:0,1 accept:0 accept4:0,3 shutdown:0,1 setsockopt:0,1,2,4 getsockopt:0,1,2
  sendto:0,3,5 recvfrom:0,3 sendmsg:0,2 recvmsg:0,2 sendmmsg:0,2,3 recvmmsg:0,2,3
  clone:0 setns:0,1 personality:0 ioctl:0,1 fcntl:0,1 fcntl64:0,1 flock:0,1 prctl:0 arch_prctl:0 seccomp:0,1 keyctl:0 bpf:0,2 ipc:0 syslog:0,2
  kill:0,1 tkill:0,1 tgkill:0,1,2 rt_sigqueueinfo:0,1 rt_tgsigqueueinfo:0,1,2 pidfd_open:0,1 pidfd_getfd:0,1,2 pidfd_send_signal:0,1,3
  kcmp:0,1,2 waitid:0,1,3 prlimit64:0,1 getpriority:0,1 setpriority:0,1,2 ioprio_get:0,1 ioprio_set:0,1,2 sched_setscheduler:0,1 sched_setattr:0,2
  open:1,2 openat:0,2,3 open_by_handle_at:0,2 name_to_handle_at:0,4 close:0 close_range:0,1,2 dup:0 dup2:0,1 dup3:0,1,2 pipe2:1 memfd_create:1
  access:1 faccessat:0,2 faccessat2:0,2,3 chmod:1 fchmod:0,1 fchmodat:0,2 fchmodat2:0,2,3 chown:1,2 lchown:1,2 fchown:0,1,2 fchownat:0,2,3,4
  mkdir:1 mkdirat:0,2 mknod:1,2 mknodat:0,2,3 unlinkat:0,2 renameat2:0,2,4 linkat:0,2,4 umask:0 statx:0,2,3 lseek:0,2 fallocate:0,1
  umount2:1 fsopen:1 fspick:0,2 fsconfig:0,1,4 fsmount:0,1,2 open_tree:0,2 move_mount:0,2,4 mount_setattr:0,2 quotactl:0,2 quotactl_fd:0,1,2
  reboot:0,1,2 finit_module:0,2 perf_event_open:1,2,3 fanotify_init:0,1 fanotify_mark:0,1 inotify_init1:0 inotify_add_watch:0,2
  epoll_create:0 epoll_create1:0 epoll_ctl:0,1,2 eventfd:0 eventfd2:0,1 signalfd4:0,3 timerfd_create:0,1 userfaultfd:0
  io_uring_setup:0 io_uring_enter:0,1,2,3 io_uring_register:0,1,3 getrandom:2 madvise:2 mlockall:0 execveat:0,4
  setuid:0 setgid:0 setreuid:0,1 setregid:0,1 setresuid:0,1,2 setresgid:0,1,2 setfsuid:0 setfsgid:0 setgroups:0
  shmget:0,2 semget:0,1,2 msgget:0,1 shmctl:0,1 semctl:0,1,2 msgctl:0,1 mq_open:1,2 iopl:0 alarm:0
  clock_settime:0 clock_adjtime:0 timer_create:0 landlock_create_ruleset:2 landlock_restrict_self:0,1
`;

const narrow = new Map(
  TABLE.trim()
    .split(/\s+/)
    .map((entry): [string, string[]] => {
      const [name = '', indexes = ''] = entry.split(':');
      return [name, indexes.split(',')];
    }),
);

/** Whether the kernel takes only the low 32 bits of this argument. */
export const isNarrow = (name: string, index: number): boolean => narrow.get(name)?.includes(String(index)) ?? false;
