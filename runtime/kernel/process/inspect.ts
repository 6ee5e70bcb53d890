/** What /proc shows of a process at this moment: proc(5), namespaces(7). The daemon reads it from outside. */
import { opendirSync, readdirSync, readFileSync, readlinkSync, statfsSync, statSync } from 'node:fs';
import type { InspectionSection } from '../../journal/inspection-section.ts';

const kinds = ['mnt', 'pid', 'net', 'ipc', 'uts', 'user', 'cgroup', 'time'] as const;
const OVERLAYFS_MAGIC = 0x794c7630;

function attempt<T>(read: () => T, otherwise: T): T {
  try {
    return read();
  } catch {
    return otherwise; // the process may have exited
  }
}

const inode = (pid: number | 'self', kind: string) => attempt(() => readlinkSync(`/proc/${pid}/ns/${kind}`), '(gone)');

/** Each namespace of `pid`, compared with the daemon's, which is the host's. */
export const namespacesOf = (pid: number): InspectionSection => ({
  title: 'namespaces',
  lines: kinds.map((kind) => {
    const own = inode(pid, kind);
    return `${kind.padEnd(7)}${own.padEnd(22)}${own === inode('self', kind) ? 'shared with the host' : `its own (host: ${inode('self', kind)})`}`;
  }),
});

/** 'pid:[4026532…]': one namespace of a process, for facts. */
export const namespaceInode = (pid: number, kind: string): string => inode(pid, kind);

/** The file system of the process's root directory: the host's until pivot_root(2), the overlay after it. */
export function rootOf(pid: number): InspectionSection {
  const type = attempt(() => statfsSync(`/proc/${pid}/root`).type, -1);
  const inode = (path: string) => attempt(() => statSync(path), undefined);
  const [own, ours] = [inode(`/proc/${pid}/root/.`), inode('/')];
  const same = own !== undefined && own.dev === ours?.dev && own.ino === ours.ino;
  const line =
    type === -1
      ? '(gone)'
      : type === OVERLAYFS_MAGIC
        ? "overlay: the container's own"
        : same
          ? "the host's root"
          : `another file system (magic 0x${type.toString(16)})`;
  return { title: 'root directory', lines: [line] };
}

/** 'target type source options' for each mount that the process sees; with `below`, only those below that path. */
export function mountsOf(pid: number, below = ''): InspectionSection {
  const text = attempt(() => readFileSync(`/proc/${pid}/mountinfo`, 'utf8'), '');
  const rows = text
    .split('\n')
    .filter(Boolean)
    .map((line) => {
      const [before = '', after = ''] = line.split(' - ');
      const fields = before.split(' ');
      const [type = '', source = ''] = after.split(' ');
      return {
        target: fields[4] ?? '',
        options: fields[5] ?? '',
        type,
        source,
        propagation: fields.slice(6).join(' '),
      };
    })
    .filter((row) => row.target.startsWith(below));
  const width = Math.min(40, Math.max(6, ...rows.map((row) => row.target.length)));
  return {
    title: `mounts (${rows.length})`,
    lines: rows.map((r) =>
      `${r.target.padEnd(width)} ${r.type.padEnd(8)} ${r.source} ${r.options} ${r.propagation}`.trimEnd(),
    ),
  };
}

/** Uids, capabilities, seccomp mode and no_new_privs: /proc/pid/status. */
export function rightsOf(pid: number): InspectionSection {
  const text = attempt(() => readFileSync(`/proc/${pid}/status`, 'utf8'), '');
  return {
    title: 'rights',
    lines: text
      .split('\n')
      .filter((line) => /^(Uid|Gid|Groups|Cap\w+|NoNewPrivs|Seccomp)/.test(line))
      .map((line) => line.replace('\t', ' ')),
  };
}

/** The most processes that are shown and the most threads whose children are read; a container may have any number. */
const PROCESSES_MOST = 500;

/** The processes below `pid`, with their pids inside the container: NSpid in /proc/pid/status. */
export function treeOf(pid: number): InspectionSection {
  const lines: string[] = [];
  const visit = (p: number, depth: number) => {
    if (lines.length >= PROCESSES_MOST) return;
    const status = attempt(() => readFileSync(`/proc/${p}/status`, 'utf8'), '');
    if (!status) return;
    const name = /^Name:\s*(.*)/m.exec(status)?.[1] ?? '?';
    const inside = /^NSpid:\s*(.*)/m.exec(status)?.[1]?.split(/\s+/).pop() ?? '?';
    lines.push(`${'  '.repeat(depth)}${p} ${name}${inside === String(p) ? '' : ` (inside: ${inside})`}`);
    for (const task of attempt(() => readdirSync(`/proc/${p}/task`), []).slice(0, PROCESSES_MOST)) {
      const children = attempt(() => readFileSync(`/proc/${p}/task/${task}/children`, 'utf8'), '');
      for (const child of children.split(' ').filter(Boolean)) visit(Number(child), depth + 1);
    }
  };
  visit(pid, 0);
  return { title: 'processes', lines };
}

/** The most entries that are read; a container may have any number. */
const ENTRIES_MOST = 1000;
const ENTRIES_SHOWN = 40;

/** The first entries of a tree, and how many there are. */
function entriesOf(root: string): { count: string; lines: string[] } {
  const entries: string[] = [];
  const ways = [''];
  for (let way = ways.pop(); way !== undefined && entries.length < ENTRIES_MOST; way = ways.pop()) {
    const directory = attempt(() => opendirSync(`${root}${way}`), undefined);
    try {
      for (let entry = directory?.readSync(); entry && entries.length < ENTRIES_MOST; entry = directory?.readSync()) {
        entries.push(`${way}/${entry.name}`);
        if (entry.isDirectory()) ways.push(`${way}/${entry.name}`);
      }
    } finally {
      directory?.closeSync();
    }
  }
  const count = entries.length < ENTRIES_MOST ? String(entries.length) : `${ENTRIES_MOST} or more`;
  return { count, lines: entries.slice(0, ENTRIES_SHOWN) };
}

/** The entries of the container's upperdir. */
export function upperOf(upper: string): InspectionSection {
  const { count, lines } = entriesOf(upper);
  return { title: `upper directory (${count} entries)`, lines };
}

/** The entries of a container's own tree (storage driver vfs). */
export function ownTreeOf(root: string): InspectionSection {
  const { count, lines } = entriesOf(root);
  return { title: `tree of its own (${count} entries)`, lines };
}
