/** From the text of a Dockerfile to its stages and instructions. Dockerfile reference. */
import { badParameter } from '../../errors/api-error.ts';
import { linesOf, type Escape, type Heredoc, type LogicalLine } from './lines.ts';
import { parseError } from './parse-error.ts';
import { splitWords } from './words.ts';

export interface Instruction {
  /** 'RUN', 'COPY' … */
  keyword: string;
  /** '--from=x' as from → x; a flag without a value is 'true' */
  flags: Map<string, string>;
  /** the flags that may be given several times: '--mount', in their order */
  repeated: readonly (readonly [name: string, value: string])[];
  /** the words of the JSON form; absent for the other form */
  json?: string[];
  /** names and values that are taken as they are, instead of those in `rest` */
  pairs?: readonly [name: string, value: string][];
  /** the text behind the keyword and its flags */
  rest: string;
  /** the instruction as it is shown: 'RUN make all' */
  text: string;
  line: number;
  heredocs: Heredoc[];
}
export interface Stage {
  /** not yet expanded: the reference of an image, the name of an earlier stage, or 'scratch' */
  base: string;
  name?: string;
  from: Instruction;
  instructions: Instruction[];
}
export interface Dockerfile {
  escape: Escape;
  /** ARG before the first FROM */
  globals: Instruction[];
  stages: Stage[];
}

/** Each instruction with its flags. */
const flags: Readonly<Record<string, readonly string[]>> = {
  ADD: ['chown', 'chmod', 'link', 'keep-git-dir', 'checksum', 'exclude'],
  ARG: [],
  CMD: [],
  COPY: ['from', 'chown', 'chmod', 'link', 'parents', 'exclude'],
  ENTRYPOINT: [],
  ENV: [],
  EXPOSE: [],
  FROM: ['platform'],
  HEALTHCHECK: ['interval', 'timeout', 'start-period', 'start-interval', 'retries'],
  LABEL: [],
  MAINTAINER: [],
  ONBUILD: [],
  RUN: ['mount', 'network', 'security'],
  SHELL: [],
  STOPSIGNAL: [],
  USER: [],
  VOLUME: [],
  WORKDIR: [],
};
const REPEATED = ['mount', 'exclude'];
/** '--name=value ', where blanks may stand within quotes. */
const FLAG = /^--([a-z-]+)(?:=((?:"[^"]*"|'[^']*'|[^\s"'])*))?(?:\s+|$)/;
const EXACTLY_ONE = ['MAINTAINER', 'STOPSIGNAL', 'USER', 'WORKDIR'];

/** A list of strings, or undefined when the text is not one. */
function jsonForm(text: string): string[] | undefined {
  if (!text.startsWith('[')) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return Array.isArray(value) && value.every((one) => typeof one === 'string') ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Throws ApiError 400 in dockerd's words. `line` is its number in the Dockerfile. */
function instructionOf({ text, line, heredocs }: LogicalLine): Instruction {
  const [, word = '', behind = ''] = /^(\S+)\s*([^]*)$/.exec(text) ?? [];
  const keyword = word.toUpperCase();
  const known = Object.hasOwn(flags, keyword) ? flags[keyword]! : undefined;
  if (!known) throw parseError(line, `unknown instruction: ${word}`);
  const given = new Map<string, string>();
  const repeated: [name: string, value: string][] = [];
  let rest = behind.trim();
  for (let match; (match = FLAG.exec(rest)) && keyword !== 'CMD';) {
    const [whole, name = '', value = 'true'] = match;
    if (!known.includes(name)) throw parseError(line, `unknown flag: ${name}`);
    const mayRepeat = REPEATED.includes(name);
    if (given.has(name) && !mayRepeat) throw parseError(line, `duplicate flag specified: ${name}`);
    if (mayRepeat) repeated.push([name, value]);
    given.set(name, value);
    rest = rest.slice(whole.length);
  }
  const json = jsonForm(rest);
  const one = { keyword, flags: given, repeated, rest, text: `${keyword} ${behind.trim()}`.trim(), line, heredocs };
  check(one, json);
  return { ...one, ...(json && { json }) };
}

function check({ keyword, rest, line }: Instruction, json: string[] | undefined): void {
  if (!rest && !['CMD', 'ENTRYPOINT', 'RUN'].includes(keyword)) {
    const many = EXACTLY_ONE.includes(keyword) ? 'exactly one argument' : 'at least one argument';
    throw parseError(
      line,
      keyword === 'FROM' ? 'FROM requires either one or three arguments' : `${keyword} requires ${many}`,
    );
  }
  if (keyword === 'SHELL' && !json?.length) throw parseError(line, 'SHELL requires the arguments to be in JSON form');
  if ((keyword === 'COPY' || keyword === 'ADD') && (json ?? rest.split(/\s+/)).length < 2)
    throw parseError(
      line,
      `${keyword} requires at least two arguments, but only one was provided. Destination could not be determined`,
    );
  if (keyword !== 'ONBUILD') return;
  const inner = rest.split(/\s/)[0]!.toUpperCase();
  if (inner === 'ONBUILD') throw parseError(line, "Chaining ONBUILD via `ONBUILD ONBUILD` isn't allowed");
  if (inner === 'FROM' || inner === 'MAINTAINER')
    throw parseError(line, `${inner} isn't allowed as an ONBUILD trigger`);
}

function stageOf(from: Instruction): Stage {
  const [base = '', as, name, ...more] = splitWords(from.rest, '\\');
  if ((as !== undefined && (as.toLowerCase() !== 'as' || !name)) || more.length)
    throw parseError(from.line, 'FROM requires either one or three arguments');
  const lower = name?.toLowerCase();
  if (lower && !/^[a-z][a-z0-9-_.]*$/.test(lower))
    throw parseError(
      from.line,
      `invalid name for build stage: ${JSON.stringify(name)}, name can't start with a number or contain symbols`,
    );
  return { base, from, instructions: [], ...(lower && { name: lower }) };
}

/** Parses the text of an ONBUILD trigger, behind which the bodies of its heredocs stand. Throws ApiError 400. */
export function parseTrigger(text: string): Instruction {
  const { lines } = linesOf(text);
  if (lines.length !== 1)
    throw badParameter(`the ONBUILD trigger ${JSON.stringify(text.slice(0, 200))} is not one instruction`);
  return instructionOf({ ...lines[0]!, line: 1 });
}

/** `file` is its name, for messages. Throws ApiError 400 in dockerd's words. */
export function parseDockerfile(text: string, file = 'Dockerfile'): Dockerfile {
  if (!text.length) throw badParameter(`the Dockerfile (${file}) cannot be empty`);
  const { escape, syntax, lines } = linesOf(text);
  if (syntax && !/^docker\/dockerfile(:1([.-].*)?|:latest)?(@.*)?$/.test(syntax))
    throw badParameter(`# syntax=${syntax}: another front end than docker/dockerfile:1 cannot be used in Drydock`);
  const dockerfile: Dockerfile = { escape, globals: [], stages: [] };
  for (const one of lines.map(instructionOf)) {
    if (one.keyword === 'FROM') dockerfile.stages.push(stageOf(one));
    else if (dockerfile.stages.length) dockerfile.stages.at(-1)!.instructions.push(one);
    else if (one.keyword === 'ARG') dockerfile.globals.push(one);
    else throw parseError(one.line, 'no build stage in current context');
  }
  if (!dockerfile.stages.length)
    throw badParameter(
      lines.length ? 'no build stage in current context' : 'dockerfile parse error: file with no instructions',
    );
  return dockerfile;
}
