/**
 * Which controllers this machine has, and where they are mounted: cgroups(7), /proc/self/mountinfo in
 * proc_pid_mountinfo(5).
 */
import { readFileSync } from 'node:fs';

/** One mounted v1 hierarchy. Distributions mount some controllers together (cpu,cpuacct). */
export interface Hierarchy {
  mount: string;
  /** of systemd's own hierarchy, which has none: 'name=systemd' */
  controllers: string[];
}
export interface Hierarchies {
  /** 1 as soon as one controller is on v1: the hybrid layout has an empty cgroup2 beside them. */
  version: 1 | 2;
  v1: Hierarchy[];
  /** where cgroup2 is mounted */
  unified?: string;
}

/** It has no controller: systemd keeps its services apart in it. */
export const SYSTEMD = 'name=systemd';
/**
 * The ones a container is put into, in this order: all that runc knows. In a hierarchy that was left out, a privileged
 * container would sit in the host's root group, and a systemd in it would make its own groups there.
 */
const USED = [
  ...['cpu', 'cpuacct', 'cpuset', 'memory', 'devices', 'freezer', 'blkio', 'pids'],
  ...['net_cls', 'net_prio', 'perf_event', 'hugetlb', 'rdma', 'misc', SYSTEMD],
];

/** mountinfo writes space, tab, newline and backslash as \ooo. */
const unescape = (field: string) =>
  field.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(parseInt(octal, 8)));

/** Without a controller, and so without limits. */
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

/** The same hierarchy may be mounted twice (bind mounts into containers): the one below /sys/fs/cgroup is meant. */
const usual = (row: Row) => Number(row.mount.startsWith('/sys/fs/cgroup'));

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
/** Read once: nobody mounts or moves hierarchies on a running machine. */
export function hierarchies(): Hierarchies {
  found ??= parseHierarchies(readFileSync('/proc/self/mountinfo', 'utf8'));
  return found;
}
