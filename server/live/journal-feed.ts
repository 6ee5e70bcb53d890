/** A container's journal on its way to one viewer: whole and in order, in batches, and no faster than the viewer takes it. */
import type { Event } from '../../runtime/journal/event.ts';
import type { ContainerHandle } from '../../runtime/machine/engine.ts';
import { LIMITS } from './limits.ts';
import type { Told } from './told.ts';

const BATCH = 2000;
/**
 * Events come in bursts of some hundred, and a picture of half a burst holds up the picture of the other half, as well as the run itself where
 * processors are few. So a burst travels together: when the run has come to stand or to rest, or when nothing has come for a while. One that
 * goes on is not waited for longer than a moment.
 */
const underWay = { quietMs: 10, momentMs: 48 } as const;
const atRest = { quietMs: 2, momentMs: 16 } as const;
const restful = new Set(['created', 'running', 'paused', 'exited', 'failed', 'removed']);
/** Behind it nothing comes until somebody moves the run on, or the process does something. */
const rests = (event: Event): boolean => (event.type === 'gate' ? event.at === 'paused' : event.type === 'state' && restful.has(event.to));

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
  let resting = true;
  let batch: Event[] = [];
  let [begun, last] = [0, 0];
  let timer: NodeJS.Timeout | undefined;
  let caughtUp: NodeJS.Immediate | undefined;
  let settled: NodeJS.Immediate | undefined;
  const flush = (more = false) => {
    if (batch.length && !signal.aborted) wire.tell({ type: 'events', id, events: batch, ...(more && { more }) });
    batch = [];
  };
  // with what has happened by then, and is said in the same breath: of a start that has come to an end, which rights are left
  const flushSoon = () => {
    settled ??= setImmediate(() => {
      settled = undefined;
      flush();
    });
  };
  const look = () => {
    clearTimeout(timer);
    timer = undefined;
    const pace = resting ? atRest : underWay;
    const wait = Math.min(last + pace.quietMs, begun + pace.momentMs) - performance.now();
    if (wait <= 0) flushSoon();
    else if (batch.length) timer = setTimeout(look, wait);
  };
  for await (const event of handle.journal(true, signal)) {
    if (signal.aborted) break;
    if (event.type === 'state' || (event.type === 'gate' && typeof event.run !== 'string')) resting = rests(event);
    if (event.seq < from) continue;
    last = performance.now();
    if (batch.push(event) === 1) begun = last;
    if (batch.length >= BATCH) {
      flush(true);
      if (wire.ahead() > LIMITS.ahead) await wire.room();
    } else if (rests(event) && event.time > since) {
      flushSoon();
    } else if (event.time <= since) {
      // what was there already comes without a turn of the loop, and of a run that rests nothing is waited for behind it
      caughtUp ??= setImmediate(() => {
        caughtUp = undefined;
        if (resting) flush();
        else look();
      });
    } else {
      timer ??= setTimeout(look, resting ? atRest.quietMs : underWay.quietMs);
    }
  }
  clearTimeout(timer);
  clearImmediate(caughtUp);
  clearImmediate(settled);
  flush();
  if (!signal.aborted) wire.tell({ type: 'over', id });
}
