/** Which of the spec's mounts are the kernel's own file systems, each with a step of its own, and which the user asked for. */
import type { Mount, Spec } from './spec.ts';

const systemTypes = new Set(['proc', 'sysfs', 'devpts', 'mqueue', 'cgroup', 'cgroup2']);
const isSystem = (m: Mount) => systemTypes.has(m.type) || (m.type === 'tmpfs' && (m.destination === '/dev' || m.destination === '/dev/shm'));

/** The kernel file system to mount at `destination`; absent when a bind took its place (`-v /x:/dev/shm`, `--ipc host`). */
export const systemMount = (spec: Spec, destination: string): Mount | undefined => spec.mounts.find((m) => m.destination === destination && isSystem(m));

const lies = (m: Mount, ...dirs: string[]) => dirs.some((dir) => m.destination === dir || m.destination.startsWith(`${dir}/`));
const depth = (m: Mount) => m.destination.split('/').length;

/**
 * early: on the image's own tree, before the kernel's file systems; late: what lies on /proc, /dev or /sys and would be hidden by them.
 * Shallow destinations first, so that one may lie on another.
 */
export function mountsOfUser(spec: Spec, when: 'early' | 'late'): Mount[] {
  return spec.mounts
    .filter((m) => !isSystem(m) && lies(m, '/proc', '/dev', '/sys') === (when === 'late'))
    .sort((a, b) => depth(a) - depth(b));
}
