/**
 * Which of the spec's mounts are the kernel's own file systems, each with a step of its own, and which the user asked
 * for.
 */
import type { Mount, Spec } from './spec.ts';

const systemTypes = new Set(['proc', 'sysfs', 'devpts', 'mqueue', 'cgroup', 'cgroup2']);
const isSystem = (m: Mount) =>
  systemTypes.has(m.type) || (m.type === 'tmpfs' && (m.destination === '/dev' || m.destination === '/dev/shm'));

/**
 * The kernel file system to mount at `destination`; absent when a bind took its place (`-v /x:/dev/shm`, `--ipc host`).
 */
export const systemMount = (spec: Spec, destination: string): Mount | undefined =>
  spec.mounts.find((m) => m.destination === destination && isSystem(m));

/** hosts, hostname and resolv.conf are written by the network phase, after the first mounts: their step comes later. */
const etc = new Set(['/etc/hosts', '/etc/hostname', '/etc/resolv.conf']);
export const isOwnEtcFile = (m: Mount, dir: string): boolean =>
  etc.has(m.destination) && m.source.startsWith(`${dir}/`);

const lies = (m: Mount, ...dirs: string[]) =>
  dirs.some((dir) => m.destination === dir || m.destination.startsWith(`${dir}/`));
const depth = (m: Mount) => m.destination.split('/').length;

/**
 * early: on the image's own tree, before the kernel's file systems; late: what lies on /proc, /dev or /sys and would be
 * hidden by them.
 * `dir` is the container's own directory. Shallow destinations first, so that one may lie on another.
 */
export function mountsOfUser(spec: Spec, dir: string, when: 'early' | 'late'): Mount[] {
  return spec.mounts
    .filter((m) => !isSystem(m) && !isOwnEtcFile(m, dir) && lies(m, '/proc', '/dev', '/sys') === (when === 'late'))
    .sort((a, b) => depth(a) - depth(b));
}
