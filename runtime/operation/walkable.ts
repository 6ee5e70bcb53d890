/** What a client can walk through: a container's life and every operation have the same five methods. */
import type { Event } from '../journal/event.ts';
import type { InspectionSection } from '../journal/inspection-section.ts';
import type { GateCommand } from './gate-command.ts';

export interface Walkable {
  readonly id: string;
  /** The journal remains after the end. A container's journal ends with its removal. */
  readonly stays?: true;
  journal(follow: boolean, signal?: AbortSignal): AsyncIterable<Event>;
  /**
   * Past events and events as they happen, until the signal or the end; each batch has all events that are available.
   */
  happening(signal: AbortSignal): AsyncIterable<readonly Event[]>;
  gate(command: GateCommand): void;
  inspectLive(step?: string): Promise<InspectionSection[]>;
  /** Called while a page shows it; ends when all signals have fired. */
  watch(signal: AbortSignal): void;
}
