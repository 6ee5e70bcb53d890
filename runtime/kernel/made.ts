/** A call that was made, as the journal keeps it. */
import { effectsOf } from '../journal/effects.ts';
import type { Fact, Kept, NewEvent } from '../journal/event.ts';
import { Late } from '../journal/late.ts';
import { errnoName } from './errors.ts';
import type { Call } from './calls.ts';
import type { Value } from './syscalls.ts';

const KEPT_BYTES = 512;
const none: Fact[] = [];

const keep = (value: Value): Kept =>
  Buffer.isBuffer(value) ? { hex: value.subarray(0, KEPT_BYTES).toString('hex'), length: value.length } : value;

/** A call's buffers are its own: nobody writes to them once it is made. */
export class Made extends Late {
  constructor(private readonly call: Call, private readonly ret: number, private readonly ns: number, readonly time: number) {
    super();
  }

  event(): NewEvent {
    const { call, ret, ns, time } = this;
    const facts = ret < 0 ? none : effectsOf(call);
    const event: NewEvent = { time, type: 'call', actor: call.actor, name: call.name, args: call.args.map(keep), ret, ns };
    if (ret < 0) event.errno = errnoName(-ret);
    if (call.note) event.note = call.note;
    if (facts.length) event.facts = facts;
    if (call.source) event.source = call.source;
    return event;
  }
}
