import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, statSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { posix, relative, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { text as textOf } from 'node:stream/consumers';
import type { Command } from 'commander';
import { isRepository } from '../../../build/git/is-repository.ts';
import { contextStream, type ContextAsked } from '../../client/build-context.ts';
import type { Client, Request } from '../../client/client.ts';
import { connectTo } from '../../client/connection.ts';
import { requireTerminal } from '../../client/session.ts';
import type { FailedRun } from '../../../build/build.ts';
import { holdFailed } from './failed-run.ts';
import { Failure, misuse } from '../../failure/failure.ts';
import { collect, verb } from '../../flags/verb.ts';
import { visible } from '../../../journal/visible.ts';
import { print } from '../../terminal/columns.ts';

interface Options {
  tag?: string[];
  file?: string;
  buildArg?: string[];
  buildContext?: string[];
  label?: string[];
  secret?: string[];
  addHost?: string[];
  target?: string;
  network?: string;
  cache: boolean;
  /** of --no-cache-filter; true when it was not given, as commander has it for names that begin with --no */
  cacheFilter: true | string[];
  pull?: boolean;
  quiet?: boolean;
  step?: boolean;
  break?: string[];
  onFailure?: string;
}

export function command(): Command {
  return verb(
    'build',
    'Build an image from a Dockerfile. `build why` builds nothing: for each instruction it tells whether the cache has its result, and if not, what is different.',
    'build -t app .',
    'build --step .',
    'build --break build.run@3/7 .',
    'build --on-failure shell .',
    'build --secret id=key,src=key.txt --build-arg V=2 .',
    'build https://example.test/app.git#v1:service',
    'build why .',
  )
    .argument('<dir...>', 'the directory whose files COPY finds, or URL.git[#REF[:DIR]]; before it why')
    .option('-t, --tag <name>', 'a name for the image; repeatable', collect)
    .option('-f, --file <path>', 'the Dockerfile, by default DIR/Dockerfile; - is stdin')
    .option('--build-arg <name=value>', 'the value of an ARG, by default of the environment; repeatable', collect)
    .option('--build-context <name=…>', 'docker-image://IMAGE or a git URL for FROM and --from; repeatable', collect)
    .option('--label <name=value>', 'a label of the image; repeatable', collect)
    .option('--secret <id=…,src=…|env=…>', 'a secret for RUN --mount=type=secret; repeatable', collect)
    .option('--add-host <host:ip>', 'a name for /etc/hosts of RUN; repeatable', collect)
    .option('--target <stage>', 'build up to this stage')
    .option('--network <mode>', 'the network of RUN: default, none, host')
    .option('--no-cache', 'do everything anew')
    .option('--no-cache-filter <stage>', 'do this stage anew; repeatable', (stage: string, all?: true | string[]) =>
      collect(stage, all === true ? undefined : all),
    )
    .option('--pull', 'ask for newer base images')
    .option('-q, --quiet', 'print the id of the image alone')
    .option('--step', 'stop before every step; show and explain it')
    .option('--break <step>', 'stop before a step or a system call; repeatable', collect)
    .option('--on-failure <shell>', 'hold a RUN that fails, and open a shell in its container')
    .action(run);
}

async function run(words: string[], options: Options, command: Command): Promise<void> {
  const isQuestion = words.length === 2 && words[0] === 'why';
  if (words.length > 1 && !isQuestion) throw misuse(`build takes one directory, and got ${words.length}`);
  const request = await requestFor(words.at(-1)!, options);
  const client = await connectTo(command);
  if (isQuestion) return why(client, request);
  const { step = false, break: breakpoints, onFailure } = options;
  if (onFailure !== undefined) {
    checkOnFailure(options);
    return show(await client.open('POST', '/build', request), (failed) => holdFailed(client, failed));
  }
  if (!step && !breakpoints) return show(await client.open('POST', '/build', request));
  const { OperationWalk } = await import('../../step/operation-walk.ts');
  const walk = await OperationWalk.open(client, { step, ...(breakpoints && { break: breakpoints }) });
  return walk.along('POST', '/build', request, show);
}

/** The directory's files are sent; a git repository is fetched by the daemon. */
async function requestFor(place: string, options: Options): Promise<Request> {
  if (!isRepository(place)) {
    const asked = await contextAsked(place, options.file);
    return { ...requestOf(asked.dockerfile, options), stream: contextStream(asked) };
  }
  const request = requestOf(options.file ?? 'Dockerfile', options);
  return { ...request, query: { ...request.query, remote: place } };
}

/** The directory, and the Dockerfile in it; one from elsewhere gets a name that no file has. */
async function contextAsked(dir: string, file: string | undefined): Promise<ContextAsked> {
  if (!statSync(dir, { throwIfNoEntry: false })?.isDirectory()) throw misuse(`${dir} is no directory`);
  const elsewhere = (text: string) => ({ dir, dockerfile: `.dockerfile.${randomBytes(8).toString('hex')}`, text });
  if (file === '-') return elsewhere(await textOf(process.stdin));
  if (file === undefined) {
    const found = ['Dockerfile', 'dockerfile'].find((name) => existsSync(posix.join(dir, name)));
    if (!found) throw new Failure(`there is no Dockerfile in ${dir}`, 1);
    return { dir, dockerfile: found };
  }
  if (!existsSync(file)) throw new Failure(`there is no ${file}`, 1);
  const inside = relative(resolve(dir), resolve(file));
  if (inside.startsWith('../')) return elsewhere(readFileSync(file, 'utf8'));
  return { dir, dockerfile: inside };
}

function requestOf(dockerfile: string, options: Options): Request {
  const args = (options.buildArg ?? []).map((text) => (text.includes('=') ? text : fromEnvironment(text)));
  const secrets = Object.fromEntries((options.secret ?? []).map(secretOf));
  const header = Buffer.from(JSON.stringify(secrets)).toString('base64url');
  if (header.length > SECRETS_MOST)
    throw new Failure(`the secrets are longer than ${SECRETS_MOST / 2048} KiB in all; docker buildx can send them`, 1);
  return {
    query: {
      t: options.tag,
      dockerfile,
      buildargs: args.length ? JSON.stringify(pairs(args.flat())) : undefined,
      contexts: options.buildContext ? JSON.stringify(pairs(options.buildContext)) : undefined,
      labels: options.label ? JSON.stringify(pairs(options.label)) : undefined,
      extrahosts: options.addHost,
      target: options.target,
      networkmode: options.network,
      nocache: !options.cache,
      nocachefilter: options.cacheFilter === true ? undefined : options.cacheFilter,
      pull: options.pull,
      q: options.quiet,
      onfailure: options.onFailure,
    },
    headers: { 'Content-Type': 'application/x-tar', ...(options.secret && { 'X-Drydock-Secrets': header }) },
  };
}

/** In characters of the header, of which the daemon takes 128 KiB in all. */
const SECRETS_MOST = 96 * 1024;

/** 'A' is the A of the environment; without one it is not given. */
const fromEnvironment = (name: string): string[] =>
  process.env[name] === undefined ? [] : [`${name}=${process.env[name]}`];

const pairs = (list: readonly string[]): Record<string, string> =>
  Object.fromEntries(list.map((text) => [text.split('=', 1)[0]!, text.slice(text.indexOf('=') + 1)]));

/** 'id=key,src=key.txt' or 'id=key,env=KEY', as with docker. */
function secretOf(text: string): [id: string, base64: string] {
  const given = new Map(text.split(',').map((field) => [field.split('=', 1)[0]!, field.slice(field.indexOf('=') + 1)]));
  const [id, env] = [given.get('id'), given.get('env')];
  const file = given.get('src') ?? given.get('source');
  if (!id) throw misuse(`--secret ${text}: it has no id`);
  if (file === undefined) {
    const value = process.env[env ?? id];
    if (value === undefined) throw new Failure(`--secret ${text}: ${env ?? id} is not in the environment`, 1);
    return [id, Buffer.from(value).toString('base64')];
  }
  try {
    return [id, readFileSync(file).toString('base64')];
  } catch (cause) {
    throw new Failure(`--secret ${text}: ${(cause as Error).message}`, 1, { cause });
  }
}

function checkOnFailure({ onFailure, step, break: breakpoints }: Options): void {
  if (onFailure !== 'shell') throw misuse(`--on-failure ${onFailure}: there is no such answer; there is: shell`);
  if (step || breakpoints) throw misuse('--on-failure cannot be used with --step or --break');
  requireTerminal();
}

interface Line {
  aux?: { failed?: FailedRun };
  stream?: string;
  error?: string;
  errorDetail?: { message?: string; code?: number };
}

/** Prints what the daemon writes. Throws Failure with its message, and with the code of a RUN that failed. */
async function show(answer: IncomingMessage, onFailed?: (failed: FailedRun) => Promise<void>): Promise<void> {
  for await (const text of createInterface({ input: answer, crlfDelay: Infinity })) {
    if (!text.trim()) continue;
    const { stream, error, errorDetail, aux } = JSON.parse(text) as Line;
    if (aux?.failed) await onFailed?.(aux.failed);
    if (error) throw new Failure(errorDetail?.message ?? error, errorDetail?.code ?? 1);
    // the daemon writes a RUN's stderr in red
    if (stream) process.stdout.write(stream.replace(RED, ''));
  }
}
const RED = /\u001b\[(91|0)m/g;

interface Verdict {
  number: string;
  text: string;
  hit: boolean;
  reasons: string[];
}

async function why(client: Client, request: Request): Promise<void> {
  const answer = await client.open('POST', '/drydock/build/why', request);
  const verdicts = JSON.parse(await textOf(answer)) as Verdict[];
  for (const { number, text, hit, reasons } of verdicts) {
    print(`${hit ? 'hit ' : 'miss'}  ${number}  ${visible(text.split('\n', 1)[0]!)}`);
    for (const reason of reasons) print(`            ${visible(reason)}`);
  }
}
