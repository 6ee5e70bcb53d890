import { setTimeout as sleep } from 'node:timers/promises';
import type { Command } from 'commander';
import { containerPath, type Client } from '../../client/client.ts';
import { connectTo } from '../../client/connection.ts';
import { detachScanner } from '../../flags/detach-keys.ts';
import { startFailure } from '../../failure/failure.ts';
import { processFlags } from '../../flags/process.ts';
import { apply, declare, type Body } from '../../flags/flag.ts';
import { feed, requireTerminal, useTerminal } from '../../client/session.ts';
import { copyOutput } from '../../client/streams.ts';
import { windowSize } from '../../terminal/terminal.ts';
import { untilImage, verb } from '../../flags/verb.ts';

interface Options {
  interactive?: boolean;
  tty?: boolean;
  detach?: boolean;
  privileged?: boolean;
  detachKeys?: string;
}
const shared = processFlags.filter(({ flags }) => /--(env|env-file|user|workdir) /.test(flags));

export function command(): Command {
  const exec = untilImage(
    verb(
      'exec',
      'Run a command in a running container: setns(2) into its namespaces.',
      'exec -it web /bin/bash',
      'exec -u nobody -w /tmp web id',
      'exec -d web touch /tmp/x',
    ),
  )
    .argument('<container>')
    .argument('<command...>')
    .option('-i, --interactive', 'keep stdin open')
    .option('-t, --tty', 'give the process a terminal')
    .option('-d, --detach', 'leave it in the background')
    .option('--privileged', 'all capabilities')
    .option('--detach-keys <keys>', 'keys that leave it running (ctrl-p,ctrl-q)');
  declare(exec, shared);
  return exec.action(run);
}

async function run(name: string, words: string[], options: Options, command: Command): Promise<void> {
  const given: Body = { Image: '', HostConfig: {} };
  apply(command, shared, given);
  const attached = !options.detach;
  if (options.tty && options.interactive && attached) requireTerminal();
  const client = await connectTo(command);
  const ConsoleSize = options.tty ? windowSize() : undefined;
  const { Id } = await client.post<{ Id: string }>(
    containerPath(name, '/exec'),
    {},
    {
      AttachStdin: attached && Boolean(options.interactive),
      AttachStdout: attached,
      AttachStderr: attached,
      Tty: Boolean(options.tty),
      Cmd: words,
      Privileged: Boolean(options.privileged),
      User: given.User ?? '',
      WorkingDir: given.WorkingDir ?? '',
      Env: given.Env ?? null,
      ...(options.detachKeys && { DetachKeys: options.detachKeys }),
      ...(ConsoleSize && { ConsoleSize }),
    },
  );
  const start = { Detach: Boolean(options.detach), Tty: Boolean(options.tty), ...(ConsoleSize && { ConsoleSize }) };
  try {
    if (options.detach) return void (await client.post(`/exec/${Id}/start`, {}, start));
    process.exitCode = await converse(client, Id, start, options);
  } catch (error) {
    throw startFailure(error, 1);
  }
}

interface Exec {
  Running: boolean;
  ExitCode: number | null;
}
const ENDING_MS = 2000;

/**
 * The output may end a moment before the process is reaped, so this waits a short time. It does not wait for a process
 * that has only closed its output.
 */
async function exitCode(client: Client, id: string): Promise<number> {
  const end = Date.now() + ENDING_MS;
  for (;;) {
    const { Running, ExitCode } = await client.get<Exec>(`/exec/${id}/json`);
    if (!Running || Date.now() > end) return ExitCode ?? 0;
    await sleep(10);
  }
}

async function converse(client: Client, id: string, start: object, options: Options): Promise<number> {
  const tty = Boolean(options.tty);
  const stdin = options.interactive ? process.stdin : undefined;
  const keys = tty ? detachScanner(options.detachKeys) : undefined;
  const stream = await client.hijack(`/exec/${id}/start`, {}, start);
  const output = copyOutput(stream.socket, stream.head, tty, process);
  const left = stdin ? feed(stdin, stream, keys) : (stream.socket.end(), new Promise<never>(() => undefined));
  const release = tty ? useTerminal(stdin, ([h, w]) => client.post(`/exec/${id}/resize`, { h, w })) : () => undefined;
  try {
    if ((await Promise.race([output, left])) === 'detached') {
      release();
      process.stderr.write('read escape sequence\n');
      return 0;
    }
    return await exitCode(client, id);
  } finally {
    release();
    stdin?.pause();
    stream.socket.destroy();
  }
}
