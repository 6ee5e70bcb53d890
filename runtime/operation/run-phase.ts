/** A phase: for each step the gate, the doing, the journal. And the way back: every undo in reverse order. */
import type { Journal } from '../journal/journal.ts';
import type { Kernel } from '../kernel/kernel.ts';
import type { Phase, Step } from './step.ts';
import type { Gate } from './gate.ts';

export interface Run<C> {
  readonly kernel: Kernel;
  readonly gate: Gate;
  readonly journal: Journal;
  readonly container: C;
  /** the step that calls belong to */
  current: string | undefined;
  /**
   * Ids of the steps that were begun, so that only these are undone; absent when another daemon may have begun some.
   */
  begun?: Set<string> | undefined;
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
  run.begun?.add(step.id);
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

interface Failed<C> {
  step: Step<C>;
  error: Error;
}

/** Each undo in turn; one that fails does not stop the rest. */
async function undoAll<C>(run: Run<C>, steps: readonly Step<C>[]): Promise<Failed<C>[]> {
  const failed: Failed<C>[] = [];
  for (const step of steps) {
    run.current = step.id;
    run.gate.beforeUndo(step);
    run.journal.append({ type: 'step', step: step.id, at: 'undo' });
    try {
      await step.undo?.(run.kernel, run.container);
      run.journal.append({ type: 'step', step: step.id, at: 'undone' });
    } catch (thrown) {
      const error = thrown instanceof Error ? thrown : new Error(String(thrown));
      failed.push({ step, error: Object.assign(error, { step: step.id }) });
      run.journal.append({ type: 'step', step: step.id, at: 'failed', error: words(error) });
    }
  }
  run.current = undefined;
  return failed;
}

/**
 * Takes back everything these phases may have done, last first, whether or not it was done: an undo finds out for
 * itself, so that the same walk cleans up after a failure and after a daemon that was killed. A step of which it is
 * known that it was not begun is passed over: on a machine where it cannot be done its undo may fail, too. What fails
 * is tried once more when all others have had their turn: it may have waited for one of them. Returns what could not be
 * undone, each error with its step.
 */
export async function unwind<C>(run: Run<C>, phases: readonly Phase<C>[]): Promise<Error[]> {
  run.journal.append({ type: 'phase', phase: phases[phases.length - 1]?.id ?? '', at: 'unwinding' });
  const steps = phases.flatMap((phase) => phase.steps).filter((step) => step.undo && (run.begun?.has(step.id) ?? true));
  const failed = await undoAll(run, steps.reverse());
  const left = failed.length
    ? await undoAll(
        run,
        failed.map(({ step }) => step),
      )
    : failed;
  run.journal.append({ type: 'phase', phase: phases[0]?.id ?? '', at: 'unwound' });
  return left.map(({ error }) => error);
}
