/** Fetches files of the client: a few into memory, or a directory as the tar archive that the classic wire has too. */
import type { Socket } from 'node:net';
import { posix } from 'node:path';
import { changesOf, type Listed } from '../../../../runtime/build/context/changes.ts';
import type { ContextFiles } from '../../../../runtime/build/context/file-list.ts';
import { TarWriter, type TarEntry } from '../../../../runtime/image/layer/tar-writer.ts';
import { drained } from '../../../../runtime/kernel/drained.ts';
import { has, isFile, MODE, receiveFiles, type Receiver } from './packets.ts';
import { FileSync } from './proto/filesync_pb.ts';
import type { Stat } from './proto/fsutil_pb.ts';
import type { Session } from './session.ts';

/** What is to be sent: dir-name, followpaths, include-patterns, exclude-patterns, each with its values. */
type Wanted = Readonly<Record<string, readonly string[]>>;

/** In bytes: of all files that are read into memory, which are a Dockerfile and its .dockerignore. */
const MEMORY_MOST = 2 << 20;
const LINKS_MOST = 16;

/** Headers are ASCII; other text is escaped as Go's url.QueryEscape does it, and said to be so. */
function headersOf(wanted: Wanted): Headers {
  const headers = new Headers();
  for (const [key, values] of Object.entries(wanted)) {
    const encoded = values.some((value) => /[^\x20-\x7e]|^\s|\s$|,/.test(value));
    for (const value of values) headers.append(key, encoded ? encodeURIComponent(value) : value);
    if (encoded) headers.set(`${key}-encoded`, '1');
  }
  return headers;
}

const receive = (session: Session, wanted: Wanted, receiver: Receiver, signal: AbortSignal): Promise<void> =>
  receiveFiles(
    (outgoing) => session.call(FileSync).diffCopy(outgoing, { headers: headersOf(wanted), signal }),
    receiver,
  );

/** Reads these files. The returned function finds one by its path, also through symbolic links. */
export async function filesOf(
  session: Session,
  directory: string,
  paths: readonly string[],
  signal: AbortSignal,
): Promise<(path: string) => string | undefined> {
  const found = new Map<string, { link: string; parts: Uint8Array[] }>();
  let parts: Uint8Array[] = [];
  let length = 0;
  const receiver: Receiver = {
    entry(stat) {
      parts = [];
      if (isFile(stat) || has(stat.mode, MODE.symlink)) found.set(stat.path, { link: stat.linkname, parts });
      return Promise.resolve();
    },
    data(bytes) {
      length += bytes.length;
      if (length > MEMORY_MOST) throw new Error(`${paths.join(', ')}: more than ${MEMORY_MOST} bytes`);
      parts.push(bytes);
      return Promise.resolve();
    },
  };
  await receive(session, { 'dir-name': [directory], followpaths: paths }, receiver, signal);
  return (path) => {
    let at = posix.normalize(path);
    for (let links = 0; links < LINKS_MOST; links++) {
      const file = found.get(at);
      if (!file) return undefined;
      if (!file.link) return Buffer.concat(file.parts).toString('utf8');
      at = posix.resolve('/', posix.dirname(at), file.link).slice(1);
    }
    return undefined;
  };
}

const NANOSECONDS = 1_000_000_000n;
function entryOf(stat: Stat): TarEntry | undefined {
  const { mode } = stat;
  const is = (bit: number) => has(mode, bit);
  if (is(MODE.socket) || is(MODE.irregular)) return undefined;
  const device = is(MODE.device);
  const special = is(MODE.symlink) ? '2' : device ? (is(MODE.character) ? '3' : '4') : is(MODE.fifo) ? '6' : undefined;
  const type = is(MODE.directory) ? '5' : (special ?? (stat.linkname ? '1' : '0'));
  const sec = stat.modTime / NANOSECONDS - (stat.modTime % NANOSECONDS < 0n ? 1n : 0n);
  return {
    type,
    name: Buffer.from(stat.path),
    ...(stat.linkname && { linkname: Buffer.from(stat.linkname) }),
    mode:
      (mode & 0o777) | (is(MODE.setuid) ? 0o4000 : 0) | (is(MODE.setgid) ? 0o2000 : 0) | (is(MODE.sticky) ? 0o1000 : 0),
    uid: 0,
    gid: 0,
    size: Number(stat.size),
    mtime: { sec: Number(sec), nsec: Number(stat.modTime - sec * NANOSECONDS) },
    ...(device && { device: { major: Number(stat.devmajor), minor: Number(stat.devminor) } }),
    xattrs: Object.entries(stat.xattrs).map(([key, value]) => [key, Buffer.from(value)] as const),
  };
}

/** fsutil compares these, except for the attributes: they are compared too. */
function listedOf(stat: Stat): Listed {
  const { path, mode, uid, gid, size, modTime, devmajor, devminor, linkname, xattrs } = stat;
  const attributes = Object.entries(xattrs).map(([key, value]) => [key, Buffer.from(value).toString('base64')]);
  const numbers = [mode, uid, gid, size, modTime, devmajor, devminor].join();
  const isLink = linkname !== '' && !has(mode, MODE.symlink);
  return {
    path,
    tag: linkname || attributes.length ? JSON.stringify([numbers, linkname, attributes]) : numbers,
    size: isFile(stat) ? Number(size) : 0,
    directory: has(mode, MODE.directory),
    ...(isLink && { first: linkname }),
    ...((has(mode, MODE.socket) || has(mode, MODE.irregular)) && { absent: true }),
  };
}

/** Compares the list with what is kept, and removes from that what the client no longer has. */
async function wantedOf(files: ContextFiles, stats: readonly Stat[]): Promise<ReadonlySet<number>> {
  const { now, wanted, gone } = await changesOf(files.before, stats.map(listedOf));
  if (gone.length) await files.remove(gone);
  for (const [path, file] of now) files.now.set(path, file);
  return wanted;
}

/**
 * Writes the client's directory as a tar archive into the socket, and closes that. With `files` only what has changed.
 */
export async function passFiles(
  session: Session,
  wanted: Wanted,
  socket: Socket,
  signal: AbortSignal,
  files?: ContextFiles,
): Promise<void> {
  const tar = new TarWriter(async (part) => {
    if (socket.destroyed) throw new Error('the archive was not taken');
    // a copy, because the socket keeps what it gets
    if (!socket.write(Buffer.from(part))) await drained(socket);
  });
  const receiver: Receiver = {
    ...(files && { listed: (stats: readonly Stat[]) => wantedOf(files, stats) }),
    async entry(stat) {
      const entry = entryOf(stat);
      if (entry) await tar.entry(entry);
    },
    data: (bytes) => tar.data(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)),
  };
  await receive(session, wanted, receiver, signal);
  await tar.end();
}
