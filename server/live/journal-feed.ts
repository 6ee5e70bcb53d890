/** A container's journal on its way to one viewer: whole and in order, in batches, and no faster than the viewer takes it. */
import type { Event } from '../../runtime/journal/event.ts';
import type { ContainerHandle } from '../../runtime/machine/engine.ts';
import { LIMITS, type Told } from './protocol.ts';

const BATCH = 2000;
/**
 * Events come in bursts of some hundred, and a picture of half a burst holds up the picture of the other half: a burst travels together when
 * it is over, but one that goes on and on is not waited for.
 */
const QUIET_MS = 2;
const MOMENT_MS = 16;
/** Behind it nothing comes until somebody moves the run on. */
const stands = (event: Event): boolean => event.type === 'gate' && event.at === 'paused';

export interface FeedWire {
  tell(message: Told): void;
  ahead(): number;
  /** resolves when the viewer has taken what is on its way, or has gone */
  room(): Promise<void>;
}

/** Ends with the signal, or when the container has been removed. */
export async function feedJournal(handle: ContainerHandle, from: number, wire: FeedWire, signal: AbortSignal): Promise<void> {
  const { id } = handle.container;
  const since = performance.timeOrigin + performance.now();
  let batch: Event[] = [];
  let begun = 0;
  const flush = (more = false) => {
    if (batch.length && !signal.aborted) wire.tell({ type: 'events', id, events: batch, ...(more && { more }) });
    batch = [];
  };
  const quiet = setTimeout(flush, QUIET_MS);
  for await (const event of handle.journal(true, signal)) {
    if (signal.aborted) break;
    if (event.seq < from) continue;
    if (batch.push(event) === 1) begun = performance.now();
    quiet.refresh();
    if (batch.length >= BATCH) {
      flush(true);
      if (wire.ahead() > LIMITS.ahead) await wire.room();
    } else if ((stands(event) && event.time > since) || performance.now() - begun > MOMENT_MS) {
      flush(event.time < since);
    }
  }
  clearTimeout(quiet);
  flush();
  if (!signal.aborted) wire.tell({ type: 'over', id });
}
