/** Texts of the lifecycle's picture and of the list of a phase's steps below it. */
import type { MachineState } from '../../../../runtime/container/life.ts';

const moods = { done: 'done', active: 'active', failed: 'failed', pending: 'pending' };

export const machine = {
  does: {
    created: 'not begun',
    pulling: 'the image',
    creating: 'a process',
    layering: 'its files',
    networking: 'its cable',
    starting: 'the program',
    running: 'it runs',
    exiting: 'tidying up',
    exited: 'files kept',
    failed: 'nothing left',
    unwinding: 'taken back',
    paused: 'frozen',
    removed: 'gone',
    removing: 'its files',
  } satisfies Record<MachineState, string>,
  moods,
  stepMoods: { ...moods, held: 'held', skipped: 'skipped', undone: 'undone' },
  events: { done: 'done', failed: 'failed' },
  hasRun: ', when the program had run',
  whenFails: 'when a step fails',
  columns: ['state', 'what happens', 'so far', 'lasted', 'can go to'],
  tookBack: (step: string) => `The run failed at ${step}, and everything was taken back.`,
  takesBack: (step: string) => `${step} failed; what was done is being taken back.`,
  is: (state: string, heldBefore: string | undefined) =>
    `The container is ${state}${heldBefore === undefined ? '' : `; the run is held before ${heldBefore}`}.`,
  nextStep: 'the next step',
  held: (time: string) => `held ${time}`,
};
