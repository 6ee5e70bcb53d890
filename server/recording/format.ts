/** What a recording holds: all that the page needs to show a run again, as JSON in a file that is the page itself. */
import type { Event } from '../../runtime/journal/event.ts';
import type { PhaseText } from '../../runtime/steps/phases.ts';
import type { Listed } from '../messages/messages.ts';

/** Output that came together: when (ms since 1970), and the bytes in base64. */
export type Piece = readonly [time: number, bytes: string];

export interface Recording {
  format: 1;
  /** the version of Drydock that made it, and when */
  drydock: string;
  made: number;
  row: Listed;
  phases: readonly PhaseText[];
  events: readonly Event[];
  /** bytes of output that came before the first piece, and were too many */
  missing: number;
  output: readonly Piece[];
  /** what processes printed that entered it, each a terminal of its own; files of older versions have none */
  execs?: readonly RecordedExec[];
}

export interface RecordedExec {
  id: string;
  command: readonly string[];
  tty: boolean;
  output: readonly Piece[];
}
