/** A container's journal on its way to one viewer: whole and in order, in batches, and no faster than the viewer takes it. */
import type { Event } from '../../runtime/journal/event.ts';
import type { ContainerHandle } from '../../runtime/machine/engine.ts';
import { LIMITS, type Told } from './protocol.ts';

const BATCH = 2000;
/** Events come in bursts of some hundred: what comes within a moment travels together. */
const MOMENT_MS = 8;

export interface FeedWire {
  tell(message: Told): void;
  ahead(): number;
  /** resolves when the viewer has taken what is on its way, or has gone */
  room(): Promise<void>;
}

/** Ends with the signal, or when the container has been removed. */
export async function feedJournal(handle: ContainerHandle, from: number, wire: FeedWire, signal: AbortSignal): Promise<void> {
  const { id } = handle.container;
  let batch: Event[] = [];
  let timer: NodeJS.Timeout | undefined;
  const flush = (more = false) => {
    clearTimeout(timer);
    timer = undefined;
    if (batch.length && !signal.aborted) wire.tell({ type: 'events', id, events: batch, ...(more && { more }) });
    batch = [];
  };
  for await (const event of handle.journal(true, signal)) {
    if (signal.aborted) break;
    if (event.seq < from) continue;
    batch.push(event);
    timer ??= setTimeout(flush, MOMENT_MS);
    if (batch.length < BATCH) continue;
    flush(true);
    if (wire.ahead() > LIMITS.ahead) await wire.room();
  }
  flush();
  if (!signal.aborted) wire.tell({ type: 'over', id });
}
