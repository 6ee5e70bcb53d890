/**
 * Writes hosts, hostname and resolv.conf into the container's directory on the host. The init phase mounts them over
 * the image's files.
 */
import { createHash } from 'node:crypto';
import { AT_FDCWD, O } from '../../syscalls/constants.ts';
import { tolerate } from '../../kernel/errors.ts';
import type { Kernel } from '../../kernel/kernel.ts';
import { readWhole } from '../../kernel/read-whole.ts';
import type { Connected } from '../driver.ts';
import type { Endpoint } from '../endpoint.ts';
import type { InspectionSection } from '../../journal/inspection-section.ts';
import { namespaceOf } from '../../drivers/network.ts';
import { linkLines } from './link-lines.ts';
import { SERVER } from './redirect.ts';
import { servesNames, startNameServer } from './serve.ts';
import { served, type Served } from './served.ts';
import {
  addressesOf,
  hostLine,
  hostsFile,
  onlyLoopback,
  resolvConf,
  withoutAddress,
  withoutNewlines,
} from './files.ts';

type Name = keyof Connected['paths'];
/** In bytes: a hosts file may be a list of a million blocked names. */
const LIMIT = 32 * 1024 * 1024;
/** The usual mode of files in /etc, independent of the daemon's umask. */
const MODE = 0o644;

/** On a machine without networking these files may be missing, or be something else. */
const NOT_THERE = ['ENOENT', 'EACCES', 'EISDIR', 'ENOTDIR', 'ELOOP'];
const read = async (k: Kernel, path: string) =>
  (await tolerate(NOT_THERE, readWhole(k.daemon, path, LIMIT)))?.toString('utf8') ?? '';

/** The endpoint that uses another container's network. */
const sharedBy = (c: Connected) => c.endpoints.find(({ driver }) => driver === 'container');
const onHost = (c: Connected) => namespaceOf(c.endpoints) === 'host';

async function put(k: Kernel, c: Connected, name: Name, content: string): Promise<void> {
  const path = c.paths[name];
  await k.daemon.write_file(path, O.O_CREAT | O.O_TRUNC | O.O_NOFOLLOW, MODE, Buffer.from(content));
  await k.daemon.fchmodat(AT_FDCWD, path, MODE);
  k.fact({ kind: 'file', key: path, value: content });
}

/** Uses the file of the container whose network is shared: the same inode, so that both containers see a change. */
async function share(k: Kernel, c: Connected, name: Name, { container = '' }: Endpoint): Promise<void> {
  const theirs = c.other(container).paths[name];
  await removeFile(k, c, name);
  await k.daemon.linkat(AT_FDCWD, theirs, AT_FDCWD, c.paths[name], 0);
  k.fact({ kind: 'file', key: c.paths[name], value: `the same file as ${theirs}` });
}

export async function writeHosts(k: Kernel, c: Connected): Promise<void> {
  const shared = sharedBy(c);
  if (shared) return share(k, c, 'hosts', shared);
  const hostFile = onHost(c) ? await read(k, '/etc/hosts') : '';
  const { hostname = c.id.slice(0, 12), domainname } = c.spec;
  const content = hostsFile({
    endpoints: c.endpoints,
    hostname,
    ...(domainname && { domainname }),
    extra: c.names.hosts,
    links: linkLines(c),
    hostFile,
  });
  await put(k, c, 'hosts', content);
}

/** UTF-8 as one character for each byte. */
const latin1 = (text: string) => Buffer.from(text).toString('latin1');

/** In bytes. A container may have written anything into its file; a larger one is left as it is. */
const CHANGED_LIMIT = 1024 * 1024;

/**
 * Changes the file of a running container and keeps its inode, because that is what is mounted inside. Its bytes are
 * kept, whatever they are, so they are read as Latin-1.
 */
export async function changeFile(
  k: Kernel,
  c: Connected,
  name: Name,
  value: string | null,
  change: (content: string) => string,
): Promise<void> {
  const path = c.paths[name];
  const bytes = await tolerate([...NOT_THERE, 'EFBIG'], readWhole(k.daemon, path, CHANGED_LIMIT));
  const before = bytes?.toString('latin1');
  const after = before === undefined ? undefined : change(before);
  if (after === before || after === undefined) return;
  await k.daemon.write_file(path, O.O_CREAT | O.O_TRUNC | O.O_NOFOLLOW, MODE, Buffer.from(after, 'latin1'));
  k.fact({ kind: 'file', key: path, value });
}

/** Adds a line for the endpoint's address, after the lines that programs of the container may have added. */
export async function addToHosts(k: Kernel, c: Connected, endpoint: Endpoint): Promise<void> {
  const { hostname = c.id.slice(0, 12), domainname } = c.spec;
  for (const address of addressesOf(endpoint)) {
    const line = hostLine(address, hostname, domainname);
    await changeFile(
      k,
      c,
      'hosts',
      `… ${line}`,
      (content) => `${withoutNewlines(withoutAddress(content, address))}\n${latin1(line)}\n`,
    );
  }
}

