/** Connects a kernel to a journal and a gate. Each call belongs to the current step. */
import type { Journal } from '../journal/journal.ts';
import type { NewOrLazyEvent } from '../journal/lazy-event.ts';
import { LinuxKernel } from '../kernel/linux/linux.ts';
import { Position, type Gate } from './gate.ts';
import type { Run } from './run-phase.ts';

/** A kernel for inspections: no gate holds it and no journal records it. */
export function quietKernel(live: { stageSocket?: number }): LinuxKernel {
  const kernel = new LinuxKernel();
  if (live.stageSocket !== undefined) kernel.connect('stage', live.stageSocket);
  return kernel;
}

/** A run of phases over `container`. `label` marks the events when it is not the container's own run (an exec). */
export function newRun<C>(container: C, journal: Journal, gate: Gate, label?: string): Run<C> {
  const at = new Position();
  const append = (event: NewOrLazyEvent) => journal.append(event, run.current, label);
  const kernel = new LinuxKernel({
    // Calls between steps, such as sending a signal, are not held, because no client would release them.
    beforeCall: (call) => (run.current === undefined ? undefined : gate.beforeCall(call, at)),
    beforeRequest: (method, url) => (run.current === undefined ? undefined : gate.beforeRequest(method, url, at)),
    holds: (name) => run.current !== undefined && gate.holds(name, at),
    event: append,
  });
  const marked = label ? Object.assign(Object.create(journal) as Journal, { append }) : journal;
  const beside = (subject: C) => newRun(subject, journal, gate, label);
  const run: Run<C> = { kernel, gate, journal: marked, container, at, current: undefined, beside };
  return run;
}
