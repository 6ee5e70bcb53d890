/**
 * A call or a fact without what differs from run to run: ids, inodes, pids, descriptors, addresses and times. Equal
 * signatures mean the same in two runs. Pure.
 */
import { syscalls, type SyscallName } from '../syscalls/syscalls.ts';
import type { CallEvent, Event, Fact, Kept } from './event.ts';
import { hexText } from './hex.ts';
import { callLine, factLine } from './line.ts';

/** Names of arguments whose number the kernel chose, mostly the next free one. */
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
/** 0, 1, 2, -1 and AT_FDCWD have a fixed meaning, so they were not chosen by the kernel. */
const isHandedOut = (name: SyscallName, j: number, value: number) =>
  value > 2 &&
  HANDED_OUT.has((syscalls[name] as { args: readonly { name: string }[] } | undefined)?.args[j]?.name ?? '');

/** Replaces every number that the kernel chose. */
const ANY = 3;

/** A function that replaces the words of one run: its id, whole or shortened, its leased addresses, its pids. */
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
  // the journal may be an untrusted file: its words are escaped, and neither long nor many
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
    // return the text only if it contains such words
    return changed === text ? value : changed;
  }
  if (typeof value === 'string') return own(value);
  return Array.isArray(value) ? value.map(own) : value;
};

/**
 * Actor, name, arguments and errno of a call, without the number that it returned. Own words are replaced in texts
 * only: a pid may be equal to a constant, 259 is the device number 1:3.
 */
export function callSignature(call: CallEvent, own: (text: string) => string): string {
  const args = call.args.map((value, j) => plainArgument(call, value, j, own));
  const note = call.note === undefined ? {} : { note: own(call.note) };
  return `${call.actor} ${callLine({ ...call, args, ...note })} ${call.errno ?? ''} ${note.note ?? ''}`;
}
/** A fact without the words of its own run; `own` comes from ownWords. */
export const factSignature = (fact: Fact, own: (text: string) => string): string => own(factLine(fact));
