import { isIP, isIPv4 } from 'node:net';
import { join, resolve } from 'node:path';
import type { Command } from 'commander';
import type { Settings } from '../machine/settings.ts';
import { DEFAULT_HOST, socketPath } from './address.ts';
import { Failure, misuse } from './failure.ts';
import { collect, verb } from './verb.ts';

interface Options {
  root?: string; execRoot?: string; bridge?: string; bip?: string; cgroupParent?: string;
  registryMirror?: string[]; insecureRegistry?: string[]; practice: boolean; dns?: string[]; idle?: string; host?: string;
}

/** Refuses with the flag's or variable's name, the value, and what would be right. */
function check(name: string, value: string, good: boolean, what: string): string {
  if (!good) throw misuse(`invalid ${name} ${JSON.stringify(value)}: give ${what}`);
  return value;
}

function bridgeAddress(value: string): string {
  const [address, prefix = ''] = value.split('/');
  return check('--bip', value, isIPv4(address!) && /^\d{1,2}$/.test(prefix) && Number(prefix) >= 8 && Number(prefix) <= 30, "the gateway's address with a prefix of 8 to 30, like 172.30.0.1/16");
}

function mirror(value: string): string {
  const url = URL.canParse(value) ? new URL(value) : undefined;
  return check('--registry-mirror', value, url?.protocol === 'http:' || url?.protocol === 'https:', 'an http or https URL').replace(/\/+$/, '');
}

function absolute(name: string, value: string): string {
  return resolve(check(name, value, value !== '', 'a directory'));
}

/** Flags first, then DRYDOCK_* of the environment (lists separated by commas), then the defaults. */
export function settingsFrom(options: Options, env: NodeJS.ProcessEnv): Settings {
  const one = (flag: string | undefined, name: string) => flag ?? (env[`DRYDOCK_${name}`] || undefined);
  const many = (flag: string[] | undefined, name: string) => flag ?? (env[`DRYDOCK_${name}`] || '').split(',').map((text) => text.trim()).filter(Boolean);
  const execRoot = absolute('--exec-root', one(options.execRoot, 'EXEC_ROOT') ?? '/run/drydock');
  const host = one(options.host, 'HOST') ?? (execRoot === '/run/drydock' ? DEFAULT_HOST : `unix://${join(execRoot, 'drydock.sock')}`);
  const bridge = one(options.bridge, 'BRIDGE') ?? 'drydock0';
  const bip = one(options.bip, 'BIP');
  const cgroupParent = one(options.cgroupParent, 'CGROUP_PARENT') ?? '/drydock';
  const idle = one(options.idle, 'IDLE') ?? '0';
  return {
    root: absolute('--root', one(options.root, 'ROOT') ?? '/var/lib/drydock'),
    execRoot,
    socket: socketPath(host),
    // IFNAMSIZ is 16 with the final NUL; netdevice(7)
    bridge: check('--bridge', bridge, /^[a-zA-Z0-9][a-zA-Z0-9_.-]{0,14}$/.test(bridge), 'a name of at most 15 letters and digits'),
    ...(bip !== undefined && { bip: bridgeAddress(bip) }),
    cgroupParent: check('--cgroup-parent', cgroupParent, /^(\/[^/\0]+)+$/.test(cgroupParent) && !/\/\.\.?(\/|$)/.test(cgroupParent), 'an absolute path below the root of the hierarchies, like /drydock'),
    registryMirrors: many(options.registryMirror, 'REGISTRY_MIRROR').map(mirror),
    insecureRegistries: many(options.insecureRegistry, 'INSECURE_REGISTRY').map((value) => check('--insecure-registry', value, /^[^\s/]+(\/\d{1,3})?$/.test(value), 'host, host:port or a CIDR')),
    practice: options.practice && env['DRYDOCK_NO_PRACTICE'] !== '1',
    dns: many(options.dns, 'DNS').map((value) => check('--dns', value, isIP(value) !== 0, 'an IP address')),
    idle: Number(check('--idle', idle, /^\d{1,8}$/.test(idle), 'a number of seconds')),
  };
}

export function command(): Command {
  return verb('daemon', 'Run the daemon in the foreground. Other verbs start one in the background when none listens; it ends by itself. DRYDOCK_ROOT, DRYDOCK_EXEC_ROOT and so on in the environment stand for the flags, also for one that is started so.',
    'daemon', 'daemon --registry-mirror http://127.0.0.1:5000', 'daemon --root /tmp/dock --exec-root /tmp/dock-run --bridge dock1')
    .option('--root <dir>', 'images, layers, containers (/var/lib/drydock)')
    .option('--exec-root <dir>', 'sockets and what a reboot may forget (/run/drydock)')
    .option('-H, --host <address>', 'the socket to listen on (unix:///run/drydock/drydock.sock)')
    .option('--bridge <name>', 'name of the bridge (drydock0)')
    .option('--bip <cidr>', "the bridge's address and prefix (the first free network)")
    .option('--cgroup-parent <path>', "cgroup above the containers' (/drydock)")
    .option('--registry-mirror <url>', 'ask this before docker.io (repeatable)', collect)
    .option('--insecure-registry <host>', 'speak to it without TLS (repeatable)', collect)
    .option('--no-practice', 'never answer ubuntu and hello-world from the practice registry')
    .option('--dns <address>', 'nameserver for containers (repeatable)', collect)
    .option('--idle <seconds>', 'end after this time without containers and clients (0: never)')
    .action(async (options: Options, command: Command) => {
      const settings = settingsFrom({ ...options, ...(command.parent?.opts() as Options | undefined)?.host && { host: options.host ?? (command.parent!.opts() as Options).host! } }, process.env);
      if (process.getuid?.() !== 0) throw new Failure('must run as root: the daemon makes namespaces, mounts and network links');
      await (await import('../../server/main.ts')).startDaemon(settings);
    });
}
