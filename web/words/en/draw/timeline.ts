import type { Event } from '../../../../runtime/journal/event.ts';
import { factLine, line } from '../../../../runtime/journal/line.ts';

export const timeline = {
  /** the processes that make calls; 'shim' and 'stage' have these names in every language */
  daemon: 'daemon',
  /** events that are not calls, in the column of the process */
  types: {
    phase: 'phase',
    step: 'step',
    http: 'http',
    fact: 'fact',
    state: 'state',
    gate: 'gate',
    progress: 'progress',
    note: 'note',
  },
  line: (event: Event): string => line(event),
  fact: factLine,
  band: (title: string, failed: boolean) => `step ${title}${failed ? ', failed' : ''}`,
  columns: ['#', 'who', 'what', 'step'],
  summary: (from: number, to: number, of: number, k: number) =>
    `Events ${from} to ${to} of ${of}; the cursor is at ${k}.`,
  kernelSays: 'the kernel says',
  families: {
    process: 'processes',
    namespace: 'namespaces',
    mount: 'mounts',
    file: 'files',
    network: 'sockets, netlink',
    cgroup: 'control groups',
    security: 'rights',
  },
};
