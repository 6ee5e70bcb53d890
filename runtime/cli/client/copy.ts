/**
 * `cp` from the client's side. The archives are written and read by the code that the daemon uses for its own side, so
 * that nothing of an archive leads out of the directory that it is unpacked into.
 */
import { closeSync, lstatSync, openSync, statSync } from 'node:fs';
import { posix } from 'node:path';
import { PassThrough, type Readable, type Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { readArchive } from '../../storage/archive/read.ts';
import { unpackInto } from '../../storage/archive/write.ts';
import { codeOf, DaemonError, Failure } from '../failure/failure.ts';
import { containerPath, type Client } from './client.ts';

/** Without a container: a path of this machine. */
export interface Side {
  container?: string;
  path: string;
}
type Inside = Required<Side>;

/** A part of the answer to HEAD /containers/{id}/archive. */
interface PathStat {
  /** Go's os.FileMode */
  mode: number;
  linkTarget: string;
}

/** Go's os.ModeDir. */
const DIRECTORY = 2 ** 31;
const isDirectory = ({ mode }: PathStat): boolean => mode >= DIRECTORY;
/** '/a/d/.' means the content of the directory. */
const isContent = (path: string): boolean => path === '.' || path.endsWith('/.');
const route = ({ container }: Inside): string => containerPath(container, '/archive');

async function statIn(client: Client, side: Inside): Promise<PathStat> {
  const answer = await client
    .open('HEAD', route(side), { query: { path: side.path } })
    .catch(async (error: unknown) => {
      if (!(error instanceof DaemonError && error.status === 404)) throw error;
      // the answer to HEAD has no body that could say which of the two is not there
      await client.get(containerPath(side.container, '/json'));
      throw new DaemonError(404, `Could not find the file ${side.path} in container ${side.container}`);
    });
  answer.resume();
  const text = String(answer.headers['x-docker-container-path-stat'] ?? '');
  return JSON.parse(Buffer.from(text, 'base64').toString()) as PathStat;
}

/** The source in the container; with `follow`, what a link there leads to. */
async function found(client: Client, side: Inside, follow: boolean): Promise<{ side: Inside; stat: PathStat }> {
  const stat = await statIn(client, side);
  if (!follow || !stat.linkTarget) return { side, stat };
  const target = { ...side, path: stat.linkTarget };
  return { side: target, stat: await statIn(client, target) };
}

export async function writeArchiveTo(client: Client, side: Inside, follow: boolean, out: Writable): Promise<void> {
  const { side: source } = await found(client, side, follow);
  await pipeline(await client.open('GET', route(source), { query: { path: source.path } }), out);
}

export async function sendArchive(client: Client, stream: Readable, to: Inside, owners: boolean): Promise<void> {
  const query = { path: to.path, noOverwriteDirNonDir: true, copyUIDGID: owners };
  await client.call('PUT', route(to), { query, stream, headers: { 'Content-Type': 'application/x-tar' } });
}

/** Where an archive is unpacked, and the name that its source gets there; undefined keeps the source's names. */
interface Place {
  directory: string;
  name?: string;
}

/** As `cp -r`: into a directory that exists, else under the destination's own name beside it. */
function placeOf(to: string, is: 'directory' | 'file' | undefined, sourceIsDirectory: boolean): Place {
  if (is === 'directory') return { directory: to };
  if (is === 'file' && sourceIsDirectory) throw new Failure(`cannot copy a directory over the file ${to}`);
  if ((is === 'file' || !sourceIsDirectory) && /\/\.?$/.test(to)) throw new Failure(`${to} is no directory`);
  const clean = posix.resolve('/', to);
  return { directory: posix.dirname(clean), name: posix.basename(clean) };
}

/** Returns how many bytes came. Owners are those of the archive, or else the user that runs this. */
export async function copyOut(
  client: Client,
  from: Inside,
  to: string,
  { follow, owners }: { follow: boolean; owners: boolean },
): Promise<number> {
  const { side, stat } = await found(client, from, follow);
  const there = statSync(to, { throwIfNoEntry: false });
  const is = there && (there.isDirectory() ? 'directory' : 'file');
  const ending = to.endsWith('/') && is === undefined ? '/' : '';
  const place = placeOf(posix.resolve(to) + ending, is, isDirectory(stat));
  const clean = (path: string) => (isContent(path) ? '.' : posix.basename(path));
  // what was followed keeps the name of its link
  const name = place.name ?? (side.path === from.path ? undefined : clean(from.path));
  const root = openPlace(place.directory);
  let bytes = 0;
  try {
    const body = await client.open('GET', route(side), { query: { path: side.path } });
    body.on('data', (part: Buffer) => void (bytes += part.length));
    body.pause();
    const user = owners ? undefined : `${process.getuid!()}:${process.getgid!()}`;
    await unpackInto(
      {
        root,
        path: '/',
        keepsKinds: true,
        ...(user && { user }),
        ...(name && { rename: { from: clean(side.path), to: name } }),
      },
      body,
    );
  } finally {
    closeSync(root);
  }
  return bytes;
}

function openPlace(directory: string): number {
  try {
    return openSync(directory, 'r');
  } catch (cause) {
    throw codeOf(cause) === 'ENOENT'
      ? new Failure(`invalid output path: directory ${directory} does not exist`)
      : cause;
  }
}

async function statOrNone(client: Client, side: Inside): Promise<PathStat | undefined> {
  try {
    const stat = await statIn(client, side);
    return stat.linkTarget ? await statOrNone(client, { ...side, path: stat.linkTarget }) : stat;
  } catch (error) {
    if (error instanceof DaemonError && error.status === 404) return undefined;
    throw error;
  }
}

/** `as` is the name of the source, if not the last part of its path. Returns how many bytes were sent. */
export async function copyIn(
  client: Client,
  from: { path: string; as?: string },
  to: Inside,
  owners: boolean,
): Promise<number> {
  const path = posix.resolve(from.path) + (isContent(from.path) ? '/.' : '');
  const there = await statOrNone(client, to);
  const is = there && (isDirectory(there) ? 'directory' : 'file');
  const source = lstatSync(path);
  const place = placeOf(to.path, is, source.isDirectory());
  const as = place.name ?? from.as;
  const stream = new PassThrough();
  const root = openSync('/', 'r');
  let bytes = 0;
  const emit = async (part: Buffer): Promise<void> => {
    bytes += part.length;
    // a copy, because the stream keeps what it gets
    if (!stream.write(Buffer.from(part)))
      await new Promise((resolve) => stream.once('drain', resolve).once('close', resolve));
  };
  const reading = readArchive({ root, path, ...(as !== undefined && { as }) }, emit).then(
    () => stream.end(),
    (error: Error) => stream.destroy(error),
  );
  try {
    await sendArchive(client, stream, { ...to, path: place.directory }, owners);
    await reading;
  } finally {
    closeSync(root);
  }
  return bytes;
}
