/** What a gate is armed with, and what it is told while something stands at it. */

/**
 * mode step pauses before every step; breakpoints are step ids, phase ids, syscall names, or 'step.id#n': before the
 * n-th call of that step.
 */
export interface GateOptions {
  mode: 'run' | 'step';
  breakpoints: string[];
}
/** pause: stand before the next step or call of what goes on by itself. */
export type GateCommand =
  | { command: 'next' | 'into' | 'continue' | 'abort' | 'pause' }
  | { command: 'break' | 'clear'; at: string }
  /** the call that waits is answered with this errno instead of being made */
  | { command: 'fail'; errno: string };
