/** CRIU, the program of the machine that writes processes into files and makes them again: criu(8). */
import { spawn } from 'node:child_process';
import { accessSync, closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { ApiError } from '../../errors/api-error.ts';
import { hasCode } from '../errors.ts';

/** Where distributions put it. The PATH of a user may lack these directories. */
const SYSTEM = ['/usr/local/sbin', '/usr/sbin', '/sbin'];

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** The program's path: what DRYDOCK_CRIU names, or criu in PATH; undefined when it is not there. */
export function findCriu(env: NodeJS.ProcessEnv = process.env): string | undefined {
  const named = env['DRYDOCK_CRIU'];
  if (named) return isExecutable(named) ? named : undefined;
  return [...(env['PATH'] ?? '').split(delimiter), ...SYSTEM]
    .filter((dir) => dir.startsWith('/'))
    .map((dir) => join(dir, 'criu'))
    .find(isExecutable);
}

/** Throws ApiError 501 that says what to install. */
export function criu(): string {
  const found = findCriu();
  if (found) return found;
  const named = process.env['DRYDOCK_CRIU'];
  throw new ApiError(
    501,
    named
      ? `checkpoints need CRIU: DRYDOCK_CRIU is ${JSON.stringify(named)}, which is no program`
      : 'checkpoints need CRIU: install criu on this machine, or name the program in DRYDOCK_CRIU, and start the ' +
          'daemon again',
  );
}

/** The end of a log that is read for a message, and how much of it the message has. */
const TAIL_BYTES = 16 << 10;
const TAIL_LINES = 3;

/** The last errors of a log, or else its last lines, as one line. Some bytes are the dumped program's. */
export function lastWords(path: string): string {
  let fd: number;
  try {
    fd = openSync(path, 'r');
  } catch {
    return '';
  }
  try {
    const { size } = fstatSync(fd);
    const bytes = Buffer.alloc(Math.min(size, TAIL_BYTES));
    const read = readSync(fd, bytes, 0, bytes.length, size - bytes.length);
    const lines = bytes
      .toString('utf8', 0, read)
      .split('\n')
      .map((line) =>
        line
          .replace(/^\([\d.]+\)\s*/, '')
          .replace(/[^\x20-\x7e]+/g, ' ')
          .trim(),
      )
      .filter(Boolean);
    const errors = lines.filter((line) => line.startsWith('Error'));
    return (errors.length ? errors : lines)
      .slice(-TAIL_LINES)
      .map((line) => line.slice(0, 300))
      .join('; ');
  } finally {
    closeSync(fd);
  }
}

/** The program's arguments, the file that its messages are added to, and what ends it early. */
interface CriuRun {
  args: readonly string[];
  log: string;
  limitMs: number;
  signal?: AbortSignal | undefined;
}

/**
 * Runs the program, in a session of its own, so that a Ctrl-C in the daemon's terminal does not end it halfway. When it
 * is killed, what it put into a process ends by itself, and the process goes on. Throws with the last lines of its log,
 * or the reason of the signal.
 */
export async function runCriu({ args, log, limitMs, signal }: CriuRun): Promise<void> {
  signal?.throwIfAborted();
  const program = criu();
  const fd = openSync(log, 'a', 0o600);
  // its messages go into a file: a pipe would break when the daemon ends before it
  const child = spawn(program, args, {
    cwd: '/',
    detached: true,
    stdio: ['ignore', fd, fd],
    env: { PATH: process.env['PATH'], LC_ALL: 'C' },
  });
  closeSync(fd);
  const kill = () => void child.kill('SIGKILL');
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    kill();
  }, limitMs);
  signal?.addEventListener('abort', kill, { once: true });
  try {
    const how = await new Promise<string | undefined>((resolve, reject) => {
      child.once('error', reject);
      child.once('exit', (code, name) => resolve(code === 0 ? undefined : (name ?? `exit code ${code}`)));
    });
    signal?.throwIfAborted();
    if (late) throw new ApiError(500, `criu did not end within ${limitMs / 1000} seconds, and was killed`);
    if (how) throw new ApiError(500, `criu failed (${how}): ${lastWords(log) || 'it said nothing'}`);
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'EACCES', 'ENOEXEC'))
      throw new ApiError(501, `${program} could not be executed: ${(error as Error).message}`, { cause: error });
    throw error;
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', kill);
  }
}
