/** The options of a gate, and the commands to a gate that holds. */

/**
 * With the mode step the gate holds before every step. A breakpoint is a step's id, a phase's id, a system call's name,
 * or 'step.id#n': before the n-th call of that step.
 */
export interface GateOptions {
  mode: 'run' | 'step';
  breakpoints: string[];
}
/** pause: hold before the next step or call of a run that goes on by itself */
export type GateCommand =
  | { command: 'next' | 'into' | 'continue' | 'abort' | 'pause' }
  | { command: 'break' | 'clear'; at: string }
  /** the held call is not made and gets this errno as its result */
  | { command: 'fail'; errno: string };
