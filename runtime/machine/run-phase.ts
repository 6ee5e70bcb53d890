/** A phase: for each step the gate, the doing, the journal. And the way back: every undo in reverse order. */
import type { Journal } from '../journal/journal.ts';
import type { Kernel } from '../kernel/kernel.ts';
import type { Phase, Step } from '../steps/step.ts';
import type { Gate } from './gate.ts';

export interface Run<C> {
  readonly kernel: Kernel;
  readonly gate: Gate;
  readonly journal: Journal;
  readonly container: C;
  /** the step that calls belong to */
  current: string | undefined;
}

/** Of the work itself: while somebody looks at a call before it is made, the clock stands still. */
function stopwatch(gate: Gate): () => number {
  const begun = process.hrtime.bigint();
  const held = gate.heldNs;
  return () => Number(process.hrtime.bigint() - begun) - (gate.heldNs - held);
}
const words = (error: unknown) => (error instanceof Error ? error.message : String(error));

async function runStep<C>(run: Run<C>, step: Step<C>): Promise<void> {
  if (step.when && !step.when(run.container)) return;
  const held = run.gate.beforeStep(step);
  if (held) await held;
  run.current = step.id;
  run.journal.append({ type: 'step', step: step.id, at: 'start' });
  const elapsed = stopwatch(run.gate);
  try {
    await step.do(run.kernel, run.container);
    run.journal.append({ type: 'step', step: step.id, at: 'done', ns: elapsed() });
  } catch (error) {
    if (error instanceof Error) (error as { step?: string }).step ??= step.id;
    run.journal.append({ type: 'step', step: step.id, at: 'failed', ns: elapsed(), error: words(error) });
    throw error;
  } finally {
    run.current = undefined;
  }
}

/** Throws what the first failing step threw, with `step` set to its id. */
export async function runPhase<C>(run: Run<C>, phase: Phase<C>): Promise<void> {
  run.journal.append({ type: 'phase', phase: phase.id, at: 'enter' });
  try {
    for (const step of phase.steps) await runStep(run, step);
    run.journal.append({ type: 'phase', phase: phase.id, at: 'done' });
  } catch (error) {
    run.journal.append({ type: 'phase', phase: phase.id, at: 'failed' });
    throw error;
  }
}

/**
 * Takes back everything these phases may have done, last first, whether or not it was done: an undo finds out for itself,
 * so that the same walk cleans up after a failure and after a daemon that was killed. One failing undo does not stop the rest.
 * Returns what could not be undone.
 */
export async function unwind<C>(run: Run<C>, phases: readonly Phase<C>[]): Promise<Error[]> {
  const failures: Error[] = [];
  run.journal.append({ type: 'phase', phase: phases[phases.length - 1]?.id ?? '', at: 'unwinding' });
  for (const step of phases.flatMap((phase) => phase.steps).reverse()) {
    if (!step.undo) continue;
    run.current = step.id;
    run.journal.append({ type: 'step', step: step.id, at: 'undo' });
    try {
      await step.undo(run.kernel, run.container);
      run.journal.append({ type: 'step', step: step.id, at: 'undone' });
    } catch (error) {
      failures.push(error instanceof Error ? error : new Error(String(error)));
      run.journal.append({ type: 'step', step: step.id, at: 'failed', error: words(error) });
    }
  }
  run.current = undefined;
  run.journal.append({ type: 'phase', phase: phases[0]?.id ?? '', at: 'unwound' });
  return failures;
}
