/** The daemon's settings from the command line and the environment. */
import { isIP, isIPv4, isIPv6 } from 'node:net';
import { resolve } from 'node:path';
import type { Settings } from '../../../data-root/settings.ts';
import type { ApiTls } from '../../../data-root/api-address.ts';
import { apiAddress, DEFAULT_EXEC_ROOT, hostFrom } from '../../client/address.ts';
import { misuse } from '../../failure/failure.ts';
import { tlsFiles, verifies, type TlsOptions } from '../../flags/tls.ts';

export interface DaemonOptions extends TlsOptions {
  root?: string;
  storageDriver?: string;
  execRoot?: string;
  bridge?: string;
  bip?: string;
  ipv6?: true;
  fixedCidrV6?: string;
  cgroupParent?: string;
  registryMirror?: string[];
  insecureRegistry?: string[];
  practice: boolean;
  dns?: string[];
  userlandProxy?: string | true;
  firewallAccept?: string;
  idle?: string;
  host?: string[];
}

/**
 * Returns `value`. When it is not `good`, throws a misuse with the name of the flag or variable, the value, and what is
 * expected.
 */
function check(name: string, value: string, good: boolean, what: string): string {
  if (!good) throw misuse(`invalid ${name} ${JSON.stringify(value)}: give ${what}`);
  return value;
}

function bridgeAddress(value: string): string {
  const [address, prefix = ''] = value.split('/');
  return check(
    '--bip',
    value,
    isIPv4(address!) && /^\d{1,2}$/.test(prefix) && Number(prefix) >= 8 && Number(prefix) <= 30,
    "the gateway's address with a prefix of 8 to 30, like 172.30.0.1/16",
  );
}

/** 126: the subnet's own address, the gateway and one container. */
function ipv6Settings(options: DaemonOptions, env: NodeJS.ProcessEnv): Pick<Settings, 'ipv6' | 'fixedCidrV6'> {
  const wanted = options.ipv6 ?? truth('DRYDOCK_IPV6', env['DRYDOCK_IPV6'] || 'false');
  const fixedCidrV6 = options.fixedCidrV6 ?? (env['DRYDOCK_FIXED_CIDR_V6'] || undefined);
  const [address = '', prefix = '', ...more] = fixedCidrV6?.split('/') ?? [];
  const good = isIPv6(address) && /^\d{1,3}$/.test(prefix) && Number(prefix) >= 8 && Number(prefix) <= 126;
  if (fixedCidrV6 !== undefined)
    check('--fixed-cidr-v6', fixedCidrV6, good && !more.length, 'an IPv6 subnet like fd00:1::/64, prefix 8 to 126');
  return { ...(wanted && { ipv6: true }), ...(fixedCidrV6 !== undefined && { fixedCidrV6 }) };
}

function mirror(value: string): string {
  const url = URL.canParse(value) ? new URL(value) : undefined;
  return check(
    '--registry-mirror',
    value,
    url?.protocol === 'http:' || url?.protocol === 'https:',
    'an http or https URL',
  ).replace(/\/+$/, '');
}

const truth = (name: string, value: string): boolean =>
  check(name, value, value === 'true' || value === 'false', 'true or false') === 'true';

function absolute(name: string, value: string): string {
  return resolve(check(name, value, value !== '', 'a directory'));
}

const DRIVERS = ['overlay2', 'vfs'] as const;

function storageDriver(value: string): (typeof DRIVERS)[number] {
  const found = DRIVERS.find((name) => name === value);
  return found ?? (check('--storage-driver', value, false, DRIVERS.join(' or ')) as never);
}

/**
 * TCP without verified clients is allowed in words only, because this API gives root to each client: --tlsverify=false,
 * or --tls=false for no TLS at all. These are the words of dockerd 28.
 */
function tlsOf(options: DaemonOptions, env: NodeJS.ProcessEnv): ApiTls | 'none' | undefined {
  const verified = verifies(options, env);
  const { ca, cert, key } = tlsFiles(options, env);
  if (verified && options.tls !== false) return { ca, cert, key };
  if (verified) throw misuse('--tlsverify and --tls=false contradict each other');
  if (options.tls && verified === false) return { cert, key };
  return options.tls === false || verified === false ? 'none' : undefined;
}

