/** Flags for the process: its user, directory, environment, labels, and how it ends. */
import { readFileSync } from 'node:fs';
import { integer, pair, push, type Body, type Flag } from './flag.ts';

/**
 * Reads lines of NAME=value. A NAME alone takes its value from the CLI's own environment, and is left out if it is not
 * set there. '#' begins a comment.
 */
function environmentFile(path: string): string[] {
  return lines(path).flatMap((line) => {
    const [name] = pair(line);
    if (!name) throw new Error(`no variable name on line ${JSON.stringify(line)} of ${path}`);
    if (/\s/.test(name)) throw new Error(`variable ${JSON.stringify(name)} of ${path} contains whitespace`);
    if (line.includes('=')) return [line];
    return process.env[name] === undefined ? [] : [`${name}=${process.env[name]}`];
  });
}

function lines(path: string): string[] {
  return readFileSync(path, 'utf8')
    .replace(/^\ufeff/, '')
    .split(/\r?\n/)
    .map((line) => line.trimStart())
    .filter((line) => line && !line.startsWith('#'));
}

function environment(body: Body, value: string): void {
  const [name] = pair(value);
  if (!name) throw new Error('a variable needs a name');
  const inherited = process.env[name];
  body.Env = push(body.Env, value.includes('=') || inherited === undefined ? value : `${name}=${inherited}`);
}

function label(body: Body, value: string): void {
  const [name, text] = pair(value);
  if (!name) throw new Error('a label needs a name');
  body.Labels = { ...body.Labels, [name]: text };
}

function annotation({ HostConfig }: Body, value: string): void {
  const [name, text] = pair(value);
  HostConfig.Annotations = { ...HostConfig.Annotations, [name]: text };
}

const policies = ['no', 'always', 'on-failure', 'unless-stopped'];
function restart(body: Body, value: string): void {
  const [name, count] = pair(value, ':');
  if (!policies.includes(name)) throw new Error(`give one of ${policies.join(', ')}`);
  if (count && name !== 'on-failure') throw new Error('only on-failure takes a count');
  body.HostConfig.RestartPolicy = { Name: name, MaximumRetryCount: count ? integer(count) : 0 };
}

function logOption({ HostConfig }: Body, value: string): void {
  const [name, text] = pair(value);
  HostConfig.LogConfig = { ...HostConfig.LogConfig, Config: { ...HostConfig.LogConfig?.Config, [name]: text } };
}

export const processFlags: readonly Flag[] = [
  { flags: '-h, --hostname <name>', help: "the container's host name", set: (b, v) => void (b.Hostname = v) },
  { flags: '--domainname <name>', help: "the container's NIS domain name", set: (b, v) => void (b.Domainname = v) },
  {
    flags: '--env-file <file>',
    help: 'read environment variables from a file',
    many: true,
    set: (b, v) => void (b.Env = push(b.Env, ...environmentFile(v))),
  },
  {
    flags: '-e, --env <name[=value]>',
    help: 'set an environment variable, or pass on ours',
    many: true,
    set: environment,
  },
  { flags: '-w, --workdir <dir>', help: 'working directory', set: (b, v) => void (b.WorkingDir = v) },
  {
    flags: '-u, --user <name|uid[:group|gid]>',
    help: 'user, as a name of the image or a number',
    set: (b, v) => void (b.User = v),
  },
  {
    flags: '--group-add <group>',
    help: 'an additional group',
    many: true,
    set: (b, v) => void (b.HostConfig.GroupAdd = push(b.HostConfig.GroupAdd, v)),
  },
  { flags: '--entrypoint <program>', help: "replace the image's entrypoint", set: (b, v) => void (b.Entrypoint = [v]) },
  {
    flags: '--label-file <file>',
    help: 'read labels from a file',
    many: true,
    set: (b, v) =>
      lines(v)
        .filter((line) => line.includes('='))
        .forEach((line) => label(b, line)),
  },
  { flags: '-l, --label <key[=value]>', help: 'set a label', many: true, set: label },
  {
    flags: '--annotation <key=value>',
    help: 'set an annotation of the OCI configuration',
    many: true,
    set: annotation,
  },
  {
    flags: '--init',
    help: 'run an init as process 1 that reaps and forwards signals',
    set: (b) => void (b.HostConfig.Init = true),
  },
  { flags: '--restart <policy>', help: 'no, always, unless-stopped or on-failure[:count]', set: restart },
  { flags: '--stop-signal <signal>', help: 'signal that `stop` sends', set: (b, v) => void (b.StopSignal = v) },
  {
    flags: '--stop-timeout <seconds>',
    help: 'seconds that `stop` waits before SIGKILL',
    set: (b, v) => void (b.StopTimeout = integer(v)),
  },
  {
    flags: '--log-driver <driver>',
    help: 'json-file, local, or none: nothing is kept',
    set: (b, v) => void (b.HostConfig.LogConfig = { ...b.HostConfig.LogConfig, Type: v }),
  },
  {
    flags: '--log-opt <key=value>',
    help: 'max-size (100m): the log begins a new file, -1 never; max-file (5): of so many; labels, env, tag',
    many: true,
    set: logOption,
  },
  {
    flags: '--oom-score-adj <number>',
    help: 'preference of the OOM killer, -1000 to 1000',
    set: (b, v) => {
      const score = integer(v);
      if (score < -1000 || score > 1000) throw new Error('give a number from -1000 to 1000');
      b.HostConfig.OomScoreAdj = score;
    },
  },
];
