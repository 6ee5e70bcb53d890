/** The instructions that change only the image's config. Each returns its text in the image's history. */
import { posix } from 'node:path';
import type { Config } from '../build.ts';
import type { Instruction } from '../dockerfile/parse.ts';
import { parseError } from '../dockerfile/parse-error.ts';
import { splitWords } from '../dockerfile/words.ts';
import { healthcheck } from './healthcheck.ts';

export interface Scope {
  config: Config;
  /** the shell of SHELL, or /bin/sh -c */
  shell: readonly string[];
  escape: string;
  /** CMD was given in this stage, so that ENTRYPOINT does not clear it */
  cmdSet: boolean;
  /** replaces variables and removes quotes. Throws ApiError 400. */
  expand(word: string): string;
}
/** Takes the instruction into the config, and returns what the history shows behind its keyword. */
type Apply = (one: Instruction, scope: Scope) => string;

const shown = (list: readonly string[]): string => `[${list.map((one) => JSON.stringify(one)).join(' ')}]`;
const asCommand = ({ json, rest }: Instruction, { shell }: Scope): string[] => json ?? (rest ? [...shell, rest] : []);

/** 'a=b c="d e"' or the old form 'a b c'. The values are expanded. */
function pairs(one: Instruction, { escape, expand }: Scope): readonly [name: string, value: string][] {
  if (one.pairs) return one.pairs;
  const words = splitWords(one.rest, escape);
  if (!words[0]!.includes('=')) {
    const [, name = '', value = ''] = /^(\S+)\s+([^]*)$/.exec(one.rest) ?? [];
    if (!name) throw parseError(one.line, `${one.keyword} must have two arguments`);
    return [[expand(name), expand(value)]];
  }
  return words.map((word) => {
    const at = word.indexOf('=');
    if (at < 0)
      throw parseError(
        one.line,
        `Syntax error - can't find = in ${JSON.stringify(word)}. Must be of the form: name=value`,
      );
    const name = expand(word.slice(0, at));
    if (!name) throw parseError(one.line, `${one.keyword} names can not be blank`);
    return [name, expand(word.slice(at + 1))];
  });
}

const words = (one: Instruction, { expand, escape }: Scope): string[] =>
  one.json?.map(expand) ?? splitWords(one.rest, escape).map(expand);

/** '80', '80/udp' or '80-82' as its ports, each with its protocol. */
function portsOf(text: string, line: number): string[] {
  const found = /^(\d{1,5})(?:-(\d{1,5}))?(?:\/(tcp|udp|sctp))?$/i.exec(text);
  const [, first, last = first, protocol = 'tcp'] = found ?? [];
  const [low, high] = [Number(first), Number(last)];
  if (!found || high < low || high > 65_535) throw parseError(line, `Invalid containerPort: ${text}`);
  return Array.from({ length: high - low + 1 }, (_, at) => `${low + at}/${protocol.toLowerCase()}`);
}

export const metadata: Readonly<Record<string, Apply>> = {
  ENV(one, scope) {
    const found = pairs(one, scope);
    for (const [name, value] of found) {
      const place = scope.config.Env?.findIndex((entry) => entry.startsWith(`${name}=`)) ?? -1;
      if (place >= 0) scope.config.Env![place] = `${name}=${value}`;
      else scope.config.Env = [...(scope.config.Env ?? []), `${name}=${value}`];
    }
    return found.map(([name, value]) => `${name}=${value}`).join(' ');
  },
  LABEL(one, scope) {
    const found = pairs(one, scope);
    scope.config.Labels = { ...scope.config.Labels, ...Object.fromEntries(found) };
    return found.map(([name, value]) => `${name}=${value}`).join(' ');
  },
  USER(one, { config, expand }) {
    return (config.User = expand(one.rest));
  },
  WORKDIR(one, { config, expand }) {
    return (config.WorkingDir = posix.resolve(config.WorkingDir || '/', expand(one.rest)));
  },
  STOPSIGNAL(one, { config, expand }) {
    return (config.StopSignal = expand(one.rest));
  },
  EXPOSE(one, scope) {
    const ports = splitWords(one.rest, scope.escape)
      .flatMap((word) => scope.expand(word).split(/\s+/))
      .filter(Boolean)
      .flatMap((text) => portsOf(text, one.line));
    // in one order, because the config is part of the cache's key
    const all = new Set([...Object.keys(scope.config.ExposedPorts ?? {}), ...ports]);
    scope.config.ExposedPorts = Object.fromEntries([...all].sort().map((port) => [port, {}]));
    return ports.sort().join(' ');
  },
  VOLUME(one, scope) {
    const paths = words(one, scope);
    if (paths.some((path) => !path)) throw parseError(one.line, 'VOLUME specified can not be an empty string');
    scope.config.Volumes = { ...scope.config.Volumes, ...Object.fromEntries(paths.map((path) => [path, {}])) };
    return shown(paths);
  },
  CMD(one, scope) {
    scope.config.Cmd = asCommand(one, scope);
    scope.cmdSet = true;
    return shown(scope.config.Cmd);
  },
  ENTRYPOINT(one, scope) {
    scope.config.Entrypoint = asCommand(one, scope);
    if (!scope.cmdSet) delete scope.config.Cmd;
    return shown(scope.config.Entrypoint);
  },
  SHELL(one, { config }) {
    config.Shell = one.json!;
    return shown(one.json!);
  },
  ONBUILD(one, { config }) {
    const bodies = one.heredocs.map(({ name, body }) => `\n${body}${name}`).join('');
    config.OnBuild = [...(config.OnBuild ?? []), `${one.rest}${bodies}`];
    return `${one.rest}${bodies}`;
  },
  HEALTHCHECK(one, scope) {
    const check = healthcheck(one);
    scope.config.Healthcheck = check;
    return JSON.stringify(check);
  },
  MAINTAINER: (one) => one.rest,
};
