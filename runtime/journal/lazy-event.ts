/**
 * An event that is built when it is first read. Until then the call and its reply are kept as they are, because most
 * events are never read while the run goes on.
 */
import type { NewEvent } from './event.ts';

export abstract class LazyEvent {
  /** when it happened, in ms since 1970 */
  abstract readonly time: number;
  abstract event(): NewEvent;
}
export type NewOrLazyEvent = NewEvent | LazyEvent;

/** The event itself; a late one is built now. */
export const eventOf = (what: NewOrLazyEvent): NewEvent => (what instanceof LazyEvent ? what.event() : what);
