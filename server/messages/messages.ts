/** What a viewer is told, of itself or because it follows: the daemon's half of protocol.ts. */
import type { LessonState } from '../../lessons/engine/state.ts';
import type { Event } from '../../runtime/journal/event.ts';
import type { Status } from '../../runtime/container/container-state.ts';
import type { MachineState } from '../../runtime/container/life.ts';
import type { PhaseText } from '../../runtime/steps/phases.ts';
import type { Caught } from '../../runtime/watch/packets.ts';
import type { Sample } from '../../runtime/watch/usage.ts';

/** Where a run was run again from: topics/branches.ts. */
export interface Branch {
  of: string;
  name: string;
  at: string;
}
/** Also of what is no container: an operation that came to its end. */
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
  /** what it does, where it is an operation and no container */
  operation?: 'pull';
  /** what was left out on purpose */
  unsafe?: string[];
  /** where it was run again from */
  branch?: Branch;
}

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
