import * as assert from 'uvu/assert';
import { perfetto, type TraceEvent } from '../../runtime/journal/perfetto.ts';
import { suite } from '../harness.ts';
import { journal, names } from '../web/draw/journals.ts';

const test = suite('journals for Perfetto');

/** Trace Event Format, "Event Descriptions": the fields required for each phase. */
const must: Record<TraceEvent['ph'], (event: TraceEvent) => boolean> = {
  X: ({ ts, dur }) => Number.isFinite(ts) && ts >= 0 && Number.isFinite(dur) && dur! >= 0,
  i: ({ ts, s }) => Number.isFinite(ts) && s === 't',
  s: ({ id, cat }) => id !== undefined && cat !== undefined,
  f: ({ id, cat, bp }) => id !== undefined && cat !== undefined && bp === 'e',
  M: ({ name, args }) => ['process_name', 'thread_name'].includes(name) && typeof args?.['name'] === 'string',
};

for (const name of names) {
  test(`${name}: every event has what the format asks for, and survives JSON`, () => {
    const { traceEvents } = JSON.parse(JSON.stringify(perfetto(journal(name), name))) as { traceEvents: TraceEvent[] };
    assert.ok(traceEvents.length > 50);
    const named = new Set(traceEvents.filter(({ ph }) => ph === 'M').map(({ pid, tid }) => `${pid} ${tid}`));
    for (const event of traceEvents) {
      assert.ok(
        typeof event.name === 'string' && Number.isInteger(event.pid) && Number.isInteger(event.tid),
        JSON.stringify(event),
      );
      assert.ok(must[event.ph]?.(event), JSON.stringify(event));
      if (event.ph !== 'M')
        assert.ok(named.has(`${event.pid} ${event.tid}`), `a thread without a name: ${JSON.stringify(event)}`);
    }
  });

  test(`${name}: each call is there once with its duration, and arrows have both ends`, () => {
    const events = journal(name);
    const { traceEvents } = perfetto(events, name);
    const calls = traceEvents.filter(({ cat }) => cat?.startsWith('call'));
    const made = events.filter((event) => event.type === 'call');
    assert.equal(
      calls.map((call) => [call.name, call.dur]),
      made.map((call) => (call.type === 'call' ? [call.name, call.ns / 1000] : [])),
    );
    assert.equal(
      traceEvents.filter(({ ph }) => ph === 's').map(({ id }) => id),
      traceEvents.filter(({ ph }) => ph === 'f').map(({ id }) => id),
    );
    assert.is(
      traceEvents.filter(({ cat }) => cat === 'call,failed').length,
      made.filter((call) => call.type === 'call' && call.errno).length,
    );
  });
}

test('an exec is a process of its own', () => {
  const { traceEvents } = perfetto(journal('limits'), 'limits');
  const processes = traceEvents.filter(({ name }) => name === 'process_name').map(({ args }) => String(args?.['name']));
  assert.is(processes[0], 'limits');
  assert.match(processes[1]!, /^limits: exec-[0-9a-f]{12}$/);
});

test('an empty journal is an empty trace', () => assert.equal(perfetto([], 'x').traceEvents, []));

test.run();
