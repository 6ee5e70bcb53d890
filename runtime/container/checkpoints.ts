/**
 * Checkpoints of a container: directories with the files that CRIU wrote, and one of ours.
 *
 *   <checkpoints>/NAME/checkpoint.json        what criu(8) has to be told again at the restore
 *   <checkpoints>/NAME/*.img, dump.log        written by CRIU
 *   <checkpoints>/.NAME.<id>.partial          one that is being written
 *
 * <checkpoints> is below the container's own directory, unless a client names another one.
 */
import { lstatSync, readFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { badParameter, conflict, notFound } from '../errors/api-error.ts';
import { parseJson } from '../json/parse-json.ts';
import { hasCode } from '../kernel/errors.ts';
import type { Container, Restore } from './container.ts';
import type { NamespaceType } from '../oci/spec.ts';

export const MANIFEST = 'checkpoint.json';
/** dockerd's words for a name: it begins with a letter or a digit, so none of these is hidden. */
const NAME = /^[a-zA-Z0-9][a-zA-Z0-9_.-]+$/;
const NAME_MOST = 128;
/** In bytes: a directory that a client names may hold anything. */
const MANIFEST_MOST = 1 << 20;

/** What criu(8) is told at the restore. */
export interface Manifest {
  container: string;
  /** what stdin, stdout and stderr of the first process are: 'pipe:[4711]'; '' for a closed one */
  stdio: string[];
  /** the places of mounts whose files are outside of the container */
  mounts: string[];
}

type Place = Pick<Container, 'id' | 'paths'>;

/** `asked`: the directory that a client names, or nothing. Throws ApiError 400. */
export function checkpointsDir({ paths }: Place, asked = ''): string {
  if (!asked) return join(paths.dir, 'checkpoints');
  if (!asked.startsWith('/') || asked.includes('\0'))
    throw badParameter(`invalid checkpoint directory ${JSON.stringify(asked)}: give an absolute path`);
  return resolve(asked);
}

/** Throws ApiError 400 for an invalid name. */
export function checkpointPath(place: Place, name: string, asked?: string): string {
  if (!NAME.test(name) || name.length > NAME_MOST)
    throw badParameter(
      `Invalid checkpoint ID (${name.slice(0, NAME_MOST)}), only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed`,
    );
  return join(checkpointsDir(place, asked), name);
}

/** Where the files are until they are complete. Two containers may write into one directory. */
export const partialPath = ({ id }: Place, dir: string, name: string): string =>
  join(dir, `.${name}.${id.slice(0, 12)}.partial`);

/**
 * Whether a path is a directory with a checkpoint in it. A request may name any directory of the host, and `rm` must
 * delete no other kind.
 */
function isCheckpoint(path: string): boolean {
  const has = (file: string) => lstatSync(join(path, file), { throwIfNoEntry: false })?.isFile() ?? false;
  return (lstatSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false) && has(MANIFEST) && has('inventory.img');
}

/** Throws ApiError 409 when something has the path already. */
export function checkFree(path: string, name: string, container: string): void {
  if (!lstatSync(path, { throwIfNoEntry: false })) return;
  throw conflict(
    isCheckpoint(path)
      ? `checkpoint with name ${name} already exists for container ${container}`
      : `${path} exists and is no checkpoint`,
  );
}

/** Throws ApiError 404 when there is no checkpoint at the path. */
export function checkThere(path: string, name: string, container: string): void {
  if (!isCheckpoint(path)) throw notFound(`checkpoint ${name} does not exist for container ${container}`);
}

/** The names of the checkpoints in a directory, sorted. */
export async function checkpointNames(dir: string): Promise<string[]> {
  const entries = await readdir(dir, { withFileTypes: true }).catch((error: unknown) => {
    if (hasCode(error, 'ENOENT')) return [];
    throw error;
  });
  return entries
    .filter((entry) => entry.isDirectory() && NAME.test(entry.name) && isCheckpoint(join(dir, entry.name)))
    .map(({ name }) => name)
    .sort();
}

const isTexts = (value: unknown): value is string[] =>
  Array.isArray(value) && value.every((one) => typeof one === 'string' && !one.includes('\0'));

/** Throws ApiError 404 when there is no checkpoint at the path, 409 for one that cannot be used. */
export function readCheckpoint(path: string, name: string, container: string): Restore {
  checkThere(path, name, container);
  const file = join(path, MANIFEST);
  if (lstatSync(file).size > MANIFEST_MOST) throw conflict(`${file} is larger than ${MANIFEST_MOST} bytes`);
  const { stdio, mounts } = (parseJson(readFileSync(file, 'utf8')) ?? {}) as Partial<Manifest>;
  if (!isTexts(stdio) || !isTexts(mounts)) throw conflict(`${file} was not written by Drydock`);
  return { directory: path, stdio, mounts };
}

/** The namespaces that CRIU makes at a restore, because their numbers and names are in its files. */
const RESTORED: readonly NamespaceType[] = ['pid', 'uts', 'ipc', 'user', 'time'];
export const comesFromCheckpoint = ({ restore }: Pick<Container, 'restore'>, type: NamespaceType): boolean =>
  restore !== undefined && RESTORED.includes(type);
