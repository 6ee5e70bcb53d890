/**
 * Which controllers this machine has and where they are mounted: cgroups(7), /proc/self/mountinfo in
 * proc_pid_mountinfo(5).
 */
import { readFileSync } from 'node:fs';

/** A mounted v1 hierarchy. Distributions mount some controllers together (cpu,cpuacct). */
export interface Hierarchy {
  mount: string;
  /** ['name=systemd'] for systemd's own hierarchy, which has no controller */
  controllers: string[];
}
export interface Hierarchies {
  /** 1 if at least one controller is on v1; in the hybrid layout an empty cgroup2 is mounted beside them */
  version: 1 | 2;
  v1: Hierarchy[];
  /** where cgroup2 is mounted */
  unified?: string;
}

/** systemd's own hierarchy without controllers, in which it groups the processes of its services. */
export const SYSTEMD = 'name=systemd';
/**
 * The hierarchies that a container is put into, in this order: all that runc knows. If one was left out, a privileged
 * container would be in the host's root group of it, and a systemd in the container would make its groups there.
 */
const USED = [
  ...['cpu', 'cpuacct', 'cpuset', 'memory', 'devices', 'freezer', 'blkio', 'pids'],
  ...['net_cls', 'net_prio', 'perf_event', 'hugetlb', 'rdma', 'misc', SYSTEMD],
];

/** mountinfo writes space, tab, newline and backslash as \ooo (octal). */
const unescape = (field: string) =>
  field.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(parseInt(octal, 8)));

/** Whether a hierarchy has no controller, and so no limits. */
export const isNamed = ({ controllers }: Hierarchy): boolean => controllers.every((one) => one.startsWith('name='));

interface Row {
  mount: string;
  type: string;
  options: string[];
}
function parseRow(line: string): Row | undefined {
  const [before, after] = line.split(' - ');
  const mount = before?.split(' ')[4];
  const [type, , options] = after?.split(' ') ?? [];
  if (!mount || (type !== 'cgroup' && type !== 'cgroup2')) return undefined;
  return { mount: unescape(mount), type, options: (options ?? '').split(',') };
}

/** A hierarchy may be mounted twice (bind mounts into containers). The mount below /sys/fs/cgroup comes first. */
const usual = (row: Row) => Number(row.mount.startsWith('/sys/fs/cgroup'));

/** The hierarchies in the text of /proc/self/mountinfo. */
export function parseHierarchies(mountinfo: string): Hierarchies {
  const rows = mountinfo
    .split('\n')
    .flatMap((line) => parseRow(line) ?? [])
    .sort((a, b) => usual(b) - usual(a));
  const left = new Set(USED);
  const v1: Hierarchy[] = [];
  for (const row of rows.filter((r) => r.type === 'cgroup')) {
    const controllers = row.options.filter((o) => left.delete(o));
    if (controllers.length) v1.push({ mount: row.mount, controllers });
  }
  v1.sort((a, b) => USED.indexOf(a.controllers[0]!) - USED.indexOf(b.controllers[0]!));
  const unified = rows.find((r) => r.type === 'cgroup2')?.mount;
  const isV2 = unified && v1.every(isNamed);
  return { version: isV2 ? 2 : 1, v1: isV2 ? [] : v1, ...(unified && { unified }) };
}

let found: Hierarchies | undefined;
/** Read once, because hierarchies do not change while a machine runs. */
export function hierarchies(): Hierarchies {
  found ??= parseHierarchies(readFileSync('/proc/self/mountinfo', 'utf8'));
  return found;
}
