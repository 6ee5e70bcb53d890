/** Runs the built command against a server. */
import { spawn } from 'node:child_process';
import { resolve } from 'node:path';

export const drydock = resolve(process.env['DRYDOCK_CLI'] ?? 'dist/drydock.js');
export interface Ran {
  code: number | null;
  signal: NodeJS.Signals | null;
  out: string;
  err: string;
}
export interface Running {
  done: Promise<Ran>;
  kill(signal: NodeJS.Signals): void;
  input: NodeJS.WritableStream;
  ran: Ran;
}

/** Runs in a new session (setsid(2)), so that it never has a controlling terminal. */
export function begin(socket: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): Running {
  const child = spawn(process.execPath, [drydock, ...args], {
    env: { ...process.env, DRYDOCK_HOST: `unix://${socket}`, ...env },
    stdio: 'pipe',
    detached: true,
  });
  const ran: Ran = { code: null, signal: null, out: '', err: '' };
  child.stdout.on('data', (data) => (ran.out += data));
  child.stderr.on('data', (data) => (ran.err += data));
  child.stdin.on('error', () => undefined);
  const timer = setTimeout(() => child.kill('SIGKILL'), 90_000);
  const done = new Promise<Ran>((finish) =>
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      finish(Object.assign(ran, { code, signal }));
    }),
  );
  return { done, kill: (signal) => void child.kill(signal), input: child.stdin, ran };
}

/** Runs to the end with this text as stdin. */
export function run(
  socket: string,
  args: readonly string[],
  input: string | Buffer = '',
  env: NodeJS.ProcessEnv = {},
): Promise<Ran> {
  const running = begin(socket, args, env);
  running.input.end(input);
  return running.done;
}
