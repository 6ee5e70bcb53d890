/**
 * A journal as JSON in the Trace Event Format, for ui.perfetto.dev and chrome://tracing. Pure.
 *
 * Process 1 is the container's own run, with a thread for its steps and one for each actor of calls. Each exec is a
 * further process.
 * X: a duration, from `ts` for `dur`, both in microseconds · i: an instant · s and f: start and end of an arrow from
 * the cloning thread to the new one · M: names
 */
import type { CallEvent, Event } from './event.ts';
import { callLine, factLine, facts, line, resultLine } from './line.ts';

export interface TraceEvent {
  name: string;
  ph: 'X' | 'i' | 's' | 'f' | 'M';
  pid: number;
  tid: number;
  ts: number;
  dur?: number;
  cat?: string;
  s?: 't';
  id?: number;
  bp?: 'e';
  args?: Record<string, unknown>;
}
export interface TraceFile {
  traceEvents: TraceEvent[];
  displayTimeUnit: 'ns';
  otherData: Record<string, string>;
}

const threads = { steps: 1, daemon: 2, shim: 3, stage: 4 } as const;
const makes: Partial<Record<string, 'shim' | 'stage'>> = { clone3_stage: 'stage', clone_sibling: 'stage' };

const micros = (ns: number) => ns / 1000;

/** `name`: the container's name. */
export function perfetto(events: readonly Event[], name: string): TraceFile {
  const begin = events[0]?.time ?? 0;
  const pids = new Map<string, number>();
  const out: TraceEvent[] = [];
  const pidOf = (run: number | string): number => {
    const key = typeof run === 'string' ? run : 'own';
    const known = pids.get(key);
    if (known) return known;
    const pid = pids.size + 1;
    pids.set(key, pid);
    out.push({
      name: 'process_name',
      ph: 'M',
      pid,
      tid: 0,
      ts: 0,
      args: { name: key === 'own' ? name : `${name}: ${key}` },
    });
    for (const [thread, tid] of Object.entries(threads))
      out.push({ name: 'thread_name', ph: 'M', pid, tid, ts: 0, args: { name: thread } });
    return pid;
  };
  const end = (event: Event) => Math.max(0, (event.time - begin) * 1000);
  const since = (event: Event, dur: number) => Math.max(0, end(event) - dur);
  const arrow = (event: CallEvent, pid: number) => {
    const child = makes[event.name];
    if (!child || event.errno) return;
    const common = { name: 'clone', cat: 'clone', pid, id: event.seq };
    out.push(
      { ...common, ph: 's', tid: threads[event.actor], ts: since(event, micros(event.ns)) },
      { ...common, ph: 'f', bp: 'e', tid: threads[child], ts: end(event) },
    );
  };
  const add: { [T in Event['type']]?: (event: Extract<Event, { type: T }>, pid: number) => void } = {
    call: (event, pid) => {
      const dur = micros(event.ns);
      const args = {
        call: `${callLine(event)} ${resultLine(event)}`,
        ...(event.step && { step: event.step }),
        ...(event.errno && { errno: event.errno }),
        ...(facts(event).length && { facts: facts(event).map(factLine) }),
      };
      out.push({
        name: event.name,
        cat: event.errno ? 'call,failed' : 'call',
        ph: 'X',
        pid,
        tid: threads[event.actor],
        ts: since(event, dur),
        dur,
        args,
      });
      arrow(event, pid);
    },
    http: (event, pid) =>
      void out.push({
        name: `${event.method} ${event.url}`,
        cat: 'http',
        ph: 'X',
        pid,
        tid: threads.daemon,
        ts: since(event, micros(event.ns)),
        dur: micros(event.ns),
        args: { status: event.status },
      }),
  };
  const open = new Map<string, Event>();
  for (const event of events) {
    const pid = pidOf(event.run);
    if (event.type === 'step') {
      const key = `${event.run} ${event.step ?? ''}`;
      const from = open.get(key);
      if (event.at === 'start' || event.at === 'undo') open.set(key, event);
      else if (from) {
        open.delete(key);
        out.push({
          name: event.step ?? '?',
          cat: event.at === 'done' ? 'step' : `step,${event.at}`,
          ph: 'X',
          pid,
          tid: threads.steps,
          ts: end(from),
          dur: Math.max(0, end(event) - end(from)),
          args: { at: event.at, ...(event.error && { error: event.error }) },
        });
      }
    } else if (event.type === 'call' || event.type === 'http')
      (add[event.type] as (event: Event, pid: number) => void)(event, pid);
    else if (event.type === 'state' || event.type === 'gate' || event.type === 'note')
      out.push({ name: line(event), cat: event.type, ph: 'i', s: 't', pid, tid: threads.steps, ts: end(event) });
  }
  return { traceEvents: out, displayTimeUnit: 'ns', otherData: { container: name, made_by: 'drydock' } };
}
