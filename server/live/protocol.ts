/**
 * The messages between the page and the daemon over one WebSocket, `/live`.
 *
 *   page                                   daemon
 *                                      ←   hello      the phases, once
 *                                      ←   containers the whole list, at first and after each change
 *   ask 1 follow {id, from}            →
 *                                      ←   answer 1
 *                                      ←   events     {id, events}…  from event `from` on, then as they happen
 *   ask 2 run {line, step, break}      →
 *                                      ←   answer 2   {id}           the container is created, and its start has begun
 *                                      ←   events     {id, events}…  with `follow`, as if it had been asked for then
 *   ask 3 attach {id, terminal, …}     →
 *                                      ←   answer 3
 *   binary: terminal, keys…            →   binary: terminal, output… in both directions, until
 *                                      ←   ended      {terminal}
 *   ask 4 gate {id, command}           →
 *                                      ←   answer 4, or refused 4 {status, message}
 *
 * Each text frame is one message in JSON. A binary frame is one byte, the terminal's number that the page chose, and
 * then the process's bytes. The journal is complete and in order: a slow viewer gets it later. Of everything else a
 * slow viewer gets only the newest: the current list, and a terminal's output after a gap (`gap` says how many bytes
 * were left out).
 */
import type { Event } from '../../runtime/journal/event.ts';
import type { GateCommand } from '../../runtime/engine/engine.ts';
import type { PhaseText } from '../../runtime/steps/phases.ts';
import type { InspectionSection } from '../../runtime/journal/inspection-section.ts';
import type { ImageTree, TreeLayer } from '../messages/image-tree.ts';
import type { MachineMap, MapContainer, MapImage, MapNetwork } from '../messages/machine-map.ts';
import type { Change, MachinePast, Stretch } from '../messages/machine-past.ts';
import type { Listed, ShownState, Told } from '../messages/messages.ts';
import type { BranchAsks, Omitted } from './topics/branches.ts';
import type { Action, ContainerAsks } from './topics/containers.ts';
import type { FileAsks } from './topics/files.ts';
import type { ImageAsks } from './topics/images.ts';
import type { LessonAsks } from './topics/lessons.ts';
import type { MapAsks } from './topics/map.ts';
import type { NetworkAsks } from './topics/networks.ts';
import type { PacketAsks } from './topics/packets.ts';
import type { TerminalAsks } from './topics/terminals.ts';
import type { UsageAsks } from './topics/usage.ts';
import type { VolumeAsks } from './topics/volumes.ts';
import type { WhyAsks } from './topics/why.ts';
import type { Rewrite } from '../../runtime/watch/rewrites.ts';
import type { Hop, Report } from '../../runtime/network/why/report.ts';
import type { ImageFiles } from '../../runtime/storage/overlay2/image-files.ts';
import type { Sample } from '../../runtime/watch/usage.ts';

export const PATH = '/live';

/** All topics with their fields and answers: one interface for each file in topics/. */
export interface Asks
  extends
    ContainerAsks,
    BranchAsks,
    LessonAsks,
    FileAsks,
    ImageAsks,
    MapAsks,
    NetworkAsks,
    PacketAsks,
    TerminalAsks,
    UsageAsks,
    VolumeAsks,
    WhyAsks {}
export type Topic = keyof Asks;

export type {
  Action,
  Change,
  Event,
  InspectionSection,
  GateCommand,
  Hop,
  ImageFiles,
  ImageTree,
  Listed,
  MachineMap,
  MachinePast,
  MapContainer,
  MapImage,
  MapNetwork,
  Omitted,
  PhaseText,
  Report,
  Rewrite,
  Sample,
  ShownState,
  Stretch,
  Told,
  TreeLayer,
};
