/** Starts a daemon when nothing listens on the socket. That daemon ends by itself when it is idle. */
import { spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { makeDirectories } from '../../kernel/make-directories.ts';
import { DEFAULT_EXEC_ROOT } from './address.ts';
import { codeOf, Failure } from '../failure/failure.ts';

/** How long to wait for the daemon to listen. It takes long on a slow machine, or when many containers are adopted. */
const PATIENCE_MS = 60_000;
const OTHER_MS = 1500;
const IDLE_SECONDS = 30;
/**
 * A start of a container leaves few objects behind, so a small young generation is enough. Node's default of 3 × 16 MiB
 * would hold mostly garbage.
 *
 * The buffers of what a client sends are freed as soon as they are found to be garbage. By default another thread does
 * it later, and until then V8 counts them as memory in use: `cp` of 1 GiB into a container caused a full collection for
 * every few megabytes, and took 2.3 seconds instead of 1.4.
 */
export const NODE_FLAGS: readonly string[] = ['--max-semi-space-size=4', '--no-concurrent-array-buffer-sweeping'];

/**
 * Connects to the socket at `path`. Resolves with undefined when a process accepts, otherwise with the errno's name.
 */
export function probe(path: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.once('connect', () => (socket.destroy(), resolve(undefined)));
    socket.once('error', (error) => resolve(codeOf(error) ?? 'unknown'));
  });
}

const lastLines = (path: string, from: number) =>
  readFileSync(path).subarray(from).toString('utf8').trim().split('\n').slice(-5).join('\n');

/**
 * Makes sure that a daemon listens at `path`, and starts one if none does. Throws Failure with exit code `code` when
 * that is not possible.
 */
export async function ensureDaemon(path: string, code = 1): Promise<void> {
  const state = await probe(path);
  if (!state) return;
  if (process.getuid?.() !== 0) {
    throw new Failure(
      state === 'EACCES'
        ? `permission denied for the daemon's socket ${path}: must run as root, or as a member of its group`
        : `must run as root: no daemon listens at ${path}, and only root can start one`,
      code,
    );
  }
  if (state !== 'ENOENT' && state !== 'ECONNREFUSED')
    throw new Failure(`cannot connect to the daemon's socket ${path}: ${state}`, code);
  await start(path, code);
}

async function start(path: string, code: number): Promise<void> {
  const runDir = process.env['DRYDOCK_EXEC_ROOT'] || DEFAULT_EXEC_ROOT;
  const log = join(runDir, 'daemon.log');
  makeDirectories(runDir, 0o711);
  const fd = openSync(log, 'a', 0o600);
  const from = readFileSync(log).length;
  let exited: string | undefined;
  // the socket of sd_notify(3) is that of the client's service
  const { NOTIFY_SOCKET: _, ...env } = process.env;
  const child = spawn(
    process.execPath,
    [
      ...NODE_FLAGS,
      process.argv[1]!,
      'daemon',
      '--idle',
      process.env['DRYDOCK_IDLE'] ?? String(IDLE_SECONDS),
      '--host',
      `unix://${path}`,
    ],
    { detached: true, stdio: ['ignore', fd, fd], cwd: '/', env },
  );
  child.once('exit', (status, signal) => (exited = signal ?? `status ${status}`));
  child.once('error', (error) => (exited = error.message));
  closeSync(fd);
  child.unref();
  let end = Date.now() + PATIENCE_MS;
  let ended: number | undefined;
  while (Date.now() < end) {
    await sleep(10);
    if (!(await probe(path))) return;
    // Two commands at the same moment start two daemons. One of them ends, and the other one will listen soon.
    if (exited) end = Math.min(end, (ended ??= Date.now()) + OTHER_MS);
  }
  throw new Failure(
    `the daemon ${exited ? `ended at once (${exited})` : `did not answer within ${PATIENCE_MS / 1000} s`}; the end of ${log}:\n${lastLines(log, from)}`,
    code,
  );
}
