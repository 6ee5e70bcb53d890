/**
 * Divides the spec's mounts into file systems of the kernel, each of which has a step of its own, and mounts that the
 * user asked for.
 */
import type { Mount, Spec } from './spec.ts';

const systemTypes = new Set(['proc', 'sysfs', 'devpts', 'mqueue', 'cgroup', 'cgroup2']);
const isSystem = (m: Mount) =>
  systemTypes.has(m.type) || (m.type === 'tmpfs' && (m.destination === '/dev' || m.destination === '/dev/shm'));

/**
 * The kernel's file system to mount at `destination`; undefined when a bind replaces it (`-v /x:/dev/shm`,
 * `--ipc host`).
 */
export const systemMount = (spec: Spec, destination: string): Mount | undefined =>
  spec.mounts.find((m) => m.destination === destination && isSystem(m));

/** The network phase writes hosts, hostname and resolv.conf after the first mounts, so a later step mounts them. */
const etc = new Set(['/etc/hosts', '/etc/hostname', '/etc/resolv.conf']);
export const isOwnEtcFile = (m: Mount, dir: string): boolean =>
  etc.has(m.destination) && m.source.startsWith(`${dir}/`);

const lies = (m: Mount, ...dirs: string[]) =>
  dirs.some((dir) => m.destination === dir || m.destination.startsWith(`${dir}/`));
const depth = (m: Mount) => m.destination.split('/').length;

/**
 * early: mounts on the image's own tree, before the kernel's file systems. late: mounts below /proc, /dev or /sys,
 * which those would cover. `dir` is the container's own directory. Sorted by depth, so that one mount can be on
 * another.
 */
export function mountsOfUser(spec: Spec, dir: string, when: 'early' | 'late'): Mount[] {
  return spec.mounts
    .filter((m) => !isSystem(m) && !isOwnEtcFile(m, dir) && lies(m, '/proc', '/dev', '/sys') === (when === 'late'))
    .sort((a, b) => depth(a) - depth(b));
}
