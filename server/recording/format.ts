/**
 * The format of a recording: everything that the page needs to show a run again, as JSON inside the page's own file.
 */
import type { Event } from '../../runtime/journal/event.ts';
import type { PhaseText } from '../../runtime/steps/phases.ts';
import type { Listed } from '../messages/messages.ts';

/** Output that came together: the time (ms since 1970), and the bytes in base64. */
export type Piece = readonly [time: number, bytes: string];

export interface Recording {
  format: 1;
  /** the version of Drydock that made it, and the time */
  drydock: string;
  made: number;
  row: Listed;
  phases: readonly PhaseText[];
  events: readonly Event[];
  /** how many bytes of output were left out before the first piece, because there were too many */
  missing: number;
  output: readonly Piece[];
  /** the output of exec processes, each with a terminal of its own; absent in files of older versions */
  execs?: readonly RecordedExec[];
}

export interface RecordedExec {
  id: string;
  command: readonly string[];
  tty: boolean;
  output: readonly Piece[];
}
