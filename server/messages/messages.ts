/** Messages to a viewer that are sent unasked or because it follows something: the daemon's half of protocol.ts. */
import type { LessonState } from '../../lessons/engine/state.ts';
import type { Event } from '../../runtime/journal/event.ts';
import type { Status } from '../../runtime/container/container-state.ts';
import type { MachineState } from '../../runtime/container/life.ts';
import type { StandaloneKind } from '../../runtime/operation/record.ts';
import type { PhaseText } from '../../runtime/steps/phases.ts';
import type { Caught } from '../../runtime/watch/packets.ts';
import type { MachineMap } from './machine-map.ts';
import type { MachinePast } from './machine-past.ts';
import type { Sample } from '../../runtime/watch/usage.ts';

/** The run that this run was made from: topics/branches.ts. */
export interface Branch {
  of: string;
  name: string;
  at: string;
}
/** The state of a row. 'done' is for an operation that has ended. */
export type ShownState = MachineState | 'done';
/** A row of the list. */
export interface Listed {
  id: string;
  name: string;
  image: string;
  command: string;
  status: Status;
  machine: ShownState;
  created: number;
  exitCode: number;
  pid: number;
  tty: boolean;
  error: string;
  /** the kind, for an operation; absent for a container */
  operation?: StandaloneKind;
  /** what was left out on purpose */
  unsafe?: string[];
  /** the run that it was made from */
  branch?: Branch;
}

export type Told =
  | { type: 'hello'; version: string; phases: readonly PhaseText[]; calls: readonly string[] }
  | { type: 'containers'; list: Listed[] }
  /** `more`: more events have happened already and follow at once, so do not draw these alone */
  | { type: 'events'; id: string; events: Event[]; more?: true }
  /** the journal was trimmed and its events were renumbered; the viewer must ask for them again */
  | { type: 'renumbered'; id: string }
  /** a piece of the journal that was asked for with this key */
  | { type: 'journal'; key: number; events: Event[] }
  /** the container has been removed, and its journal ends here */
  | { type: 'over'; id: string }
  | { type: 'answer'; ask: number; value: unknown }
  | { type: 'refused'; ask: number; status: number; message: string }
  | { type: 'ended'; terminal: number }
  | { type: 'gap'; terminal: number; bytes: number }
  /** the current state of the lesson that this page follows */
  | { type: 'lesson'; state: LessonState }
  /** everything on the machine, while the page shows its map */
  | { type: 'map'; map: MachineMap }
  /** what has happened on the machine, while the page shows its time line */
  | { type: 'past'; past: MachinePast }
  /** the container's use of resources, about four times a second */
  | { type: 'sample'; id: string; sample: Sample }
  /** packets at the container's end of the bridge, and which addresses were rewritten */
  | ({ type: 'packets'; id: string } & Caught);
