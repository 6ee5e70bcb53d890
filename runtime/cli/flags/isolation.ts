/** Flags for the container's namespaces and for what the process may ask of the kernel. */
import { readFileSync } from 'node:fs';
import { messageOf } from '../failure/failure.ts';
import { pair, push, type Body, type Flag } from './flag.ts';

const capability = (name: string) => {
  const upper = name.trim().toUpperCase();
  return upper === 'ALL' || upper.startsWith('CAP_') ? upper : `CAP_${upper}`;
};

/** Puts capabilities into the form that docker sends: full names, each once, sorted. */
export function settleCapabilities(body: Body): void {
  for (const key of ['CapAdd', 'CapDrop'] as const) {
    const given = body.HostConfig[key];
    if (given) body.HostConfig[key] = [...new Set(given.map(capability))].sort();
  }
}

/** The client reads a profile's file and sends its contents to the daemon. */
function securityOption(body: Body, value: string): void {
  const separator = value.includes('=') ? '=' : ':';
  const [name, setting] = pair(value, separator);
  const config = body.HostConfig;
  if (name === 'no-new-privileges') config.SecurityOpt = push(config.SecurityOpt, value);
  else if (name === 'systempaths' && setting === 'unconfined')
    Object.assign(config, { MaskedPaths: [], ReadonlyPaths: [] });
  else if (!setting) throw new Error('give name=value');
  else if (name === 'seccomp' && setting !== 'unconfined' && setting !== 'builtin')
    config.SecurityOpt = push(config.SecurityOpt, `seccomp=${profile(setting)}`);
  else config.SecurityOpt = push(config.SecurityOpt, `${name}=${setting}`);
}

function profile(path: string): string {
  try {
    return JSON.stringify(JSON.parse(readFileSync(path, 'utf8')));
  } catch (error) {
    throw new Error(`opening seccomp profile (${path}) failed: ${messageOf(error)}`, { cause: error });
  }
}

function sysctl(body: Body, value: string): void {
  const [name, text] = pair(value);
  if (!/^(net\.|fs\.mqueue\.|kernel\.(msgmax|msgmnb|msgmni|sem|shmall|shmmax|shmmni|shm_rmid_forced)$)/.test(name))
    throw new Error(`sysctl '${value}' is not allowed`);
  body.HostConfig.Sysctls = { ...body.HostConfig.Sysctls, [name]: text };
}

type ModeKey = 'PidMode' | 'IpcMode' | 'UTSMode' | 'UsernsMode' | 'CgroupnsMode';
const mode = (flags: string, help: string, key: ModeKey): Flag => ({
  flags,
  help,
  set: (b, v) => void (b.HostConfig[key] = v),
});
const list = (flags: string, help: string, key: 'CapAdd' | 'CapDrop'): Flag => ({
  flags,
  help,
  many: true,
  set: (b, v) => void (b.HostConfig[key] = push(b.HostConfig[key], v)),
});

export const isolationFlags: readonly Flag[] = [
  list('--cap-add <capability>', 'give a capability', 'CapAdd'),
  list('--cap-drop <capability>', 'take a capability away; ALL takes all', 'CapDrop'),
  {
    flags: '--privileged',
    help: 'all capabilities and devices, no seccomp filter',
    set: (b) => void (b.HostConfig.Privileged = true),
  },
  {
    flags: '--security-opt <option>',
    help: 'seccomp=FILE|unconfined, no-new-privileges, systempaths=unconfined',
    many: true,
    set: securityOption,
  },
  { flags: '--sysctl <name=value>', help: 'a setting of the new namespaces', many: true, set: sysctl },
  mode('--pid <mode>', 'pid namespace: host', 'PidMode'),
  mode('--ipc <mode>', 'ipc namespace: private, shareable, container:NAME, none or host', 'IpcMode'),
  mode('--uts <mode>', 'uts namespace: host', 'UTSMode'),
  mode('--userns <mode>', 'user namespace: host or private', 'UsernsMode'),
  mode('--cgroupns <mode>', 'cgroup namespace: private or host', 'CgroupnsMode'),
];
