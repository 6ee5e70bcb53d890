/** Ends the process after the kernel has taken everything that was written. */
import { constants } from 'node:os';

const drained = (stream: NodeJS.WriteStream) =>
  new Promise<void>((resolve) => {
    if (stream.destroyed || stream.writableEnded) return resolve();
    stream.once('error', () => resolve());
    stream.write('', () => resolve());
  });

/**
 * Ends this process with SIGPIPE's exit code and no message when the reader of stdout is gone, as in `drydock logs x |
 * head -1`. Node ignores the signal itself.
 */
export function whenReaderGone(): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(128 + constants.signals.SIGPIPE);
    throw error;
  });
}

/** Exits with the exit code that was set. An open stdin would otherwise keep the process alive. */
export async function leave(): Promise<never> {
  await Promise.all([drained(process.stdout), drained(process.stderr)]);
  return process.exit();
}
