/**
 * Every operation of native/ops.def by name, with its manual page and its arguments. Calls are typed by this list and
 * shown as strace(1) shows them. test/architecture.test.ts checks that this list and ops.def are equal.
 */
import {
  AT,
  AT_FDCWD,
  CLONE,
  EFD,
  FSCONFIG,
  IN,
  MNT,
  MOUNT_ATTR,
  MOVE_MOUNT,
  MS,
  O,
  PR,
  SOCK,
  TTY,
} from './constants.ts';

/**
 * Letters of ops.def that take a JavaScript value: i number, s string, b bytes, o/O size in bytes, v strings, p filter.
 */
export type Kind = 'i' | 's' | 'b' | 'o' | 'O' | 'v' | 'p';
export type Value = number | string | null | Buffer | readonly string[];
type ValueOf = {
  i: number;
  s: string | Buffer | null;
  b: Buffer | string | null;
  o: number;
  O: number;
  v: readonly string[];
  p: Buffer;
};

export interface Argument<K extends Kind = Kind> {
  name: string;
  kind: K;
  show?: (value: number) => string;
}
export interface Syscall<A extends readonly Argument[] = readonly Argument[]> {
  man: string;
  args: A;
}

const sys = <const A extends readonly Argument[]>(man: string, ...args: A): Syscall<A> => ({ man, args });
const int = (name: string, show?: (v: number) => string): Argument<'i'> => ({ name, kind: 'i', ...(show && { show }) });
const str = (name: string): Argument<'s'> => ({ name, kind: 's' });
const bytes = (name: string): Argument<'b'> => ({ name, kind: 'b' });
const out = (name: string): Argument<'o'> => ({ name, kind: 'o' });
const struct = (name: string): Argument<'O'> => ({ name, kind: 'O' });
const strings = (name: string): Argument<'v'> => ({ name, kind: 'v' });
const program = (name: string): Argument<'p'> => ({ name, kind: 'p' });

const octal = (v: number) => `0${v.toString(8)}`;
const dirfd = (v: number) => (v === AT_FDCWD ? 'AT_FDCWD' : String(v));
/** A formatter of flags by a table: 0x20002 → 'CLONE_NEWNS|MS_NOSUID'. Unknown bits stay hexadecimal. */
export const flags =
  (table: Record<string, number>) =>
  (value: number): string => {
    let rest = value;
    const names: string[] = [];
    for (const [name, bit] of Object.entries(table)) {
      if (bit && (rest & bit) === bit) {
        names.push(name);
        rest &= ~bit;
      }
    }
    if (rest || !names.length) names.push(rest ? `0x${(rest >>> 0).toString(16)}` : '0');
    return names.join('|');
  };
const oneOf =
  (table: Record<string, number>) =>
  (value: number): string =>
    Object.entries(table).find(([, n]) => n === value)?.[0] ?? String(value);
const open = (v: number) => (v & 3 ? flags(O)(v) : `O_RDONLY${v ? `|${flags(O)(v)}` : ''}`);
const namespaces = flags(CLONE);
export const mountFlagNames = flags(MS);