function listenOf(options: DaemonOptions, env: NodeJS.ProcessEnv, execRoot: string): Pick<Settings, 'listen' | 'tls'> {
  const tls = tlsOf(options, env);
  const hosts = options.host?.length ? options.host : [hostFrom(env, execRoot)];
  const listen = hosts.map((host) => apiAddress(host, tls !== undefined && tls !== 'none'));
  const refused = listen.findIndex((address) => 'host' in address && tls === undefined);
  if (refused >= 0)
    throw misuse(
      `${hosts[refused]!} needs --tlsverify with --tlscacert, --tlscert and --tlskey, because each client of this API ` +
        `has root's rights; --tlsverify=false does without`,
    );
  return { listen, ...(tls && { tls }) };
}

/** Flags come first, then DRYDOCK_* of the environment (lists are separated by commas), then the defaults. */
export function settingsFrom(options: DaemonOptions, env: NodeJS.ProcessEnv): Settings {
  const one = (flag: string | undefined, name: string) => flag ?? (env[`DRYDOCK_${name}`] || undefined);
  const many = (flag: string[] | undefined, name: string) =>
    flag ??
    (env[`DRYDOCK_${name}`] || '')
      .split(',')
      .map((text) => text.trim())
      .filter(Boolean);
  const execRoot = absolute('--exec-root', one(options.execRoot, 'EXEC_ROOT') ?? DEFAULT_EXEC_ROOT);
  const bridge = one(options.bridge, 'BRIDGE') ?? 'drydock0';
  const bip = one(options.bip, 'BIP');
  const cgroupParent = one(options.cgroupParent, 'CGROUP_PARENT') ?? '/drydock';
  const storage = one(options.storageDriver, 'STORAGE_DRIVER');
  const idle = one(options.idle, 'IDLE') ?? '0';
  const proxy = options.userlandProxy ?? one(undefined, 'USERLAND_PROXY');
  const accept = one(options.firewallAccept, 'FIREWALL_ACCEPT');
  return {
    root: absolute('--root', one(options.root, 'ROOT') ?? '/var/lib/drydock'),
    ...(storage !== undefined && { storageDriver: storageDriver(storage) }),
    execRoot,
    ...listenOf(options, env, execRoot),
    // IFNAMSIZ is 16 with the final NUL: netdevice(7)
    bridge: check(
      '--bridge',
      bridge,
      /^[a-zA-Z0-9][a-zA-Z0-9_.-]{0,14}$/.test(bridge),
      'a name of at most 15 letters and digits',
    ),
    ...(bip !== undefined && { bip: bridgeAddress(bip) }),
    ...ipv6Settings(options, env),
    cgroupParent: check(
      '--cgroup-parent',
      cgroupParent,
      /^(\/[^/\0]+)+$/.test(cgroupParent) && !/\/\.\.?(\/|$)/.test(cgroupParent),
      'an absolute path below the root of the hierarchies, like /drydock',
    ),
    registryMirrors: many(options.registryMirror, 'REGISTRY_MIRROR').map(mirror),
    insecureRegistries: many(options.insecureRegistry, 'INSECURE_REGISTRY').map((value) =>
      check('--insecure-registry', value, /^[^\s/]+(\/\d{1,3})?$/.test(value), 'host, host:port or a CIDR'),
    ),
    practice: options.practice && env['DRYDOCK_NO_PRACTICE'] !== '1',
    dns: many(options.dns, 'DNS').map((value) => check('--dns', value, isIP(value) !== 0, 'an IP address')),
    ...(proxy !== undefined && { userlandProxy: truth('--userland-proxy', proxy === true ? 'true' : proxy) }),
    ...(accept !== undefined && { firewallAccept: truth('--firewall-accept', accept) }),
    idle: Number(check('--idle', idle, /^\d{1,8}$/.test(idle), 'a number of seconds')),
  };
}
