/** Runs a program beside the test and collects its output and exit status. */
import { spawn } from 'node:child_process';
import { patience } from '../until.ts';

export interface Ran {
  code: number | null;
  signal: NodeJS.Signals | null;
  out: string;
  err: string;
}
export interface Running {
  pid: number;
  ran: Ran;
  done: Promise<Ran>;
  input: NodeJS.WritableStream;
  kill(signal: NodeJS.Signals): void;
}
export interface RunOptions {
  env?: NodeJS.ProcessEnv;
  input?: string;
  seconds?: number;
  cwd?: string;
}

/** At the timeout the process gets SIGKILL, because the docker client traps SIGTERM. */
export function begin(command: string, args: readonly string[], { env, seconds = 90, cwd }: RunOptions = {}): Running {
  const child = spawn(command, args, { env: { ...process.env, ...env }, cwd, stdio: 'pipe', detached: true });
  const ran: Ran = { code: null, signal: null, out: '', err: '' };
  child.stdout.on('data', (data) => (ran.out += data));
  child.stderr.on('data', (data) => (ran.err += data));
  child.stdin.on('error', () => undefined);
  const timer = setTimeout(() => child.kill('SIGKILL'), seconds * patience * 1000);
  const done = new Promise<Ran>((resolve, reject) => {
    child.once('error', reject);
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      resolve(Object.assign(ran, { code, signal }));
    });
  });
  return { pid: child.pid ?? 0, ran, done, input: child.stdin, kill: (signal) => void child.kill(signal) };
}

export function run(command: string, args: readonly string[], options: RunOptions = {}): Promise<Ran> {
  const running = begin(command, args, options);
  running.input.end(options.input ?? '');
  return running.done;
}
