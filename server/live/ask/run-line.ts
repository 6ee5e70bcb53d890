/** The run box of the page: the same flags as `drydock run`, parsed with the same tables. */
import { Command, CommanderError } from 'commander';
import { rewrite } from '../../../runtime/cli/flags/arguments.ts';
import { containerBody, declareContainer, type ContainerOptions } from '../../../runtime/cli/flags/container.ts';
import { refusedFlags } from '../../../runtime/cli/flags/refused.ts';
import { untilImage } from '../../../runtime/cli/flags/verb.ts';
import { badParameter, ApiError } from '../../../runtime/errors/api-error.ts';
import type { ContainerRequest } from '../../../runtime/request/container-request.ts';
import { notHere } from './not-here.ts';
import { shellSplit } from './shell-split.ts';

export interface RunLine {
  request: ContainerRequest;
  name?: string;
  platform?: string;
}
export interface PullLine {
  reference: string;
  platform?: string;
}

/**
 * Flags that do not apply here: the page has other controls for them, or they concern files and a terminal of the
 * client.
 */
const elsewhere: Record<string, string> = {
  '--step': 'choose the mode beside the line',
  '--break': 'set breakpoints in the list of steps',
  '--web': 'this is the page already',
  '--cidfile': 'the page shows the id',
};

function command(): Command {
  return declareContainer(untilImage(new Command('run')))
    .helpOption(false)
    .option('-d, --detach', 'do not attach')
    .argument('<image>')
    .argument('[command...]')
    .exitOverride()
    .configureOutput({ writeErr: () => undefined, writeOut: () => undefined });
}

function explained(error: CommanderError): ApiError {
  const flag = /unknown option '([^'=]+)/.exec(error.message)?.[1];
  const reason = flag && (elsewhere[flag] ?? refusedFlags[flag]);
  return badParameter(reason ? `${flag} is not taken here: ${reason}` : error.message.replace(/^error: /, ''));
}

/**
 * Parses 'run -it ubuntu /bin/bash', 'pull ubuntu', 'docker run …', or the same without these words. Throws 400 that
 * says what is wrong.
 */
export function parseLine(line: string): { run: RunLine } | { pull: PullLine } {
  const given = shellSplit(line);
  if (given[0] === 'drydock' || given[0] === 'docker') given.shift();
  const [verb = ''] = given;
  if (verb === 'pull') return { pull: pullLine(given.slice(1)) };
  if (notHere.has(verb))
    throw badParameter(
      `${verb} is a command, and no image: type drydock ${verb} in a terminal; here run and pull are taken`,
    );
  return { run: runLine(verb === 'run' ? given.slice(1) : given) };
}

function pullLine(given: readonly string[]): PullLine {
  const pull = new Command('pull')
    .helpOption(false)
    .option('--platform <os/arch>')
    .argument('<image>')
    .exitOverride()
    .configureOutput({ writeErr: () => undefined, writeOut: () => undefined });
  try {
    pull.parse(given, { from: 'user' });
    const { platform } = pull.opts<{ platform?: string }>();
    return { reference: pull.args[0]!, ...(platform && { platform }) };
  } catch (error) {
    throw error instanceof CommanderError ? explained(error) : error;
  }
}

function runLine(given: string[]): RunLine {
  const run = command();
  try {
    run.parse(rewrite(run, given, true), { from: 'user' });
    const [image = '', ...rest] = run.args;
    const options = run.opts<ContainerOptions>();
    if (options.cidfile) throw badParameter(`--cidfile is not taken here: ${elsewhere['--cidfile']}`);
    if (!image) throw badParameter('give an image');
    const request = containerBody(run, image, rest, options.detach ?? false);
    return {
      request,
      ...(options.name && { name: options.name }),
      ...(options.platform && { platform: options.platform }),
    };
  } catch (error) {
    if (error instanceof CommanderError) throw explained(error);
    throw error instanceof ApiError ? error : badParameter(error instanceof Error ? error.message : String(error));
  }
}

/** Parses a line that must run a container, as in lessons. */
export function parseRunLine(line: string): RunLine {
  const parsed = parseLine(line);
  if ('pull' in parsed) throw badParameter(`${JSON.stringify(line)} runs no container`);
  return parsed.run;
}
