/**
 * Events as text for people: system calls as strace(1) shows them. Pure; the terminal and the web page use it.
 */
import { errnoText } from '../syscalls/errno-text.ts';
import { syscalls, type SyscallName } from '../syscalls/syscalls.ts';
import type { CallEvent, Event, Fact, Kept, ProgressEvent } from './event.ts';
import { hexText } from './hex.ts';
import { visible } from './visible.ts';

/** Nanoseconds → '31 µs'. */
export function duration(ns: number): string {
  if (ns < 1e3) return `${Math.round(ns)} ns`;
  if (ns < 1e6) return `${Math.round(ns / 1e3)} µs`;
  if (ns < 1e9) return `${Number((ns / 1e6).toPrecision(3))} ms`;
  return `${Number((ns / 1e9).toPrecision(3))} s`;
}

const TEXT = 96;
const ITEMS = 8;
/** Shortens ids and digests to twelve digits, as docker does, because all sixty-four would hide the rest of a path. */
export const shortened = (text: string) => text.replace(/(?<![0-9a-f])([0-9a-f]{12})[0-9a-f]{52}(?![0-9a-f])/g, '$1…');
const plain = (text: string) => visible(shortened(text));
/** In JSON's quotes, because paths and names may contain any character. */
function quote(given: string): string {
  const text = shortened(given);
  return `"${visible(text.slice(0, TEXT)).replace(/"/g, '\\"')}"${text.length > TEXT ? '...' : ''}`;
}
const list = (items: readonly string[]) =>
  `[${items.slice(0, ITEMS).map(quote).join(', ')}${items.length > ITEMS ? `, … ${items.length - ITEMS} more` : ''}]`;

/** Bytes as text if they are printable ("100\n" written to a cgroup file), otherwise as hexadecimal digits. */
function bytes({ hex, length }: { hex: string; length: number }): string {
  const text = hexText(hex);
  if (/^[\t\n\x20-\x7e]+$/.test(text)) return quote(text);
  return hex.length > TEXT / 2 ? `0x${hex.slice(0, TEXT / 2)}… (${length} bytes)` : `0x${hex}`;
}

/** The kernel's name of a system call for operations that have another name. */
const kernelName: Partial<Record<string, string>> = {
  ioctl_in: 'ioctl',
  ioctl_out: 'ioctl',
  clone3_stage: 'clone3',
  clone_sibling: 'clone',
  children_procfs: 'fsopen',
  write_file: 'write',
  read_file: 'read',
  take_master: 'pidfd_getfd',
};
/** Arguments that are not shown: the flags and mode with which write_file opens its file. */
const isSilent = (name: string, index: number) => name === 'write_file' && (index === 1 || index === 2);

function argument(name: string, index: number, value: Kept, noted: boolean): string {
  const known = (syscalls as Record<string, (typeof syscalls)[SyscallName] | undefined>)[name]?.args?.[index];
  if (value === null || value === undefined) return 'NULL';
  if (typeof value === 'number') {
    if (known?.kind === 'o') return `${known.name}[${value}]`;
    if (known?.kind === 'O') return known.name;
    if (value === 0 && known?.name === 'mode') return '0';
    return known?.show?.(value) ?? String(value);
  }
  if (typeof value === 'string') return quote(value);
  if (!('hex' in value)) return list(value);
  // a note says what the bytes mean
  return noted ? `{${value.length} bytes}` : bytes(value);
}

type Called = Pick<CallEvent, 'name' | 'note'> & { args: readonly Kept[] };
/** The arguments that are shown, with the names that the manual gives them ('' for one that it does not name). */
export const argumentsOf = ({ name, args, note }: Called): { name: string; text: string }[] =>
  args.flatMap((value, i) => {
    if (isSilent(name, i)) return [];
    const known = (syscalls as Record<string, (typeof syscalls)[SyscallName] | undefined>)[name]?.args?.[i];
    return [{ name: known?.name ?? '', text: argument(name, i, value, note !== undefined) }];
  });
/** A call without its result: `mount("proc", "/proc", "proc", MS_NOSUID, NULL)`. */
export const callLine = (call: Called): string =>
  `${kernelName[call.name] ?? call.name}(${argumentsOf(call)
    .map(({ text }) => text)
    .join(', ')})`;

/** The result of a call: `= 0 <31 µs>`. */
export function resultLine(event: Pick<CallEvent, 'ret' | 'errno' | 'ns' | 'note'>): string {
  const result = event.errno ? `-1 ${event.errno} (${errnoText(event.errno)})` : String(event.ret);
  return `= ${result} <${duration(event.ns)}>${event.note ? `  # ${plain(event.note)}` : ''}`;
}

/** A fact as one line: 'mount /proc is …', or '… is gone'. */
export const factLine = (fact: Fact): string =>
  `${fact.kind} ${plain(fact.key)} ${fact.value === null ? 'is gone' : `is ${plain(fact.value)}`}`;
/** The facts of an event that its own line does not show already: a write to a cgroup file shows its fact. */
export function facts(event: Event): readonly Fact[] {
  if (event.type === 'fact') return event.facts;
  if (event.type !== 'call' || !event.facts) return [];
  const said = event.args.map((value) =>
    typeof value === 'object' && value && 'hex' in value ? hexText(value.hex).trim() : String(value),
  );
  return event.facts.filter(
    ({ key, value }) =>
      !(said.some((text) => text.includes(key)) && (value === null || said.some((text) => text === value))),
  );
}

const percent = ({ current, total }: ProgressEvent) =>
  current !== undefined && total ? ` ${Math.floor((100 * current) / total)}%` : '';
const after = (text: string | undefined) => (text ? `: ${plain(text)}` : '');

type Lines = { [T in Event['type']]: (event: Extract<Event, { type: T }>) => string };
const lines: Lines = {
  phase: (e) => `phase ${e.phase} ${e.at}`,
  step: (e) => `step ${e.step ?? '?'} ${e.at}${e.ns === undefined ? '' : ` <${duration(e.ns)}>`}${after(e.error)}`,
  call: (e) => `${e.actor.padEnd(6)} ${callLine(e)} ${resultLine(e)}`,
  http: (e) =>
    `http   ${e.method} ${plain(e.url)} ${e.error ? `failed: ${visible(e.error)}` : e.status} <${duration(e.ns)}>`,
  fact: (e) => e.facts.map((fact) => `now    ${factLine(fact)}`).join('\n'),
  state: (e) => `state  ${e.from} -> ${e.to}`,
  gate: (e) =>
    `gate   ${e.at}${e.step ? ` at ${e.step}` : ''}${e.next ? ` before ${e.next.actor} ${callLine(e.next)}` : ''}`,
  progress: (e) => `pull   ${visible(e.id)}${e.id && ': '}${visible(e.status)}${percent(e)}`,
  note: (e) => `note   ${plain(e.text)}`,
};

/** One event as one line of text (facts: one line each), without a line end. */
export const line = (event: Event): string => (lines[event.type] as (event: Event) => string)(event);
