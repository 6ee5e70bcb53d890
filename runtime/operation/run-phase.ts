/** Runs a phase: for each step the gate, the work and the journal. Also its rollback: every undo in reverse order. */
import type { Journal } from '../journal/journal.ts';
import type { Kernel } from '../kernel/kernel.ts';
import type { Lane, LanedPhase, Lanes, Phase, Step } from './step.ts';
import type { Gate, Position } from './gate.ts';

export interface Run<C> {
  readonly kernel: Kernel;
  readonly gate: Gate;
  readonly journal: Journal;
  readonly container: C;
  /** where the gate sees it */
  readonly at: Position;
  /** the step that calls belong to */
  current: string | undefined;
  /**
   * Ids of the steps that were begun, so that only these are undone. Absent when an earlier daemon may have begun some.
   */
  begun?: Set<string> | undefined;
  /** A run of the same operation beside this one: its calls belong to its own current step. */
  beside(container: C): Run<C>;
}

/** Measures the work itself: the clock stands still while the gate holds. */
function stopwatch(at: Position): () => number {
  const begun = process.hrtime.bigint();
  const held = at.heldNs;
  return () => Number(process.hrtime.bigint() - begun) - (at.heldNs - held);
}
const words = (error: unknown) => (error instanceof Error ? error.message : String(error));

async function runStep<C>(run: Run<C>, step: Step<C>): Promise<void> {
  if (step.when && !step.when(run.container)) return;
  const held = run.gate.beforeStep(step, run.at);
  if (held) await held;
  run.current = step.id;
  run.begun?.add(step.id);
  run.journal.append({ type: 'step', step: step.id, at: 'start' });
  const elapsed = stopwatch(run.at);
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

export const lanesOf = <C>(phase: Phase<C> | LanedPhase<C>, c: C): Lanes<C> | undefined =>
  'lanes' in phase ? phase.lanes(c) : undefined;

/** Performs the lanes of a phase, each with a run of its own. */
async function runLanes<C>(run: Run<C>, phase: Phase<C>): Promise<void> {
  const lanes = lanesOf(phase, run.container);
  if (!lanes) return;
  await lanes.perform(async ({ subject, steps, signal }: Lane<C>) => {
    const own = run.beside(subject);
    own.begun = run.begun;
    for (const step of steps) {
      signal?.throwIfAborted();
      await runStep(own, step);
    }
  });
  for (const step of lanes.last) await runStep(run, step);
}

/** Throws the error of the first failing step, with `step` set to its id. */
export async function runPhase<C>(run: Run<C>, phase: Phase<C>): Promise<void> {
  run.journal.append({ type: 'phase', phase: phase.id, at: 'enter' });
  try {
    for (const step of stepsIn(run, phase)) await runStep(run, step);
    await runLanes(run, phase);
    run.journal.append({ type: 'phase', phase: phase.id, at: 'done' });
  } catch (error) {
    run.journal.append({ type: 'phase', phase: phase.id, at: 'failed' });
    throw error;
  }
}

/** A step with the run in which it was made. */
interface Made<C> {
  run: Run<C>;
  step: Step<C>;
}
interface Failed<C> extends Made<C> {
  error: Error;
}

/** Runs each undo in turn. A failure does not stop the others. */
async function undoAll<C>(all: readonly Made<C>[]): Promise<Failed<C>[]> {
  const failed: Failed<C>[] = [];
  for (const { run, step } of all) {
    run.current = step.id;
    run.gate.beforeUndo(step, run.at);
    run.journal.append({ type: 'step', step: step.id, at: 'undo' });
    try {
      await step.undo?.(run.kernel, run.container);
      run.journal.append({ type: 'step', step: step.id, at: 'undone' });
    } catch (thrown) {
      const error = thrown instanceof Error ? thrown : new Error(String(thrown));
      failed.push({ run, step, error: Object.assign(error, { step: step.id }) });
      run.journal.append({ type: 'step', step: step.id, at: 'failed', error: words(error) });
    }
    run.current = undefined;
  }
  return failed;
}

/** The steps in their order, those of lanes after the phase's own. */
function madeIn<C>(run: Run<C>, phase: Phase<C>): Made<C>[] {
  const lanes = lanesOf(phase, run.container);
  const besides = (lanes?.all ?? []).flatMap(({ subject, steps }) => {
    const own = run.beside(subject);
    return steps.map((step) => ({ run: own, step }));
  });
  return [...[...stepsIn(run, phase), ...(lanes?.last ?? [])].map((step) => ({ run, step })), ...besides];
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
  const made = phases
    .flatMap((phase) => madeIn(run, phase))
    .filter(({ step }) => step.undo && (run.begun?.has(step.id) ?? true));
  const failed = await undoAll(made.reverse());
  const left = failed.length ? await undoAll(failed) : failed;
  run.journal.append({ type: 'phase', phase: phases[0]?.id ?? '', at: 'unwound' });
  return left.map(({ error }) => error);
}
