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
 * Text frames are JSON, one message each. A binary frame is one byte, the terminal's number as the page chose it, and
 * bytes as they come from the process. The journal is whole and in order: a viewer that is slow gets it later. Of
 * everything else a slow viewer gets the newest: the list as it is now, and of a terminal's output what comes after a
 * gap (`gap` says how much was left out).
 */
import type { Event } from '../../runtime/journal/event.ts';
import type { GateCommand } from '../../runtime/engine/engine.ts';
import type { PhaseText } from '../../runtime/steps/phases.ts';
import type { Evidence } from '../../runtime/journal/inspection-section.ts';
import type { Listed, ShownState, Told } from '../messages/messages.ts';
import type { BranchAsks, Omitted } from './topics/branches.ts';
import type { Action, ContainerAsks } from './topics/containers.ts';
import type { FileAsks } from './topics/files.ts';
import type { LessonAsks } from './topics/lessons.ts';
import type { PacketAsks } from './topics/packets.ts';
import type { TerminalAsks } from './topics/terminals.ts';
import type { UsageAsks } from './topics/usage.ts';
import type { Rewrite } from '../../runtime/watch/rewrites.ts';
import type { Sample } from '../../runtime/watch/usage.ts';

export const PATH = '/live';

/** What may be asked for, and what is answered: an interface for each file in topics/. */
export interface Asks extends ContainerAsks, BranchAsks, LessonAsks, FileAsks, PacketAsks, TerminalAsks, UsageAsks {}
export type Topic = keyof Asks;

export type { Action, Event, Evidence, GateCommand, Listed, Omitted, PhaseText, Rewrite, Sample, ShownState, Told };
