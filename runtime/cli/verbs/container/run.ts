import type { Command } from 'commander';
import { print } from '../../terminal/columns.ts';
import { containerPath } from '../../client/client.ts';
import { connectTo } from '../../client/connection.ts';
import { createContainer } from './create-container.ts';
import { detachScanner } from '../../flags/detach-keys.ts';
import { misuse, startFailure } from '../../failure/failure.ts';
import { containerBody, declareContainer, type ContainerOptions } from '../../flags/container.ts';
import { Interruption } from './interruption.ts';
import { listOmissions, missingImage, wantsList } from './omissions.ts';
import { requireTerminal, session, type SessionOptions } from '../../client/session.ts';
import { collect, untilImage, verb } from '../../flags/verb.ts';
import { windowSize } from '../../terminal/terminal.ts';

export interface RunOptions extends ContainerOptions {
  detachKeys?: string;
  sigProxy?: boolean;
  step?: boolean;
  break?: string[];
  leaveOut?: string[];
  web?: boolean;
}

export function command(): Command {
  return declareContainer(
    untilImage(
      verb(
        'run',
        'Create a container from an image, start it, and stay with it until it ends.',
        'run -it ubuntu /bin/bash',
        'run --rm ubuntu ls -l /',
        'run -d --name web -v ./site:/srv:ro ubuntu sleep 1h',
        'run --step -it ubuntu /bin/bash',
        'run --break init.pivot-root --break sethostname -it ubuntu',
        'run --leave-out pid-namespace -it ubuntu ps -ef',
      ),
    ),
  )
    .option('-d, --detach', 'do not attach: print the id and leave')
    .option('--detach-keys <keys>', 'keys that leave it running (ctrl-p,ctrl-q)')
    .option('--sig-proxy', 'hand the signals that we get to the process', true)
    .option('--no-sig-proxy', 'keep the signals that we get')
    .option('--step', 'stop before every step; show, explain and step into it')
    .option('--break <step>', 'stop before a step, a phase or a system call (repeatable)', collect)
    .option('--web', 'print an address of the playground that shows it, and open it where there is a browser')
    .usage('[options] <image> [command...]')
    .argument('[image]')
    .argument('[command...]')
    .action(run);
}

async function run(image: string | undefined, words: string[], options: RunOptions, command: Command): Promise<void> {
  if (wantsList(options)) return listOmissions(command);
  if (image === undefined) throw missingImage();
  const detached = Boolean(options.detach);
  const stepping = options.step || options.break;
  const body = containerBody(command, image, words, detached);
  if (options.tty && options.interactive && !detached) requireTerminal();
  if (stepping && detached && options.step)
    throw misuse('conflicting options: cannot specify both --step and --detach');
  // checked before anything is made
  if (options.detachKeys) detachScanner(options.detachKeys);
  body.HostConfig.ConsoleSize = windowSize() ?? [0, 0];
  const client = await connectTo(command, 125);
  const stepper = stepping ? await (await import('../../step/stepper.ts')).Stepper.open(client, options) : undefined;
  const interruption = new Interruption(client, Boolean(options.rm));
  try {
    const id = await createContainer(client, body, options, {
      pullLater: Boolean(stepper) && options.pull === 'missing',
      signal: interruption.signal,
    });
    interruption.created(id);
    if (options.web) await (await import('../walk/playground.ts')).showInPlayground(client, id);
    const start = () =>
      interruption.start(() => (stepper ? stepper.start(id) : client.post(containerPath(id, '/start'))));
    if (detached) {
      await start().catch((error: unknown) => {
        throw startFailure(error, 125);
      });
      // the id has not been printed yet, so the user could not stop the container
      await interruption.conclude();
      return print(id);
    }
    const plan = {
      client,
      id,
      tty: Boolean(body.Tty),
      stdout: Boolean(body.AttachStdout),
      stderr: Boolean(body.AttachStderr),
      ...(body.AttachStdin && { stdin: process.stdin }),
      condition: options.rm ? 'removed' : 'next-exit',
      sigProxy: options.sigProxy ?? true,
      ...(options.detachKeys && { detachKeys: options.detachKeys }),
      start: () => start().then(() => interruption.end()),
    } satisfies SessionOptions;
    process.exitCode = await (stepper ? stepper.run(plan) : session(plan));
  } finally {
    // the error of an interrupted run is a consequence of the signal and is not reported
    await interruption.conclude();
    interruption.end();
  }
}
