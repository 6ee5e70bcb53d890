/** Runs a phase: for each step the gate, the work and the journal. Also its rollback: every undo in reverse order. */
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
   * Ids of the steps that were begun, so that only these are undone. Absent when an earlier daemon may have begun some.
   */
  begun?: Set<string> | undefined;
}

/** Measures the work itself: the clock stands still while the gate holds. */
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

const stepsIn = <C>(run: Run<C>, phase: Phase<C>) => phase.stepsFor?.(run.container) ?? phase.steps;

/** Throws the error of the first failing step, with `step` set to its id. */
export async function runPhase<C>(run: Run<C>, phase: Phase<C>): Promise<void> {
  run.journal.append({ type: 'phase', phase: phase.id, at: 'enter' });
  try {
    for (const step of stepsIn(run, phase)) await runStep(run, step);
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

/** Runs each undo in turn. A failure does not stop the others. */
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
 * Undoes these phases, the last step first. An undo runs whether or not its step was done and finds out itself what to
 * remove, so the same code cleans up after a failure and after a daemon that was killed. A step that was not begun is
 * skipped, because on a machine that cannot do the step its undo may fail too. An undo that fails is tried once more
 * after all others, because it may depend on one of them. Returns the errors of steps that could not be undone, each
 * with its step.
 */
export async function unwind<C>(run: Run<C>, phases: readonly Phase<C>[]): Promise<Error[]> {
  run.journal.append({ type: 'phase', phase: phases[phases.length - 1]?.id ?? '', at: 'unwinding' });
  const steps = phases
    .flatMap((phase) => stepsIn(run, phase))
    .filter((step) => step.undo && (run.begun?.has(step.id) ?? true));
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
