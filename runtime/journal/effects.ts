/**
 * The facts that follow from a successful call, as far as its arguments show them. Steps add what only the kernel knows
 * (inodes, addresses).
 */
import type { Call } from '../syscalls/calls.ts';
import { mountFlagNames } from '../syscalls/syscalls.ts';
import type { Fact } from './event.ts';

const text = (value: unknown) => (Buffer.isBuffer(value) ? value.toString('latin1') : String(value ?? '')).trim();
const at = (call: Call, position: number) => call.note ?? text(call.args[position]);

const table: Partial<Record<Call['name'], (call: Call) => Fact[]>> = {
  mount: (call) => {
    const [source, , type, mountflags, data] = call.args;
    if (!type && !source) return [];
    return [
      {
        kind: 'mount',
        key: at(call, 1),
        value: [type ?? 'bind', source, mountFlagNames(Number(mountflags)), data].filter(Boolean).join(' '),
      },
    ];
  },
  umount2: (call) => [{ kind: 'mount', key: at(call, 0), value: null }],
  sethostname: (call) => [{ kind: 'ns', key: 'uts.hostname', value: text(call.args[0]) }],
  write_file: (call) =>
    text(call.args[0]).startsWith('/sys/fs/cgroup/')
      ? [{ kind: 'cgroup', key: text(call.args[0]), value: text(call.args[3]) }]
      : [],
};

/** The facts of a successful call; [] for calls that are not in the table. */
export const effectsOf = (call: Call): Fact[] => table[call.name]?.(call) ?? [];
