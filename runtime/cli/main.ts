#!/usr/bin/env -S node --
/**
 * The `drydock` command: finds the verb, loads only that verb's file, and turns an error into a line and an exit code.
 */
import { Command, CommanderError } from 'commander';
import { rewrite } from './flags/arguments.ts';
import { warn } from './terminal/columns.ts';
import { Failure, messageOf } from './failure/failure.ts';
import { refusedFlags } from './flags/refused.ts';
import { TLS_FILES, withTls } from './flags/tls.ts';
import { leave, whenReaderGone } from './failure/exit.ts';
import { verbs } from './verbs.ts';

/** Its exit code 1 is an answer, so a wrong command line has another. */
const MISUSED_2 = new Set(['why']);
const ENDS_AT_ARGUMENT = new Set(['run', 'create', 'exec', 'top']);

function program(): Command {
  const command = new Command('drydock')
    .description(
      'A container runtime that you can walk round: every step of a run can be paused, inspected and explained.',
    )
    .option(
      '-H, --host <address>',
      'the daemon: unix://, tcp:// or ssh:// (DRYDOCK_HOST, unix:///run/drydock/drydock.sock)',
    )
    .option('-v, --version', 'show the version')
    .enablePositionalOptions()
    .showSuggestionAfterError();
  return withTls(command, 'the daemon');
}

/** The verb's index in `args`: after the options of `drydock` itself. -1 when there is none. */
function verbIndex(args: readonly string[]): number {
  for (let i = 0; i < args.length; i++) {
    if (['-H', '--host', ...TLS_FILES].includes(args[i]!)) i++;
    else if (!args[i]!.startsWith('-')) return i;
  }
  return -1;
}

/**
 * Turns commander's own errors into a Failure. Help is no error; the exit code is 125 for a wrong flag and 1 for a
 * wrong argument, as in docker.
 */
function usageFailure(error: CommanderError, verb: string | undefined): Failure | undefined {
  if (error.exitCode === 0) return undefined;
  const unknown = /^error: unknown option '([^'=]+)/.exec(error.message)?.[1];
  const reason = unknown && verb && ['run', 'create'].includes(verb) && refusedFlags[unknown];
  const message = reason
    ? `${unknown} is not supported: ${reason}`
    : error.message
        .replace(/^error: /, '')
        .replace(/^unknown option '([^']+)'/, 'unknown flag: $1')
        .trim();
  const aboutFlags = /option/i.test(error.code) || error.code === 'commander.invalidArgument';
  return new Failure(message, MISUSED_2.has(verb ?? '') ? 2 : aboutFlags ? 125 : 1, { usage: true });
}

function quiet(command: Command): Command {
  return command.exitOverride().configureOutput({ writeErr: () => undefined });
}

/** Throws a Failure with the verbs that are spelled alike, which commander finds. */
async function unknown(root: Command, name: string): Promise<void> {
  for (const verb of verbs) root.addCommand(new Command(verb.name));
  await root.parseAsync([name], { from: 'user' }).catch((error: Error) => {
    const similar = /\n\(Did you mean .*\)/.exec(error.message)?.[0] ?? '';
    throw new Failure(`unknown command: drydock ${name}${similar}`, 1, { usage: true });
  });
}

async function main(args: string[]): Promise<void> {
  const root = quiet(program());
  const at = verbIndex(args);
  const wanted = at < 0 ? undefined : args[at];
  if (args.slice(0, at < 0 ? undefined : at).some((arg) => arg === '-v' || arg === '--version'))
    args = ['version', '--short'];
  if (wanted === undefined && args[0] !== 'version') return void process.stdout.write(await listing(root));
  const name = args[0] === 'version' ? 'version' : wanted!;
  if (name === 'help') return help(root, args[at + 1]);
  const entry = verbs.find((verb) => verb.name === name);
  if (!entry) return unknown(root, name);
  const command = quiet((await entry.load()).command());
  for (const sub of command.commands) quiet(sub);
  root.addCommand(command);
  const first = args.indexOf(name) + 1;
  const rest = rewritten(command, args.slice(first));
  await root.parseAsync([...args.slice(0, first), ...rest], { from: 'user' }).catch((error: Error) => {
    // `drydock network` alone: as in docker, the list of its commands
    if (!(error instanceof CommanderError) || error.code !== 'commander.help') throw error;
    command.outputHelp();
  });
}

/** The command's own words, or those of its subcommand: `network create --ipv4=false`. */
function rewritten(command: Command, words: readonly string[]): string[] {
  const sub = command.commands.find((one) => one.name() === words[0] || one.alias() === words[0]);
  if (!sub) return rewrite(command, words, ENDS_AT_ARGUMENT.has(command.name()));
  const endsAtArgument = command.name() === 'container' && ENDS_AT_ARGUMENT.has(sub.name());
  return [...words.slice(0, 1), ...rewrite(sub, words.slice(1), endsAtArgument)];
}

async function listing(root: Command): Promise<string> {
  for (const { name, summary, group } of verbs)
    root.addCommand(new Command(name).description(summary).helpGroup(group));
  return (
    root.helpCommand(false).helpInformation() +
    '\nExamples:\n  $ drydock run -it ubuntu /bin/bash\n  $ drydock run --step -it ubuntu /bin/bash\n\nEvery verb has --help with examples.\n'
  );
}

async function help(root: Command, name: string | undefined): Promise<void> {
  if (!name) return void process.stdout.write(await listing(root));
  return main([name, '--help']);
}

function report(error: unknown, verb: string | undefined): number {
  const failure = error instanceof CommanderError ? usageFailure(error, verb) : error;
  if (!failure) return 0;
  warn(`drydock: ${messageOf(failure)}`);
  if (process.env['DRYDOCK_DEBUG'] && failure instanceof Error) warn(failure.stack ?? '');
  if (!(failure instanceof Failure)) return 1;
  if (failure.usage) process.stderr.write(`Run 'drydock ${verb ? `${verb} ` : ''}--help' for more information\n`);
  return failure.code;
}

whenReaderGone();
const args = process.argv.slice(2);
try {
  await main(args);
} catch (error) {
  process.exitCode = report(error, verbs.find(({ name }) => name === args[verbIndex(args)])?.name);
}
if (args[verbIndex(args)] !== 'daemon') await leave();
