/**
 * A container's life, in order: the phases that its machine goes through, each with the state that the machine is in
 * while the steps of that phase are made. The ids of phases, the states, the page's order and its picture derive from
 * this list.
 */
export const starting = [
  { phase: 'pull', state: 'pulling' },
  { phase: 'create', state: 'creating' },
  { phase: 'rw-layer', state: 'layering' },
  { phase: 'network', state: 'networking' },
  { phase: 'exec', state: 'executing' },
] as const;
const ending = [
  { phase: 'exit', state: 'exiting' },
  { phase: 'remove', state: 'removing' },
] as const;
export const life = [...starting, ...ending] as const;

export type PhaseId = (typeof life)[number]['phase'];
export type PhaseState = (typeof life)[number]['state'];

/** The states of container.machine.ts: those of phases, `unwinding`, in which steps are undone, and those of rest. */
export type MachineState =
  PhaseState | 'unwinding' | 'created' | 'running' | 'paused' | 'exited' | 'failed' | 'removed';
/** as they are read, from the first to the last */
export const machineStates: readonly MachineState[] = [
  'created',
  ...starting.map(({ state }) => state),
  'running',
  'paused',
  'exiting',
  'exited',
  'unwinding',
  'failed',
  'removing',
  'removed',
];

export const phaseOfState = (state: string): PhaseId | undefined => life.find((one) => one.state === state)?.phase;
