/**
 * `--change` of commit and import: instructions of a Dockerfile that change only an image's config. Docker CLI
 * reference, "docker container commit", --change.
 */
import { posix } from 'node:path';
import { badParameter } from '../../errors/api-error.ts';
import type { ImageConfig } from '../manifest/image.ts';
import { healthcheck } from './healthcheck.ts';
import { execForm, pairsOf, words } from './words.ts';

export type Execution = NonNullable<ImageConfig['config']>;
interface Changing {
  config: Execution;
  /** a CMD was given, so an ENTRYPOINT keeps it */
  cmdGiven?: boolean;
}
type Change = (changing: Changing, text: string, command: string) => void;

const SHELL = ['/bin/sh', '-c'];
const PORT = /^(\d{1,5})(?:-(\d{1,5}))?(?:\/(tcp|udp|sctp))?$/i;

const lookupIn =
  ({ config }: Changing) =>
  (name: string): string | undefined =>
    config.Env?.find((entry) => entry.startsWith(`${name}=`))?.slice(name.length + 1);
const commandOf = ({ config }: Changing, text: string): string[] =>
  execForm(text) ?? (text ? [...(config.Shell ?? SHELL), text] : []);

/** The one word of an instruction. Throws 400 when there is none or another one. */
function single(changing: Changing, text: string, command: string): string {
  const value = words(text, lookupIn(changing)).join(' ');
  if (!value) throw badParameter(`${command} requires exactly one argument`);
  return value;
}

function portsOf(text: string): string[] {
  const [, first, last = first, protocol = 'tcp'] = PORT.exec(text) ?? [];
  const [low, high] = [Number(first), Number(last)];
  if (!first || high < low || high > 65_535) throw badParameter(`Invalid containerPort: ${text}`);
  return Array.from({ length: high - low + 1 }, (_, j) => `${low + j}/${protocol.toLowerCase()}`);
}

const emptySet = (keys: readonly string[]): Record<string, object> => Object.fromEntries(keys.map((key) => [key, {}]));

const changes: Readonly<Record<string, Change>> = {
  cmd(changing, text) {
    changing.config.Cmd = commandOf(changing, text);
    changing.cmdGiven = true;
  },
  entrypoint(changing, text) {
    changing.config.Entrypoint = commandOf(changing, text);
    if (!changing.cmdGiven) delete changing.config.Cmd;
  },
  env(changing, text, command) {
    for (const [key, value] of pairsOf(command, text, lookupIn(changing))) {
      const env = (changing.config.Env ??= []);
      const at = env.findIndex((entry) => entry.startsWith(`${key}=`));
      env.splice(at < 0 ? env.length : at, 1, `${key}=${value}`);
    }
  },
  label(changing, text, command) {
    changing.config.Labels = {
      ...changing.config.Labels,
      ...Object.fromEntries(pairsOf(command, text, lookupIn(changing))),
    };
  },
  expose(changing, text, command) {
    const ports = words(text, lookupIn(changing));
    if (!ports.length) throw badParameter(`${command} requires at least one argument`);
    changing.config.ExposedPorts = { ...changing.config.ExposedPorts, ...emptySet(ports.flatMap(portsOf)) };
  },
  volume(changing, text, command) {
    const paths = execForm(text) ?? words(text, lookupIn(changing));
    if (!paths.length) throw badParameter(`${command} requires at least one argument`);
    if (paths.some((path) => !path.trim())) throw badParameter('VOLUME specified can not be an empty string');
    changing.config.Volumes = { ...changing.config.Volumes, ...emptySet(paths) };
  },
  user(changing, text, command) {
    changing.config.User = single(changing, text, command);
  },
  workdir(changing, text, command) {
    const path = single(changing, text, command);
    changing.config.WorkingDir = posix.resolve('/', changing.config.WorkingDir || '/', path);
  },
  stopsignal(changing, text, command) {
    changing.config.StopSignal = single(changing, text, command);
  },
  healthcheck(changing, text) {
    changing.config.Healthcheck = healthcheck(text, (rest) => execForm(rest));
  },
  onbuild({ config }, text, command) {
    const trigger = /^\S*/.exec(text)![0].toUpperCase();
    if (!trigger) throw badParameter(`${command} requires at least one argument`);
    if (trigger === 'ONBUILD') throw badParameter("Chaining ONBUILD via `ONBUILD ONBUILD` isn't allowed");
    if (trigger === 'FROM' || trigger === 'MAINTAINER')
      throw badParameter(`${trigger} isn't allowed as an ONBUILD trigger`);
    config.OnBuild = [...(config.OnBuild ?? []), text];
  },
};

/** The changed config. Throws ApiError 400 in dockerd's words. */
export function applyChanges(config: Execution, asked: readonly string[]): Execution {
  const changing: Changing = { config: { ...config, ...(config.Env && { Env: [...config.Env] }) } };
  const lines = asked.flatMap((text) => text.split('\n')).map((line) => line.trim());
  for (const line of lines.filter((one) => one && !one.startsWith('#'))) {
    const [, command = '', text = ''] = /^(\S+)\s*(.*)$/s.exec(line) ?? [];
    const name = command.toLowerCase();
    if (!Object.hasOwn(changes, name)) throw badParameter(`${command} is not a valid change command`);
    changes[name]!(changing, text, command.toUpperCase());
  }
  return changing.config;
}
