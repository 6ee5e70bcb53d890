/** Forwards signals of the CLI to the container: signal(7). */
import { constants } from 'node:os';

/**
 * Signals that are not forwarded: they concern the CLI itself (children, window, job control, output), cannot be
 * caught, or report a fault.
 */
const ours = new Set([
  'SIGCHLD',
  'SIGPIPE',
  'SIGWINCH',
  'SIGURG',
  'SIGPROF',
  'SIGKILL',
  'SIGSTOP',
  'SIGTSTP',
  'SIGTTIN',
  'SIGTTOU',
  'SIGVTALRM',
  'SIGSEGV',
  'SIGBUS',
  'SIGFPE',
  'SIGILL',
  'SIGABRT',
  'SIGIOT',
  'SIGTRAP',
  'SIGSYS',
  'SIGSTKFLT',
  'SIGPOLL',
  'SIGUNUSED',
]);

/** Calls `send` with each signal ('TERM', 'USR1', …). Returns the function that ends it. */
export function forwardSignals(send: (signal: string) => void): () => void {
  const handler = (signal: NodeJS.Signals) => send(signal.slice(3));
  const names = (Object.keys(constants.signals) as NodeJS.Signals[]).filter((name) => !ours.has(name));
  for (const name of names) process.on(name, handler);
  return () => names.forEach((name) => process.off(name, handler));
}
