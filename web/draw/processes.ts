/** The processes at a frame: the program that the stage became by execve(2), and those of execs. */
import type { Event } from '../../runtime/journal/event.ts';
import type { Frame } from '../../runtime/journal/frame.ts';
import { isCall } from './facts.ts';

const base = (name: string) => name.split('/').pop() ?? name;
/** argv[0] of a successful execve(2). */
const executed = (event: Event): string | undefined =>
  isCall(event) && event.name === 'execve' && event.actor === 'stage' && !event.errno && Array.isArray(event.args[1])
    ? base(String(event.args[1][0]))
    : undefined;

export function programOf(frame: Frame, events: readonly Event[]): string | undefined {
  for (let j = Math.min(frame.k, events.length - 1); j >= 0; j--) {
    const event = events[j]!;
    if (event.run !== frame.run) continue;
    const name = executed(event);
    if (name !== undefined) return name;
  }
  return undefined;
}

export interface Exec {
  id: string;
  pid: number;
  inside: boolean;
  program?: string;
}

/** The execs whose process has not been waited for yet. */
export function execsOf(frame: Frame, events: readonly Event[]): Exec[] {
  const found = new Map<string, Exec>();
  if (!frame.facts.process?.['init']) return [];
  // The container's execs end with the start that they belong to.
  for (let j = frame.since; j <= frame.k && j < events.length; j++) {
    const event = events[j]!;
    if (typeof event.run !== 'string' || !isCall(event) || event.errno) continue;
    const { run: id } = event;
    const exec = found.get(id);
    if (event.name === 'clone3_stage') found.set(id, { id, pid: event.ret, inside: false });
    else if (event.name === 'waitid') found.delete(id);
    else if (exec)
      Object.assign(
        exec,
        event.name === 'setns' && { inside: true },
        event.name === 'clone_sibling' && { pid: event.ret },
        executed(event) !== undefined && { program: executed(event) },
      );
  }
  return [...found.values()];
}
