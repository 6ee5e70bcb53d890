/**
 * Sends the journal of a container or an operation to one viewer: complete, in order, in bursts, and not faster than
 * the viewer takes it.
 */
import type { Walkable } from '../../runtime/operation/walkable.ts';
import { Bursts } from './bursts.ts';
import { LIMITS } from './ask/limits.ts';
import type { Told } from '../messages/messages.ts';

export interface FeedWire {
  tell(message: Told): void;
  ahead(): number;
  /** resolves when the viewer has taken what is on the way, or has gone */
  room(): Promise<void>;
}

/** Ends with the signal, or when the container has been removed or the operation is over. */
export async function feedJournal(handle: Walkable, from: number, wire: FeedWire, signal: AbortSignal): Promise<void> {
  const { id } = handle;
  const bursts = new Bursts(
    (events, more) => void (signal.aborted || wire.tell({ type: 'events', id, events, ...(more && { more }) })),
  );
  let last = -1;
  reading: for await (const events of handle.happening(signal)) {
    for (const event of events) {
      if (signal.aborted) break reading;
      // the journal was trimmed, so the events that the viewer has were renumbered
      if (event.seq <= last) {
        bursts.end();
        return wire.tell({ type: 'renumbered', id });
      }
      last = event.seq;
      bursts.pass(event);
      if (event.seq >= from && bursts.add(event) && wire.ahead() > LIMITS.ahead) await wire.room();
    }
  }
  bursts.end();
  if (!signal.aborted && !handle.stays) wire.tell({ type: 'over', id });
}
