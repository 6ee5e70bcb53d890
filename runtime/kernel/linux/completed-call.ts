/** A call that was made, in the form in which the journal keeps it. */
import { effectsOf } from '../../journal/effects.ts';
import type { Fact, Kept, NewEvent } from '../../journal/event.ts';
import { LazyEvent } from '../../journal/lazy-event.ts';
import { errnoName } from '../errors.ts';
import { shownArgs, type Call } from '../../syscalls/calls.ts';
import type { Value } from '../../syscalls/syscalls.ts';

const KEPT_BYTES = 512;
/**
 * The most characters that are kept of a list of arguments. A list may have six megabytes; a usual one is kept whole.
 */
const KEPT_LIST = 64 * 1024;
const none: Fact[] = [];

function keepList(list: readonly string[]): readonly string[] {
  let room = KEPT_LIST;
  const end = list.findIndex((text) => (room -= text.length + 1) < 0);
  return end < 0 ? list : [...list.slice(0, end), `… ${list.length - end} more`];
}

function keep(value: Value): Kept {
  if (Buffer.isBuffer(value)) return { hex: value.subarray(0, KEPT_BYTES).toString('hex'), length: value.length };
  return Array.isArray(value) ? keepList(value as readonly string[]) : value;
}

/** A call whose journal event is built later. Its buffers are its own: they do not change after the call. */
export class CompletedCall extends LazyEvent {
  constructor(
    private readonly call: Call,
    private readonly ret: number,
    private readonly ns: number,
    readonly time: number,
  ) {
    super();
  }

  event(): NewEvent {
    const { call, ret, ns, time } = this;
    const facts = ret < 0 ? none : effectsOf(call);
    const event: NewEvent = {
      time,
      type: 'call',
      actor: call.actor,
      name: call.name,
      args: shownArgs(call).map(keep),
      ret,
      ns,
    };
    if (ret < 0) event.errno = errnoName(-ret);
    if (call.note) event.note = call.note;
    if (facts.length) event.facts = facts;
    if (call.source) event.source = call.source;
    return event;
  }
}
