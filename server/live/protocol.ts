/**
 * What the page and the daemon say to each other over one WebSocket, `/live`.
 *
 *   page                                   daemon
 *                                      ←   hello      the phases, once
 *                                      ←   containers the whole list, at first and whenever it has changed
 *   ask 1 follow {id, from}            →
 *                                      ←   answer 1
 *                                      ←   events     {id, events}…  from event `from` on, then as they happen
 *   ask 2 run {line, step, break}      →
 *                                      ←   answer 2   {id}           the container is made, and its start under way
 *                                      ←   events     {id, events}…  with `follow`, as if it had been asked for then
 *   ask 3 attach {id, terminal, …}     →
 *                                      ←   answer 3
 *   binary: terminal, keys…            →   binary: terminal, output… both ways, until
 *                                      ←   ended      {terminal}
 *   ask 4 gate {id, command}           →
 *                                      ←   answer 4, or refused 4 {status, message}
 *
 * Text frames are JSON, one message each. A binary frame is one byte, the terminal's number as the page chose it, and bytes as they
 * come from the process. The journal is whole and in order: a viewer that is slow gets it later. Of everything else a slow viewer gets
 * the newest: the list as it is now, and of a terminal's output what comes after a gap (`gap` says how much was left out).
 */
import type { Event } from '../../runtime/journal/event.ts';
import type { ExecConfig, GateCommand, MachineState, Status } from '../../runtime/machine/engine.ts';
import type { PhaseText } from '../../runtime/steps/phases.ts';
import type { LessonState } from '../../lessons/engine/state.ts';
import type { Evidence } from '../../runtime/kernel/evidence.ts';
import type { Branch, BranchAsks, Omitted } from './topics/branches.ts';
import type { Action, ContainerAsks } from './topics/containers.ts';
import type { FileAsks } from './topics/files.ts';
import type { LessonAsks } from './topics/lessons.ts';
import type { PacketAsks } from './topics/packets.ts';
import type { TerminalAsks } from './topics/terminals.ts';
import type { UsageAsks } from './topics/usage.ts';
import type { Caught, Packet } from '../../runtime/watch/packets.ts';
import type { Rewrite } from '../../runtime/watch/rewrites.ts';
import type { Sample } from '../../runtime/watch/usage.ts';

export const PATH = '/live';

/** A row of the list. */
export interface Listed {
  id: string; name: string; image: string; command: string; status: Status; machine: MachineState; created: number; exitCode: number; pid: number; tty: boolean; error: string;
  /** what was left out on purpose */
  unsafe?: string[];
  /** where it was run again from */
  branch?: Branch;
}

/** What may be asked for, and what is answered: an interface for each file in topics/. */
export interface Asks extends ContainerAsks, BranchAsks, LessonAsks, FileAsks, PacketAsks, TerminalAsks, UsageAsks {}
export type Topic = keyof Asks;
export type Ask = { [T in Topic]: { ask: number; topic: T } & Asks[T]['ask'] }[Topic];

export type Told =
  | { type: 'hello'; version: string; phases: readonly PhaseText[]; calls: readonly string[] }
  | { type: 'containers'; list: Listed[] }
  /** `more`: others that have happened already come at once, so a picture of these would be seen by nobody */
  | { type: 'events'; id: string; events: Event[]; more?: true }
  /** a piece of the journal that was asked for with this key */
  | { type: 'journal'; key: number; events: Event[] }
  /** the container has been removed: its journal ends here */
  | { type: 'over'; id: string }
  | { type: 'answer'; ask: number; value: unknown }
  | { type: 'refused'; ask: number; status: number; message: string }
  | { type: 'ended'; terminal: number }
  | { type: 'gap'; terminal: number; bytes: number }
  /** the lesson that this page takes, as it is now */
  | { type: 'lesson'; state: LessonState }
  /** what the container uses, about four times a second */
  | { type: 'sample'; id: string; sample: Sample }
  /** what has passed the container's end of the bridge, and which addresses were rewritten */
  | ({ type: 'packets'; id: string } & Caught);

/** Bounds on one viewer, kept by the daemon. */
export const LIMITS = {
  viewers: 32,
  /** bytes of one message */
  message: 64 * 1024,
  /** messages: so many at once, so many a second in the long run */
  burst: 400, rate: 200,
  /** asks that wait for their answer */
  waiting: 32,
  terminals: 8,
  /** bytes on their way to the viewer: beyond this the journal waits, and output is left out */
  ahead: 1 << 20,
} as const;

export type { Action, Branch, Event, Evidence, ExecConfig, GateCommand, MachineState, Omitted, Packet, PhaseText, Rewrite, Sample, Status };
