/** The phases of a run in order: from an image to a running process, and back. */
import { life } from '../../runtime/container/life.ts';
import { callLine } from '../../runtime/journal/line.ts';
import type { Event, Listed, ShownState } from '../../server/live/protocol.ts';

const order: readonly string[] = life.map(({ phase }) => phase);
/** The phases after the phase of the given step. */
export const phasesAfter = (step: string): string[] => order.slice(order.indexOf(step.split('.')[0]!) + 1);

const moving: ReadonlySet<ShownState> = new Set<ShownState>([...life.map(({ state }) => state), 'unwinding']);
/** True for the states in which steps are executed. */
export const isMoving = (machine: ShownState | undefined): boolean => machine !== undefined && moving.has(machine);

/** Phases that are no part of every container's life. */
const apart: ReadonlySet<string> = new Set<string>([
  'volume-create',
  'volume-remove',
  'network-create',
  'network-remove',
  'reach',
  'cp',
  'checkpoint',
  'build',
  'commit',
  'save',
  'load',
  'verify',
  'push',
  'import',
]);
/** Whether the phase belongs to the row: that of an operation has the name of the operation. */
export const isPhaseOf = (operation: Listed['operation'], phase: string): boolean =>
  operation ? operation === phase : !apart.has(phase);

/** The call that waits at the gate, if the gate holds one. */
export function callAtGate(events: readonly Event[]): { actor: string; line: string; name: string } | undefined {
  const event = events.findLast((one) => one.type === 'gate');
  return event?.type === 'gate' && event.next
    ? { actor: event.next.actor, line: callLine(event.next), name: event.next.name }
    : undefined;
}
