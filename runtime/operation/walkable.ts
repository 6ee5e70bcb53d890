/** What can be walked round, whoever asks: a container's life and every operation answer to the same five verbs. */
import type { Event } from '../journal/event.ts';
import type { Evidence } from '../journal/inspection-section.ts';
import type { GateCommand } from './gate-command.ts';

export type InspectionSection = Evidence;

export interface Walkable {
  readonly id: string;
  /** Its journal stays when it has ended; a container's ends with its removal. */
  readonly stays?: true;
  journal(follow: boolean, signal?: AbortSignal): AsyncIterable<Event>;
  /** What has happened and what happens, until the signal or its end, as many events at a time as there are. */
  happening(signal: AbortSignal): AsyncIterable<readonly Event[]>;
  gate(command: GateCommand): void;
  inspectLive(step?: string): Promise<InspectionSection[]>;
  /** While a page looks at it; ends when all signals have fired. */
  watch(signal: AbortSignal): void;
}
