/**
 * The lifecycle of one container, as xstate sees it. Its states are the phases; what a phase does is in runtime/steps.
 *
 * created → pulling → creating → layering → networking → executing → running ⇄ paused → exiting → exited → (start
 * again)
 *                └─────────┴──────────┴───── on failure ────┴──────────→ unwinding → failed      └→ removing → removed
 */
import { assign, fromPromise, setup } from 'xstate';
import { starting, type PhaseId, type PhaseState } from './life.ts';

/**
 * What the states of a machine do: one container's, given by lifecycle.ts. The machine itself is made once, for all
 * containers.
 */
export interface Work {
  /** Runs the steps of a phase. */
  phase(id: PhaseId): Promise<void>;
  /** Takes a start that failed back. */
  unwind(): Promise<void>;
}
export interface MachineContext {
  work: Work;
  /** why the last run failed; empty when it did not */
  error: string;
  /** true once this run's program was executed: an unwinding after that ends in exited */
  executed: boolean;
}
export type MachineEvent =
  | { type: 'START' }
  | { type: 'PAUSE' }
  | { type: 'RESUME' }
  /** the shim said that the process has ended */
  | { type: 'EXITED' }
  | { type: 'REMOVE' };

const words = (error: unknown) => (error instanceof Error ? error.message : String(error));

const definition = setup({
  types: { context: {} as MachineContext, events: {} as MachineEvent, input: {} as { work: Work } },
  actors: {
    phase: fromPromise<void, { work: Work; id: PhaseId }>(({ input: { work, id } }) => work.phase(id)),
    unwind: fromPromise<void, { work: Work }>(({ input: { work } }) => work.unwind()),
  },
  actions: {
    begin: assign({ error: '', executed: false }),
    executed: assign({ executed: true }),
    note: assign({ error: ({ context, event }) => context.error || ('error' in event ? words(event.error) : '') }),
  },
  guards: { hasRun: ({ context }) => context.executed },
});

/** A state that runs a phase, goes on to `next`, and unwinds on failure. */
const phase = <const Next extends string>(id: PhaseId, next: Next, done: readonly 'executed'[] = []) =>
  ({
    invoke: {
      src: 'phase',
      input: ({ context: { work } }: { context: MachineContext }) => ({ work, id }),
      onDone: { target: next, actions: [...done] },
      onError: { target: 'unwinding', actions: ['note'] },
    },
  }) as const;

/** Each phase of a start goes on to the next one's state, the last to `running`. */
const start = Object.fromEntries(
  starting.map(({ phase: id, state }, j) => {
    const next = starting[j + 1];
    return [state, next ? phase(id, next.state) : phase(id, 'running', ['executed'])];
  }),
) as Record<(typeof starting)[number]['state'], ReturnType<typeof phase<PhaseState | 'running'>>>;

export const containerMachine = definition.createMachine({
  id: 'container',
  context: ({ input }) => ({ work: input.work, error: '', executed: false }),
  initial: 'created',
  states: {
    created: { on: { START: { target: 'pulling', actions: 'begin' }, REMOVE: 'removing' } },
    ...start,
    running: { on: { PAUSE: 'paused', EXITED: 'exiting' } },
    paused: { on: { RESUME: 'running', EXITED: 'exiting' } },
    exiting: phase('exit', 'exited'),
    exited: { on: { START: { target: 'pulling', actions: 'begin' }, REMOVE: 'removing' } },
    unwinding: {
      invoke: {
        src: 'unwind',
        input: ({ context: { work } }) => ({ work }),
        onDone: [{ guard: 'hasRun', target: 'exited' }, { target: 'failed' }],
        onError: { target: 'failed', actions: 'note' },
      },
    },
    failed: { on: { START: { target: 'pulling', actions: 'begin' }, REMOVE: 'removing' } },
    removing: {
      invoke: {
        src: 'phase',
        input: ({ context: { work } }) => ({ work, id: 'remove' as const }),
        onDone: 'removed',
        onError: { target: 'failed', actions: 'note' },
      },
    },
    removed: { type: 'final' },
  },
});
export type ContainerMachine = typeof containerMachine;
