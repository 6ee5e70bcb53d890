/** The subject of a system call: seven families, each with a colour and a shape. */
import type { DrawWords } from '../words/en/draw.ts';
import type { Glyph, Tone } from './marks.ts';

export type FamilyName = Tone & keyof DrawWords['timeline']['families'];
export interface Family {
  name: FamilyName;
  glyph: Glyph;
}
export const families: readonly Family[] = [
  { name: 'process', glyph: 'wye' },
  { name: 'namespace', glyph: 'diamond' },
  { name: 'mount', glyph: 'square' },
  { name: 'file', glyph: 'circle' },
  { name: 'network', glyph: 'triangle' },
  { name: 'cgroup', glyph: 'cross' },
  { name: 'security', glyph: 'star' },
];
const members: Partial<Record<FamilyName, string>> = {
  process:
    'clone3_stage clone_sibling children_procfs execve exit_group kill pidfd_open pidfd_getfd pidfd_send_signal waitid watch_child release getpid setsid take_master personality',
  namespace: 'unshare setns sethostname setdomainname pivot_root chroot',
  mount: 'mount umount2 fsopen fsconfig fsmount open_tree move_mount mount_setattr',
  network: 'socket socketpair bind listen sendto recvfrom setsockopt',
  security: 'setresuid setresgid setgroups capset prctl prlimit64 seccomp keyctl umask bpf bpf_device',
};
const byCall = new Map(
  Object.entries(members).flatMap(([name, calls]) =>
    calls.split(' ').map((call) => [call, families.find((family) => family.name === name)!] as const),
  ),
);
const files = families.find(({ name }) => name === 'file')!;
const cgroups = families.find(({ name }) => name === 'cgroup')!;

/** The family by name; calls on files below /sys/fs/cgroup belong to the cgroup family. */
export function familyOf(name: string, args: readonly unknown[]): Family {
  const path = args.find((value) => typeof value === 'string');
  if (typeof path === 'string' && path.startsWith('/sys/fs/cgroup/') && !byCall.has(name)) return cgroups;
  return byCall.get(name) ?? files;
}