export async function removeFromHosts(k: Kernel, c: Connected, endpoint: Endpoint): Promise<void> {
  for (const address of addressesOf(endpoint))
    await changeFile(k, c, 'hosts', `… without ${address}`, (content) => withoutAddress(content, address));
}

export async function writeHostname(k: Kernel, c: Connected): Promise<void> {
  const shared = sharedBy(c);
  if (shared) return share(k, c, 'hostname', shared);
  await put(k, c, 'hostname', `${c.spec.hostname ?? c.id.slice(0, 12)}\n`);
}

/** The file with the resolvers behind systemd-resolved: systemd-resolved.service(8). */
const RESOLVED = '/run/systemd/resolve/resolv.conf';

/** --dns of the container, or else of the daemon. */
const serversAsked = (c: Connected) => (c.names.dns.length ? c.names.dns : c.settings.dns);

/** The file of a container without a name server. */
async function plainResolvConf(k: Kernel, c: Connected): Promise<string> {
  const { search, options } = c.names;
  let hostFile = await read(k, '/etc/resolv.conf');
  if (!onHost(c) && onlyLoopback(hostFile)) hostFile = (await read(k, RESOLVED)) || hostFile;
  return resolvConf({ onHost: onHost(c), hostFile, dns: serversAsked(c), search, options });
}

/** The settings of a container with a name server. */
async function servedBy(k: Kernel, c: Connected): Promise<Served> {
  const { search, options } = c.names;
  return served({ hostFile: await read(k, '/etc/resolv.conf'), dns: serversAsked(c), search, options });
}

/**
 * The file has the hash of each content that was written into resolv.conf in this run. The host's servers may be others
 * by now, so what would be written now does not tell whether the file was changed.
 */
const hashesFile = (c: Connected) => `${c.paths.resolvConf}.hash`;
const hashOf = (content: string) => createHash('sha256').update(content, 'latin1').digest('hex');

/** Before the content itself is written, so that it is known after a crash between the two. */
async function noteWritten(k: Kernel, c: Connected, hashes: readonly string[]): Promise<void> {
  const flags = O.O_CREAT | O.O_TRUNC | O.O_NOFOLLOW;
  await k.daemon.write_file(hashesFile(c), flags, 0o600, Buffer.from(`${[...new Set(hashes)].join('\n')}\n`));
}

export async function writeResolvConf(k: Kernel, c: Connected): Promise<void> {
  const shared = sharedBy(c);
  if (shared) return share(k, c, 'resolvConf', shared);
  const content = servesNames(c) ? (await servedBy(k, c)).file : await plainResolvConf(k, c);
  // one in the host's namespace is never connected to another network
  if (!onHost(c)) await noteWritten(k, c, [hashOf(latin1(content))]);
  await put(k, c, 'resolvConf', content);
}

export async function removeResolvConf(k: Kernel, c: Connected): Promise<void> {
  await removeFile(k, c, 'resolvConf');
  await tolerate(['ENOENT'], k.daemon.unlinkat(AT_FDCWD, hashesFile(c), 0));
}

/** Returns whether the file has the content `to` now; `before` is what a daemon wrote that noted no hash. */
async function replaceOwn(k: Kernel, c: Connected, to: string, before: string): Promise<boolean> {
  const noted = (await read(k, hashesFile(c))).split('\n').filter(Boolean);
  const own = noted.length ? noted : [hashOf(latin1(before))];
  let replaced = true;
  await noteWritten(k, c, [...own, hashOf(latin1(to))]);
  await changeFile(k, c, 'resolvConf', to, (content) => {
    replaced = content === latin1(to) || own.includes(hashOf(content));
    return replaced ? latin1(to) : content;
  });
  return replaced;
}

/** For a running container: its file leads to the name server now, unless it was changed. */
export async function changeResolvConf(k: Kernel, c: Connected): Promise<void> {
  const { file } = await servedBy(k, c);
  if (await replaceOwn(k, c, file, await plainResolvConf(k, c))) return;
  c.warnings.push(
    `/etc/resolv.conf was changed in the container and stays as it is; names of containers need the line "nameserver ${SERVER}"`,
  );
}

/** The way back, when it was not connected in the end. */
export async function restoreResolvConf(k: Kernel, c: Connected): Promise<void> {
  await replaceOwn(k, c, await plainResolvConf(k, c), (await servedBy(k, c)).file);
}

export async function serveNames(k: Kernel, c: Connected): Promise<void> {
  const { upstream, options } = await servedBy(k, c);
  await startNameServer(k, c, upstream, options);
}

export async function removeFile(k: Kernel, c: Connected, name: Name): Promise<void> {
  await tolerate(['ENOENT'], k.daemon.unlinkat(AT_FDCWD, c.paths[name], 0));
  k.fact({ kind: 'file', key: c.paths[name], value: null });
}

/** The file's content on the disk. */
export const fileEvidence =
  (name: Name) =>
  async (k: Kernel, c: Connected): Promise<InspectionSection[]> => [
    { title: c.paths[name], lines: (await read(k, c.paths[name])).trimEnd().split('\n') },
  ];
