/** Works out what an instruction will do, with the variables of its stage: the same for a look-up and for the work. */
import { posix } from 'node:path';
import type { BuildContext, Config, Prepared, StageState } from '../build.ts';
import type { Found } from '../context/sources.ts';
import type { Instruction } from '../dockerfile/parse.ts';
import { parseError } from '../dockerfile/parse-error.ts';
import { expand, splitWords } from '../dockerfile/words.ts';
import { ApiError, badParameter } from '../../errors/api-error.ts';
import { metadata, type Scope } from './metadata.ts';

/** ARGs that a build may be given without an ARG instruction. They do not come into the history. */
const PROXIES = ['HTTP_PROXY', 'HTTPS_PROXY', 'FTP_PROXY', 'NO_PROXY', 'ALL_PROXY'].flatMap((n) => [
  n,
  n.toLowerCase(),
]);
export const isProxy = (name: string): boolean => PROXIES.includes(name);
const NOP = '/bin/sh -c #(nop) ';
/** Flags that are not there yet; the classic builder of dockerd refuses them too. */
const REFUSED: Readonly<Record<string, readonly string[]>> = {
  ADD: ['keep-git-dir'],
};

/** Throws ApiError for a flag that does not work here. `classic`: the client is not one of BuildKit. */
export function refuseFlags({ keyword, flags }: Instruction, classic: boolean): void {
  const refused = REFUSED[keyword]?.find((flag) => flags.has(flag)) ?? (classic && flags.has('security') && 'security');
  if (refused && !classic) throw new ApiError(501, `${keyword} --${refused}: not there yet in Drydock`);
  if (refused)
    throw badParameter(
      `the --${refused} option requires BuildKit. Refer to https://docs.docker.com/go/buildkit/ to learn how to build images with BuildKit enabled`,
    );
}

const environment = (config: Config): Map<string, string> =>
  new Map((config.Env ?? []).map((entry) => [entry.split('=', 1)[0]!, entry.slice(entry.indexOf('=') + 1)]));

/** The ARGs that have a value and that no ENV overrides, sorted. */
function argsInScope(stage: StageState): [string, string][] {
  const env = environment(stage.config);
  return [...stage.args]
    .filter((entry): entry is [string, string] => entry[1] !== undefined && !env.has(entry[0]))
    .sort(([a], [b]) => (a < b ? -1 : 1));
}

export function scopeOf(c: BuildContext, stage: StageState, config: Config, line: number): Scope {
  const variables = new Map([...argsInScope(stage), ...environment(config)]);
  const { escape } = c.file!;
  return {
    config,
    shell: config.Shell ?? ['/bin/sh', '-c'],
    escape,
    cmdSet: stage.cmdSet,
    expand: (word) => expandAt(word, variables, escape, line),
  };
}

/** Throws ApiError 400 that names the line. */
export function expandAt(word: string, variables: ReadonlyMap<string, string>, escape: string, line: number): string {
  try {
    return expand(word, variables, escape);
  } catch (cause) {
    throw parseError(line, `failed to process ${JSON.stringify(word)}: ${(cause as Error).message}`);
  }
}

