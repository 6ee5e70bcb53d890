/** Signals that we get are the container's: signal(7). */
import { constants } from 'node:os';

/** Not these: they are about us (children, window, job control, our output), cannot be caught, or mean a fault. */
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

/** Hands each one to `send` ('TERM', 'USR1', …); returns the function that ends it. */
export function forwardSignals(send: (signal: string) => void): () => void {
  const handler = (signal: NodeJS.Signals) => send(signal.slice(3));
  const names = (Object.keys(constants.signals) as NodeJS.Signals[]).filter((name) => !ours.has(name));
  for (const name of names) process.on(name, handler);
  return () => names.forEach((name) => process.off(name, handler));
}