export const syscalls = {
  openat: sys('openat(2)', int('dirfd', dirfd), str('path'), int('flags', open), int('mode', octal)),
  openat2: sys('openat2(2)', int('dirfd', dirfd), str('path'), bytes('how')),
  close: sys('close(2)', int('fd')),
  close_range: sys('close_range(2)', int('first'), int('last'), int('flags')),
  read: sys('read(2)', int('fd'), out('buf')),
  write: sys('write(2)', int('fd'), bytes('buf')),
  getdents64: sys('getdents(2)', int('fd'), out('dirp')),
  readlinkat: sys('readlinkat(2)', int('dirfd', dirfd), str('path'), out('buf')),
  mkdirat: sys('mkdirat(2)', int('dirfd', dirfd), str('path'), int('mode', octal)),
  mknodat: sys('mknodat(2)', int('dirfd', dirfd), str('path'), int('mode', octal), int('dev')),
  symlinkat: sys('symlinkat(2)', str('target'), int('newdirfd', dirfd), str('linkpath')),
  linkat: sys(
    'linkat(2)',
    int('olddirfd', dirfd),
    str('oldpath'),
    int('newdirfd', dirfd),
    str('newpath'),
    int('flags', flags(AT)),
  ),
  unlinkat: sys('unlinkat(2)', int('dirfd', dirfd), str('path'), int('flags', flags(AT))),
  renameat2: sys(
    'renameat2(2)',
    int('olddirfd', dirfd),
    str('oldpath'),
    int('newdirfd', dirfd),
    str('newpath'),
    int('flags'),
  ),
  fchownat: sys('fchownat(2)', int('dirfd', dirfd), str('path'), int('owner'), int('group'), int('flags', flags(AT))),
  fchmod: sys('fchmod(2)', int('fd'), int('mode', octal)),
  fchmodat: sys('fchmodat(2)', int('dirfd', dirfd), str('path'), int('mode', octal)),
  utimensat: sys('utimensat(2)', int('dirfd', dirfd), str('path'), bytes('times'), int('flags', flags(AT))),
  fsetxattr: sys('fsetxattr(2)', int('fd'), str('name'), bytes('value'), int('flags')),
  lsetxattr: sys('lsetxattr(2)', str('path'), str('name'), bytes('value'), int('flags')),
  lgetxattr: sys('lgetxattr(2)', str('path'), str('name'), out('value')),
  llistxattr: sys('llistxattr(2)', str('path'), out('list')),
  ftruncate: sys('ftruncate(2)', int('fd'), int('length')),
  lseek: sys('lseek(2)', int('fd'), int('offset'), int('whence')),
  copy_file_range: sys('copy_file_range(2)', int('fd_in'), int('fd_out'), int('len'), int('flags')),
  faccessat2: sys('faccessat2(2)', int('dirfd', dirfd), str('path'), int('mode'), int('flags', flags(AT))),
  statx: sys('statx(2)', int('dirfd', dirfd), str('path'), int('flags', flags(AT)), int('mask'), struct('statxbuf')),
  fstatfs: sys('statfs(2)', int('fd'), struct('buf')),
  fsync: sys('fsync(2)', int('fd')),
  syncfs: sys('syncfs(2)', int('fd')),
  flock: sys('flock(2)', int('fd'), int('operation')),
  umask: sys('umask(2)', int('mask', octal)),
  chdir: sys('chdir(2)', str('path')),
  fchdir: sys('fchdir(2)', int('fd')),
  getcwd: sys('getcwd(2)', out('buf')),
  chroot: sys('chroot(2)', str('path')),
  dup3: sys('dup3(2)', int('oldfd'), int('newfd'), int('flags', flags(O))),
  fcntl: sys('fcntl(2)', int('fd'), int('cmd'), int('arg')),
  ioctl: sys('ioctl(2)', int('fd'), int('request', oneOf(TTY)), int('arg')),
  ioctl_in: sys('ioctl(2)', int('fd'), int('request', oneOf(TTY)), bytes('argp')),
  ioctl_out: sys('ioctl(2)', int('fd'), int('request', oneOf(TTY)), struct('argp')),
  memfd_create: sys('memfd_create(2)', str('name'), int('flags')),
  eventfd2: sys('eventfd(2)', int('initval'), int('flags', flags(EFD))),
  getxattr: sys('getxattr(2)', str('path'), str('name'), out('value')),
  listxattr: sys('listxattr(2)', str('path'), out('list')),
  fgetxattr: sys('fgetxattr(2)', int('fd'), str('name'), out('value')),
  flistxattr: sys('flistxattr(2)', int('fd'), out('list')),
  inotify_init1: sys('inotify_init1(2)', int('flags', flags(O))),
  inotify_add_watch: sys('inotify_add_watch(2)', int('fd'), str('pathname'), int('mask', flags(IN))),
  inotify_rm_watch: sys('inotify_rm_watch(2)', int('fd'), int('wd')),
  mount: sys(
    'mount(2)',
    str('source'),
    str('target'),
    str('filesystemtype'),
    int('mountflags', mountFlagNames),
    str('data'),
  ),
  umount2: sys('umount2(2)', str('target'), int('flags', flags(MNT))),
  pivot_root: sys('pivot_root(2)', str('new_root'), str('put_old')),
  fsopen: sys('fsopen(2)', str('fsname'), int('flags')),
  fsconfig: sys('fsconfig(2)', int('fs_fd'), int('cmd', oneOf(FSCONFIG)), str('key'), str('value'), int('aux')),
  fsmount: sys('fsmount(2)', int('fs_fd'), int('flags'), int('attr_flags', flags(MOUNT_ATTR))),
  open_tree: sys(
    'open_tree(2)',
    int('dirfd', dirfd),
    str('path'),
    int('flags', flags({ ...AT, OPEN_TREE_CLOEXEC: O.O_CLOEXEC })),
  ),
  move_mount: sys(
    'move_mount(2)',
    int('from_dirfd', dirfd),
    str('from_path'),
    int('to_dirfd', dirfd),
    str('to_path'),
    int('flags', flags(MOVE_MOUNT)),
  ),
  mount_setattr: sys('mount_setattr(2)', int('dirfd', dirfd), str('path'), int('flags', flags(AT)), bytes('attr')),
  unshare: sys('unshare(2)', int('flags', namespaces)),
  setns: sys('setns(2)', int('fd'), int('nstype', namespaces)),
  sethostname: sys('sethostname(2)', str('name')),
  setdomainname: sys('setdomainname(2)', str('name')),
  getpid: sys('getpid(2)'),
  setsid: sys('setsid(2)'),
  setresuid: sys('setresuid(2)', int('ruid'), int('euid'), int('suid')),
  setresgid: sys('setresgid(2)', int('rgid'), int('egid'), int('sgid')),
  setgroups: sys('setgroups(2)', int('size'), bytes('list')),
  capset: sys('capset(2)', bytes('hdrp'), bytes('datap')),
  prctl: sys('prctl(2)', int('option', oneOf(PR)), int('arg2'), int('arg3'), int('arg4'), int('arg5')),
  prlimit64: sys('prlimit(2)', int('pid'), int('resource'), bytes('new_limit')),
  seccomp: sys('seccomp(2)', int('operation'), int('flags'), program('args')),
  keyctl: sys('keyctl(2)', int('operation'), str('name'), int('arg3'), int('arg4'), int('arg5')),
  personality: sys('personality(2)', int('persona')),
  execve: sys('execve(2)', str('pathname'), strings('argv'), strings('envp')),
  exit_group: sys('exit_group(2)', int('status')),
  kill: sys('kill(2)', int('pid'), int('sig')),
  pidfd_open: sys('pidfd_open(2)', int('pid'), int('flags')),
  pidfd_getfd: sys('pidfd_getfd(2)', int('pidfd'), int('targetfd'), int('flags')),
  pidfd_send_signal: sys('pidfd_send_signal(2)', int('pidfd'), int('sig'), int('flags')),
  waitid: sys('waitid(2)', int('idtype'), int('id'), struct('infop'), int('options')),
  bpf: sys('bpf(2)', int('cmd'), bytes('attr')),
  socket: sys('socket(2)', int('domain'), int('type', flags({ SOCK_CLOEXEC: SOCK.SOCK_CLOEXEC })), int('protocol')),
  socketpair: sys(
    'socketpair(2)',
    int('domain'),
    int('type', flags({ SOCK_CLOEXEC: SOCK.SOCK_CLOEXEC })),
    int('protocol'),
    struct('sv'),
  ),
  bind: sys('bind(2)', int('sockfd'), bytes('addr')),
  listen: sys('listen(2)', int('sockfd'), int('backlog')),
  connect: sys('connect(2)', int('sockfd'), bytes('addr')),
  sendto: sys('sendto(2)', int('sockfd'), bytes('buf'), int('flags'), bytes('dest_addr')),
  recvfrom: sys('recvfrom(2)', int('sockfd'), out('buf'), int('flags')),
  setsockopt: sys('setsockopt(2)', int('sockfd'), int('level'), int('optname'), bytes('optval')),
  write_file: sys('write(2)', str('path'), int('flags', flags(O)), int('mode', octal), bytes('data')),
  read_file: sys('read(2)', str('path'), out('buf')),
  bpf_device: sys('bpf(2)', bytes('insns'), str('cgroup')),
  socket_in: sys(
    'socket(2)',
    int('pidfd'),
    int('domain'),
    int('type', flags({ SOCK_CLOEXEC: SOCK.SOCK_CLOEXEC })),
    int('protocol'),
  ),
  open_in: sys('openat(2)', int('pidfd'), str('path'), int('flags', open)),
  clone3_stage: sys('clone3(2)', int('flags', namespaces), int('stdio'), int('cgroup')),
  take_master: sys('pidfd_getfd(2)', int('pid'), int('targetfd')),
  log_syslog: sys('connect(2)', bytes('target')),
  watch_child: sys('waitid(2)', int('pid')),
  release: sys('drydock(7)'),
  store: sys('drydock(7)', int('place'), bytes('data')),
  clone_sibling: sys('clone(2)'),
  children_procfs: sys('fsopen(2)'),
} as const;

export type SyscallName = keyof typeof syscalls;
type Args<T> =
  T extends Syscall<infer A> ? { [I in keyof A]: A[I] extends Argument<infer K> ? ValueOf[K] : never } : never;
export type ArgsOf<N extends SyscallName> = Args<(typeof syscalls)[N]>;
type HasOut<N extends SyscallName> = Extract<(typeof syscalls)[N]['args'][number], Argument<'o'> | Argument<'O'>>;
/** What a call returns: the bytes, for calls that return bytes; otherwise the number that the kernel returned. */
export type Answer<N extends SyscallName> = [HasOut<N>] extends [never] ? number : Buffer;