/** The body of a heredoc with its variables replaced. Quotes are text there; the escape works before `$` alone. */
export const expandedBody = (body: string, { escape, expand: expandWord }: Scope): string =>
  body.replace(/[^\n]+/g, (line) => {
    const isText = (letter: string, at: number) => letter !== escape || line[at + 1] !== '$';
    return expandWord(line.replace(/["'\\`]/g, (letter, at: number) => (isText(letter, at) ? escape : '') + letter));
  });

/** ARG in a stage, or before the first FROM with the global ARGs as `args`. */
export function declare(
  one: Instruction,
  {
    args,
    given,
    globals,
    used,
  }: Record<'given' | 'globals', ReadonlyMap<string, string | undefined>> & {
    args: Map<string, string | undefined>;
    used: Set<string>;
  },
  expandWord: (word: string) => string,
  escape: string,
): void {
  for (const word of splitWords(one.rest, escape)) {
    const at = word.indexOf('=');
    const name = expandWord(at < 0 ? word : word.slice(0, at));
    if (!name) throw parseError(one.line, 'ARG names can not be blank');
    used.add(name);
    const preset = at < 0 ? globals.get(name) : expandWord(word.slice(at + 1));
    args.set(name, given.has(name) ? given.get(name) : preset);
  }
}

/** The command of RUN; a heredoc alone is a script for the shell, another one is the shell's own. */
function commandOf({ json, rest, heredocs, line }: Instruction, shell: readonly string[]): string[] {
  if (json) return json;
  const [only] = heredocs;
  if (only && heredocs.length === 1 && /^<<-?(["']?)\w[\w.]*\1$/.test(rest)) {
    if (only.body.startsWith('#!')) throw parseError(line, 'a heredoc that begins with #! is not there yet in Drydock');
    return [...shell, only.body];
  }
  const bodies = heredocs.map(({ name, body }) => `\n${body}${name}`).join('');
  if (!rest) throw parseError(line, 'RUN requires at least one argument');
  return [...shell, `${rest}${bodies}`];
}

/** RUN --network. Throws ApiError. */
function networkOf({ flags, line }: Instruction, { networkMode, hostNetwork }: BuildContext['asked']): string {
  const network = flags.get('network') ?? 'default';
  if (!['default', 'none', 'host'].includes(network)) throw parseError(line, `invalid network mode: ${network}`);
  if (network === 'host' && networkMode !== 'host' && !hostNetwork)
    throw new ApiError(
      403,
      'RUN --network=host is allowed only to a build with --network host or --allow network.host',
    );
  return network === 'default' ? '' : network;
}

/** RUN --security: whether the container is a privileged one. Throws ApiError, in BuildKit's words. */
function isInsecure({ flags, line }: Instruction, { insecure }: BuildContext['asked']): boolean {
  const security = flags.get('security') ?? 'sandbox';
  if (!['sandbox', 'insecure'].includes(security)) throw parseError(line, `security "${security}" is not valid`);
  if (security === 'insecure' && !insecure)
    throw new ApiError(
      403,
      'security.insecure is not allowed: RUN --security=insecure needs --allow security.insecure',
    );
  return security === 'insecure';
}

/** The config after the instruction, what it has to run or to copy, and its text in the history. */
export function prepareMetadata(c: BuildContext, stage: StageState, one: Instruction): Prepared {
  const config = structuredClone(stage.config);
  const scope = scopeOf(c, stage, config, one.line);
  if (one.keyword === 'ARG') {
    const globals = c.globals;
    declare(one, { args: stage.args, given: c.asked.args, globals, used: c.usedArgs }, scope.expand, scope.escape);
    return { createdBy: `${NOP} ARG ${one.rest}`, text: one.text, config };
  }
  const text = metadata[one.keyword]!(one, scope);
  stage.cmdSet = scope.cmdSet;
  return {
    createdBy: `${NOP}${one.keyword === 'WORKDIR' ? '' : ' '}${one.keyword} ${text}`,
    text: `${one.keyword} ${text}`,
    config,
    ...(one.keyword === 'WORKDIR' && { makes: config.WorkingDir! }),
    ...(one.keyword === 'MAINTAINER' && { author: text }),
  };
}

export function prepareRun(c: BuildContext, stage: StageState, one: Instruction): Prepared {
  const { shell } = scopeOf(c, stage, stage.config, one.line);
  const command = commandOf(one, shell);
  const args = argsInScope(stage).map(([name, value]) => `${name}=${value}`);
  const proxies = [...c.asked.args].filter(([name]) => isProxy(name) && !stage.args.has(name));
  const network = networkOf(one, c.asked);
  const insecure = isInsecure(one, c.asked);
  const hosts = c.asked.limits?.ExtraHosts;
  const before = args.length ? `|${args.length} ${args.join(' ')} ` : '';
  return {
    createdBy: before + command.join(' '),
    text: `RUN ${command.join(' ')}`,
    config: stage.config,
    run: {
      command,
      args,
      env: [...args, ...proxies.map(([name, value]) => `${name}=${value}`)],
      ...(hosts && { hosts }),
      ...(network && { network }),
      ...(insecure && { insecure }),
    },
  };
}

/** Throws ApiError 400, in dockerd's words. */
function checkTarget({ keyword }: Instruction, sources: number, target: string): void {
  if (sources > 1 && !target.endsWith('/'))
    throw badParameter(
      `When using ${keyword} with more than one source file, the destination must be a directory and end with a /`,
    );
}

/** The words of COPY and ADD: sources and the target, expanded. */
export function copyWords(c: BuildContext, stage: StageState, one: Instruction): { sources: string[]; target: string } {
  const scope = scopeOf(c, stage, stage.config, one.line);
  const words = one.json ?? splitWords(one.rest, scope.escape);
  const isHeredoc = (word: string) =>
    one.heredocs.some(({ name }) => word.replace(/^<<-?|["']/g, '') === name && word.startsWith('<<'));
  const expanded = words.map((word) => (isHeredoc(word) ? word : scope.expand(word)));
  const target = expanded.pop()!;
  checkTarget(one, expanded.length, target);
  return { sources: expanded, target };
}

/** Its text in the history, with the hash of the files. */
export function preparedCopy(
  stage: StageState,
  one: Instruction,
  target: string,
  { digest, found, owner, chmod }: { digest: string; found: Found[]; owner?: string; chmod?: string },
): Prepared {
  if (!one.flags.has('parents')) checkTarget(one, found.length, target);
  const kind = found.length > 1 ? 'multi' : found[0]?.directory ? 'dir' : 'file';
  const flags = `${owner ? `--chown=${owner} ` : ''}${chmod ? `--chmod=${chmod} ` : ''}`;
  const slash = one.flags.has('parents') || target.endsWith('/') || /(^|\/)\.\.?$/.test(target);
  const place = posix.resolve(stage.config.WorkingDir || '/', target);
  return {
    createdBy: `${NOP}${one.keyword} ${flags}${kind}:${digest} in ${target} `,
    config: stage.config,
    copy: { found, target: place, slash, ...(owner && { owner }), ...(chmod && { permissions: parseInt(chmod, 8) }) },
  };
}
