/**
 * An event that is made when somebody wants it: nobody needs what a call was like before somebody reads. Until then the
 * call and its answer are kept as they are.
 */
import type { NewEvent } from './event.ts';

export abstract class Late {
  /** when it happened, ms since the epoch */
  abstract readonly time: number;
  abstract event(): NewEvent;
}
export type Happened = NewEvent | Late;

export const eventOf = (what: Happened): NewEvent => (what instanceof Late ? what.event() : what);
