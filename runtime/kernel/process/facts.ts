/**
 * Facts for the journal from /proc about a container's process: proc(5), namespaces(7), capabilities(7).
 */
import { readFileSync } from 'node:fs';
import type { Fact } from '../../journal/event.ts';
import { namespaceInode } from './inspect.ts';

const kinds = ['mnt', 'pid', 'net', 'ipc', 'uts', 'user', 'cgroup', 'time'] as const;

/** '' when the process has exited. */
function statusOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/status`, 'utf8');
  } catch {
    return '';
  }
}

const sets = { inheritable: 'CapInh', permitted: 'CapPrm', effective: 'CapEff', bounding: 'CapBnd', ambient: 'CapAmb' };

/** The five sets of /proc/pid/status: 'inheritable=0 permitted=a80425fb …'. */
export function capabilityFacts(pid: number | undefined): Fact[] {
  const status = statusOf(pid ?? 0);
  const words = Object.entries(sets).map(
    ([name, field]) => `${name}=${new RegExp(`^${field}:\\s*0*([0-9a-f]+)$`, 'm').exec(status)?.[1] ?? ''}`,
  );
  return status ? [{ kind: 'security', key: 'capabilities', value: words.join(' ') }] : [];
}

const filters: Record<string, string> = { 0: 'off', 1: 'strict', 2: 'filter' };

/**
 * The rights of a running program: its capabilities after execve(2), and its seccomp mode.
 */
export function rightsFacts(pid: number | undefined): Fact[] {
  const status = statusOf(pid ?? 0);
  // the program may have exited already; a zombie's status no longer shows its rights
  if (!status || /^State:\s+[ZX]/m.test(status)) return [];
  const [mode = ''] = /(?<=^Seccomp:\s*)\d/m.exec(status) ?? [];
  return [
    ...capabilityFacts(pid),
    ...(filters[mode] ? [{ kind: 'security', key: 'seccomp.mode', value: filters[mode] } as const] : []),
  ];
}

/**
 * The facts of a new process: the namespaces that it shares with the host (those of the daemon), its own pid
 * namespace, its capabilities.
 */
export function birthFacts(pid: number): Fact[] {
  const host = kinds.map((kind) => namespaceInode(process.pid, kind)).join(' ');
  const own = namespaceInode(pid, 'pid');
  const inside = /^NSpid:.*\s(\d+)$/m.exec(statusOf(pid))?.[1];
  return [
    { kind: 'process', key: 'init', value: String(pid) },
    ...(inside ? [{ kind: 'process', key: 'init.inside', value: inside } as const] : []),
    { kind: 'ns', key: 'host', value: host },
    ...(own !== namespaceInode(process.pid, 'pid') && own.startsWith('pid:')
      ? [{ kind: 'ns', key: 'pid', value: own } as const]
      : []),
    ...capabilityFacts(pid),
  ];
}
