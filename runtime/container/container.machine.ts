/**
 * The state machine of one container (xstate). Its states are the phases; the steps of a phase are in runtime/steps.
 *
 * created → pulling → creating → layering → networking → starting → running ⇄ paused → exiting → exited → (START)
 *                └─────────┴──────────┴───── on failure ────┴──────────→ unwinding → failed      └→ removing → removed
 */
import { assign, fromPromise, setup } from 'xstate';
import { starting, type PhaseId, type PhaseState } from './life.ts';

/**
 * The actions of the machine's states for one container, from lifecycle.ts. The machine itself is made once, for all
 * containers.
 */
export interface Work {
  /** Runs the steps of a phase. */
  phase(id: PhaseId): Promise<void>;
  /** Undoes a failed start. */
  unwind(): Promise<void>;
}
export interface MachineContext {
  work: Work;
  /** why the last run failed; empty when it did not fail */
  error: string;
  /** true after this run's program was executed; unwinding then leads to exited */
  executed: boolean;
}
export type MachineEvent =
  | { type: 'START' }
  | { type: 'PAUSE' }
  | { type: 'RESUME' }
  /** the shim reported the end of the process */
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

/** A state that runs a phase and goes on to `next`, or to unwinding after a failure. */
const phase = <const Next extends string>(id: PhaseId, next: Next, done: readonly 'executed'[] = []) =>
  ({
    invoke: {
      src: 'phase',
      input: ({ context: { work } }: { context: MachineContext }) => ({ work, id }),
      onDone: { target: next, actions: [...done] },
      onError: { target: 'unwinding', actions: ['note'] },
    },
  }) as const;

/** Each phase of a start goes on to the state of the next one; the last one goes on to `running`. */
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
