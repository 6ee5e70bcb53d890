/**
 * What a call or a fact comes to, whichever run it is of: ids, inodes, pids, descriptors, addresses and times are the
 * run's own, and say nothing when two runs are compared. Pure.
 */
import { syscalls, type SyscallName } from '../syscalls/syscalls.ts';
import type { CallEvent, Event, Fact, Kept } from './event.ts';
import { hexText } from './hex.ts';
import { callLine, factLine } from './line.ts';

/** Numbers that the kernel handed out: the next one that was free. */
const HANDED_OUT = new Set([
  'fd',
  'dirfd',
  'olddirfd',
  'newdirfd',
  'oldfd',
  'newfd',
  'fs_fd',
  'from_dirfd',
  'to_dirfd',
  'sockfd',
  'pidfd',
  'targetfd',
  'pid',
  'cgroup',
  'id',
  'first',
]);
/** 0, 1 and 2 are meant, and so are -1 and AT_FDCWD. */
const isHandedOut = (name: SyscallName, j: number, value: number) =>
  value > 2 &&
  HANDED_OUT.has((syscalls[name] as { args: readonly { name: string }[] } | undefined)?.args[j]?.name ?? '');

/** A number that stands for all that were handed out. */
const ANY = 3;

/** The words of a run that are its own: its id, whole or its beginning, and what it was given. */
export function ownWords(events: readonly Event[]): (text: string) => string {
  const text = events
    .slice(0, 400)
    .map((event) => JSON.stringify(event))
    .join('\n');
  const id = /\/containers\/([0-9a-f]{64})\//.exec(text)?.[1];
  const given = events
    .flatMap((event) => (event.type === 'fact' || event.type === 'call' ? (event.facts ?? []) : []))
    .flatMap(({ kind, key, value }) =>
      kind === 'lease' && value ? [key] : kind === 'process' && value && Number(value) > 2 ? [value] : [],
    );
  // a journal may be a stranger's file: what it calls its own is never a pattern, nor a long one
  const words = [...new Set(given)]
    .filter((word) => word.length <= 64)
    .slice(0, 1000)
    .map((word) => word.replace(/[.*+?^${}()|[\]\\/-]/g, '\\$&'));
  const own: [RegExp, string][] = [
    ...(id ? [[new RegExp(`${id.slice(0, 11)}[0-9a-f]{0,53}…?`, 'g'), 'ID'] as [RegExp, string]] : []),
    ...(words.length
      ? [[new RegExp(`(?<![\\w.])(${words.join('|')})(?![\\w.])`, 'g'), 'OWN'] as [RegExp, string]]
      : []),
    [/\b([a-z]+):\[\d+\]/g, '$1:[INODE]'],
    [/\b([0-9a-f]{2}:){5}[0-9a-f]{2}\b/g, 'MAC'],
    [/(\/proc\/)(\d+|self)(\/fd\/)\d+/g, '$1PID$3FD'],
    [/\/proc\/\d+\//g, '/proc/PID/'],
    [/\bindex \d+/g, 'index N'],
    [/\bmaster \d+/g, 'master N'],
    [/\boif \d+/g, 'oif N'],
    [/\{\d+ bytes\}/g, '{bytes}'],
  ];
  return (line) => own.reduce((now, [found, word]) => now.replace(found, word), line);
}

const plainArgument = (call: CallEvent, value: Kept, j: number, own: (text: string) => string): Kept => {
  if (typeof value === 'number') return isHandedOut(call.name as SyscallName, j, value) ? ANY : value;
  if (value !== null && typeof value === 'object' && 'hex' in value && call.note === undefined) {
    const text = hexText(value.hex);
    const changed = own(text);
    // as text, where the run's own words are in it
    return changed === text ? value : changed;
  }
  if (typeof value === 'string') return own(value);
  return Array.isArray(value) ? value.map(own) : value;
};

/** Who, what with, and whether it went well: not the number that came back. */
export function callSignature(call: CallEvent, own: (text: string) => string): string {
  const args = call.args.map((value, j) => plainArgument(call, value, j, own));
  return own(`${call.actor} ${callLine({ ...call, args })} ${call.errno ?? ''} ${call.note ?? ''}`);
}
export const factSignature = (fact: Fact, own: (text: string) => string): string => own(factLine(fact));
