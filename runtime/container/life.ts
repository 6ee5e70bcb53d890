/**
 * The phases of a container's start in order, each with the machine's state while its steps run. Phase ids, states, the
 * page's order and its picture derive from this list.
 */
export const starting = [
  { phase: 'pull', state: 'pulling' },
  { phase: 'create', state: 'creating' },
  { phase: 'rw-layer', state: 'layering' },
  { phase: 'network', state: 'networking' },
  { phase: 'init', state: 'starting' },
] as const;
const ending = [
  { phase: 'exit', state: 'exiting' },
  { phase: 'remove', state: 'removing' },
] as const;
export const life = [...starting, ...ending] as const;

export type PhaseId = (typeof life)[number]['phase'];
export type PhaseState = (typeof life)[number]['state'];

/** The states of container.machine.ts: those of phases, `unwinding` (steps are being undone), and those at rest. */
export type MachineState =
  PhaseState | 'unwinding' | 'created' | 'running' | 'paused' | 'exited' | 'failed' | 'removed';
/** in reading order */
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
