/** A container's journal on its way to one viewer: whole and in order, in bursts, and no faster than the viewer takes it. */
import type { ContainerHandle } from '../../runtime/machine/engine.ts';
import { Bursts } from './bursts.ts';
import { LIMITS } from './limits.ts';
import type { Told } from './told.ts';

export interface FeedWire {
  tell(message: Told): void;
  ahead(): number;
  /** resolves when the viewer has taken what is on its way, or has gone */
  room(): Promise<void>;
}

/** Ends with the signal, or when the container has been removed. */
export async function feedJournal(handle: ContainerHandle, from: number, wire: FeedWire, signal: AbortSignal): Promise<void> {
  const { id } = handle.container;
  const bursts = new Bursts((events, more) => void (signal.aborted || wire.tell({ type: 'events', id, events, ...(more && { more }) })));
  reading: for await (const events of handle.happening(signal)) {
    for (const event of events) {
      if (signal.aborted) break reading;
      bursts.pass(event);
      if (event.seq >= from && bursts.add(event) && wire.ahead() > LIMITS.ahead) await wire.room();
    }
  }
  bursts.end();
  if (!signal.aborted) wire.tell({ type: 'over', id });
}
