/** The way out: everything written has been taken by the kernel before the process ends. */
import { constants } from 'node:os';

const drained = (stream: NodeJS.WriteStream) =>
  new Promise<void>((resolve) => {
    if (stream.destroyed || stream.writableEnded) return resolve();
    stream.once('error', () => resolve());
    stream.write('', () => resolve());
  });

/**
 * A pipe whose reader has gone (`drydock logs x | head -1`) ends us quietly, with SIGPIPE's exit code: Node ignores the
 * signal itself.
 */
export function whenReaderGone(): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(128 + constants.signals.SIGPIPE);
    throw error;
  });
}

/** stdin may still be open and would keep the process alive: leave with the exit code that was set. */
export async function leave(): Promise<never> {
  await Promise.all([drained(process.stdout), drained(process.stderr)]);
  return process.exit();
}
