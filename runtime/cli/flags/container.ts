/** Turns the command line of `run` and `create` into a request to the daemon. */
import type { Command } from 'commander';
import { collect } from './verb.ts';
import { Failure, misuse } from '../failure/failure.ts';
import { apply, declare, type Body } from './flag.ts';
import { breakingFlags } from './breaking.ts';
import { fileFlags } from './files.ts';
import { healthFlags } from './health.ts';
import { isolationFlags, settleCapabilities } from './isolation.ts';
import { limitFlags } from './limits.ts';
import { networkFlags } from './network.ts';
import { portFlags } from './ports.ts';
import { processFlags } from './process.ts';

export interface ContainerOptions {
  name?: string;
  platform?: string;
  pull?: string;
  cidfile?: string;
  quiet?: boolean;
  interactive?: boolean;
  tty?: boolean;
  attach?: string[];
  rm?: boolean;
  detach?: boolean;
}

const tables = [
  processFlags,
  healthFlags,
  fileFlags,
  networkFlags,
  portFlags,
  limitFlags,
  isolationFlags,
  breakingFlags,
];

export function declareContainer(command: Command): Command {
  command
    .option('-i, --interactive', 'keep stdin open')
    .option('-t, --tty', 'give the process a terminal')
    .option('-a, --attach <stream>', 'attach to stdin, stdout or stderr only (repeatable)', collect)
    .option('--rm', 'remove the container when it has ended')
    .option('--name <name>', 'name of the container')
    .option('--cidfile <file>', "write the container's id to a file")
    .option('--platform <os/arch>', 'platform of the image: linux/arm64')
    .option('--pull <policy>', 'fetch the image: missing, always or never', 'missing')
    .option('-q, --quiet', 'say nothing of the pull');
  for (const flags of tables) declare(command, flags);
  return command;
}

const streams = ['stdin', 'stdout', 'stderr'];

/** `detached`: no stream is attached, even with -i. */
export function containerBody(command: Command, image: string, words: readonly string[], detached: boolean): Body {
  const options = command.opts<ContainerOptions>();
  const attach = (options.attach ?? []).map((name) => name.toLowerCase());
  const wrong = attach.find((name) => !streams.includes(name));
  if (wrong)
    throw misuse(`invalid argument "${wrong}" for "-a, --attach" flag: valid streams are STDIN, STDOUT and STDERR`);
  if (detached && attach.length) throw misuse('conflicting options: cannot specify both --attach and --detach');
  if (!['missing', 'always', 'never'].includes(options.pull!))
    throw misuse(`invalid pull option: '${options.pull}': must be one of "always", "missing" or "never"`);
  const has = (name: string) =>
    !detached && (attach.length ? attach.includes(name) : name !== 'stdin' || Boolean(options.interactive));
  const body: Body = {
    Image: image,
    Cmd: words.length ? [...words] : null,
    Tty: Boolean(options.tty),
    OpenStdin: Boolean(options.interactive),
    AttachStdin: has('stdin'),
    AttachStdout: has('stdout'),
    AttachStderr: has('stderr'),
    StdinOnce: Boolean(options.interactive) && has('stdin'),
    HostConfig: { AutoRemove: Boolean(options.rm) },
  };
  if (options.cidfile) body.HostConfig.ContainerIDFile = options.cidfile;
  for (const flags of tables) apply(command, flags, body);
  settleCapabilities(body);
  const restart = body.HostConfig.RestartPolicy?.Name;
  if (options.rm && restart && restart !== 'no')
    throw new Failure('conflicting options: cannot specify both --restart and --rm', 125, { usage: true });
  return body;
}
