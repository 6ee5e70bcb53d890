/**
 * Puts hosts, hostname and resolv.conf into the container's folder on the host; the exec phase mounts them over those
 * of the image.
 */
import { AT_FDCWD, O } from '../syscalls/constants.ts';
import { tolerate } from '../kernel/errors.ts';
import type { Kernel } from '../kernel/kernel.ts';
import { readWhole } from '../kernel/read-whole.ts';
import type { Container, ContainerPaths } from '../container/container.ts';
import type { Evidence } from '../journal/inspection-section.ts';
import { hostsFile, onlyLoopback, resolvConf } from './files.ts';

type Name = keyof Pick<ContainerPaths, 'hosts' | 'hostname' | 'resolvConf'>;
/** A hosts file may be a list of a million names to block. */
const LIMIT = 32 * 1024 * 1024;
/** As a file of /etc should be, whatever the daemon's umask. */
const MODE = 0o644;

/** Of a machine without networking these may be missing, or be anything. */
const NOT_THERE = ['ENOENT', 'EACCES', 'EISDIR', 'ENOTDIR', 'ELOOP'];
const read = async (k: Kernel, path: string) =>
  (await tolerate(NOT_THERE, readWhole(k.daemon, path, LIMIT)))?.toString('utf8') ?? '';

async function put(k: Kernel, c: Container, name: Name, content: string): Promise<void> {
  const path = c.paths[name];
  await k.daemon.write_file(path, O.O_CREAT | O.O_TRUNC | O.O_NOFOLLOW, MODE, Buffer.from(content));
  await k.daemon.fchmodat(AT_FDCWD, path, MODE);
  k.fact({ kind: 'file', key: path, value: content });
}

/** The file of the container whose network is used: the same inode, so that a change is seen by both. */
async function share(k: Kernel, c: Container, name: Name): Promise<void> {
  const theirs = c.other(c.network.container ?? '').paths[name];
  await removeFile(k, c, name);
  await k.daemon.linkat(AT_FDCWD, theirs, AT_FDCWD, c.paths[name], 0);
  k.fact({ kind: 'file', key: c.paths[name], value: `the same file as ${theirs}` });
}

export async function writeHosts(k: Kernel, c: Container): Promise<void> {
  if (c.network.mode === 'container') return share(k, c, 'hosts');
  const hostFile = c.network.mode === 'host' ? await read(k, '/etc/hosts') : '';
  const { hostname = c.id.slice(0, 12), domainname } = c.spec;
  const content = hostsFile({
    network: c.network,
    hostname,
    ...(domainname && { domainname }),
    extra: c.request.HostConfig.ExtraHosts ?? [],
    hostFile,
  });
  await put(k, c, 'hosts', content);
}

export async function writeHostname(k: Kernel, c: Container): Promise<void> {
  if (c.network.mode === 'container') return share(k, c, 'hostname');
  await put(k, c, 'hostname', `${c.spec.hostname ?? c.id.slice(0, 12)}\n`);
}

/** Where systemd-resolved keeps the resolvers behind its own: systemd-resolved.service(8). */
const RESOLVED = '/run/systemd/resolve/resolv.conf';

export async function writeResolvConf(k: Kernel, c: Container): Promise<void> {
  const { mode } = c.network;
  if (mode === 'container') return share(k, c, 'resolvConf');
  const { Dns, DnsSearch, DnsOptions } = c.request.HostConfig;
  let hostFile = await read(k, '/etc/resolv.conf');
  if (mode !== 'host' && onlyLoopback(hostFile)) hostFile = (await read(k, RESOLVED)) || hostFile;
  const dns = Dns?.length ? Dns : c.settings.dns;
  await put(
    k,
    c,
    'resolvConf',
    resolvConf({ mode, hostFile, dns, search: DnsSearch ?? [], options: DnsOptions ?? [] }),
  );
}

export async function removeFile(k: Kernel, c: Container, name: Name): Promise<void> {
  await tolerate(['ENOENT'], k.daemon.unlinkat(AT_FDCWD, c.paths[name], 0));
  k.fact({ kind: 'file', key: c.paths[name], value: null });
}

/** The file as it is on the disk now. */
export const fileEvidence =
  (name: Name) =>
  async (k: Kernel, c: Container): Promise<Evidence[]> => [
    { title: c.paths[name], lines: (await read(k, c.paths[name])).trimEnd().split('\n') },
  ];
