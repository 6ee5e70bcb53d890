/**
 * The requests around a running process: attach, wait, start, resize, and the exit code at the end.
 *
 *   attach ──▶ hijacked stream      before the start, or the first bytes of output would be missed
 *   wait   ──▶ status line … body   the body comes when the process ends
 *   start  ──▶ 204 or an error
 *   resize     after the start, and at each SIGWINCH
 */
import type { IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import { bodyOf, containerPath, type Client, type Hijacked } from './client.ts';
import type { DetachScanner } from '../../container/io/detach-keys.ts';
import { detachScanner } from '../flags/detach-keys.ts';
import { DaemonError, Failure, startFailure } from '../failure/failure.ts';
import { forwardSignals } from '../terminal/signals.ts';
import { copyOutput } from './streams.ts';
import { Terminal, windowSize } from '../terminal/terminal.ts';

export interface SessionOptions {
  client: Client;
  id: string;
  tty: boolean;
  /** the source of stdin; absent: the process gets none */
  stdin?: Readable;
  stdout: boolean;
  stderr: boolean;
  condition?: 'next-exit' | 'removed' | 'not-running';
  detachKeys?: string;
  sigProxy?: boolean;
  /** absent: the process runs already (attach) */
  start?(): Promise<void>;
  /** 'kept': the step view sets the terminal's mode itself */
  terminal?: 'kept';
  /** the exit code for failures before the process runs */
  trouble?: number;
  onOutputEnd?(): void;
}

export const requireTerminal = (): void => {
  if (!process.stdin.isTTY) throw new Failure('the input device is not a TTY', 1);
};

/** Copies stdin to the process. Resolves when the detach keys were typed, and never otherwise. */
export function feed(source: Readable, { socket }: Hijacked, keys: DetachScanner | undefined): Promise<'detached'> {
  return new Promise((resolve) => {
    source.on('data', (chunk: Buffer) => {
      const { pass, detached } = keys?.feed(chunk) ?? { pass: chunk, detached: false };
      if (pass.length && socket.writable && !socket.write(pass)) {
        source.pause();
        socket.once('drain', () => source.resume());
      }
      if (detached) resolve('detached');
    });
    // the previous session may have paused it
    source.resume();
    source.once('end', () => socket.end());
    source.once('error', () => socket.end());
    socket.on('error', () => source.pause());
  });
}

/**
 * Sets the terminal raw and keeps the size of the process's window equal to ours. Returns the function that undoes
 * both.
 */
export function useTerminal(
  source: Readable | undefined,
  resize: (size: [number, number]) => Promise<unknown>,
  mode?: 'kept',
): () => void {
  const input =
    source === process.stdin && process.stdin.isTTY && mode !== 'kept' ? new Terminal(process.stdin, 0) : undefined;
  const changed = () => {
    const size = windowSize();
    // the answer is 409 when the process has ended or has not begun
    if (size) resize(size).catch(() => undefined);
  };
  input?.raw({ output: true });
  process.on('SIGWINCH', changed);
  changed();
  return () => {
    process.off('SIGWINCH', changed);
    input?.restore();
  };
}

function daemonGone(cause?: unknown): never {
  throw new Failure(
    'the daemon has gone away; the container goes on without it: `drydock attach` finds it again',
    125,
    { cause },
  );
}

interface WaitAnswer {
  StatusCode: number;
  Error?: { Message: string } | null;
}
async function exitCode(response: IncomingMessage): Promise<number> {
  const text = await bodyOf(response).catch(daemonGone);
  if (!text) return daemonGone();
  const { StatusCode, Error: error } = JSON.parse(text) as WaitAnswer;
  if (error?.Message) throw new Failure(error.Message, 125);
  return StatusCode;
}

/** The container's exit code. It is 0, with a line on stderr, when the user detached. */
export async function session(options: SessionOptions): Promise<number> {
  const { client, id, tty, stdin, detachKeys, trouble = 125 } = options;
  const keys = tty ? detachScanner(detachKeys) : undefined;
  const query = { stream: 1, stdin: Boolean(stdin), stdout: options.stdout, stderr: options.stderr, detachKeys };
  const waiting = new AbortController();
  // both must exist before the start, and neither depends on the other
  const [stream, wait] = await Promise.all([
    client.hijack(containerPath(id, '/attach'), query),
    client.open('POST', containerPath(id, '/wait'), {
      query: { condition: options.condition ?? 'not-running' },
      signal: waiting.signal,
    }),
  ]).catch((error: unknown) => {
    waiting.abort();
    throw error;
  });
  const output = copyOutput(stream.socket, stream.head, tty, process)
    .catch(daemonGone)
    .finally(() => options.onOutputEnd?.());
  output.catch(() => undefined);
  const code = exitCode(wait);
  code.catch(() => undefined);
  const stopSignals =
    options.sigProxy !== false && !tty
      ? forwardSignals((signal) => void client.post(containerPath(id, '/kill'), { signal }).catch(() => undefined))
      : () => undefined;
  let release = () => undefined as void;
  try {
    // what the user types during the start is passed on to the process
    const left = stdin ? feed(stdin, stream, keys) : (stream.socket.end(), new Promise<never>(() => undefined));
    await options.start?.().catch((error: unknown) => {
      // docker's `start -a` exits with 1 for every failed start
      throw trouble === 125 || !(error instanceof DaemonError)
        ? startFailure(error, trouble)
        : new Failure(error.message, trouble, { cause: error });
    });
    if (tty)
      release = useTerminal(stdin, ([h, w]) => client.post(containerPath(id, '/resize'), { h, w }), options.terminal);
    const end = await Promise.race([Promise.all([code, output]).then(([status]) => status), left]);
    if (end !== 'detached') return end;
    release();
    process.stderr.write('read escape sequence\n');
    return 0;
  } finally {
    release();
    stopSignals();
    stdin?.pause();
    stream.socket.destroy();
    waiting.abort();
  }
}
