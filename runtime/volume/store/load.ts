/**
 * Reads the volumes when the daemon starts. A directory with files but without a readable record is a volume too,
 * because the files may be all that its user has. A directory with neither is from an interrupted create.
 */
import { lstatSync, mkdirSync, readdirSync, readFileSync, rmdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { writeDurably } from '../../data-root/atomic-file.ts';
import type { Aside } from '../../data-root/set-aside.ts';
import { hasCode } from '../../kernel/errors.ts';
import { runJob } from '../../kernel/jobs.ts';
import { removeTree } from '../../kernel/tree/remove-tree.ts';
import '../copy-up/jobs.ts';
import { isVolumeName, volumeDrivers, type Volume } from '../volume.ts';

/** A volume is renamed to such a name before its files are deleted. No volume's name begins with a dot. */
export const REMOVED = '.removed-';

/** The volumes, the oldest first. */
export async function loadVolumes(dir: string, aside: Aside): Promise<Volume[]> {
  mkdirSync(dir, { recursive: true, mode: 0o701 });
  const volumes: Volume[] = [];
  for (const name of readdirSync(dir)) {
    const path = join(dir, name);
    try {
      if (name.startsWith(REMOVED)) finishRemoval(path, aside);
      else if (!isVolumeName(name) || !lstatSync(path).isDirectory()) aside.say(`${path}: it is no volume`);
      else {
        const volume = await load(path, name, aside);
        if (volume) volumes.push(volume);
      }
    } catch (error) {
      aside.say(`${path}: it cannot be read: ${(error as Error).message}`);
    }
  }
  return volumes.sort((a, b) => a.created - b.created || (a.name < b.name ? -1 : 1));
}

function finishRemoval(path: string, aside: Aside): void {
  void removeTree(path).catch((error: Error) => aside.say(`${path}: it was not deleted: ${error.message}`));
}

async function load(path: string, name: string, aside: Aside): Promise<Volume | undefined> {
  const [file, data] = [join(path, 'volume.json'), join(path, '_data')];
  rmSync(`${file}.partial`, { force: true });
  const known = recordIn(file, name, aside);
  if (!known && isEmpty(data)) return void discard(path, data);
  if (!lstatSync(data, { throwIfNoEntry: false })) mkdirSync(data, { mode: 0o755 });
  await runJob('volume-finish-copy', path);
  if (known) return known;
  const found: Volume = { name, driver: 'local', options: null, labels: null, created: lstatSync(path).ctimeMs };
  writeDurably(file, JSON.stringify(found));
  return found;
}

/** True when there is no such directory, or nothing in it. */
function isEmpty(data: string): boolean {
  try {
    return readdirSync(data).length === 0;
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return true;
    throw error;
  }
}

/** Removes the directories of an interrupted create: rmdir(2) removes nothing that has content. */
function discard(path: string, data: string): void {
  for (const one of [data, path]) {
    try {
      rmdirSync(one);
    } catch (error) {
      if (!hasCode(error, 'ENOENT', 'ENOTEMPTY')) throw error;
    }
  }
}

type Fields = Record<string, unknown>;
const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isPairs = (value: unknown): boolean =>
  value === null || (isFields(value) && Object.values(value).every((one) => typeof one === 'string'));

/** Undefined when there is no record. One that is damaged is moved aside. */
function recordIn(file: string, name: string, aside: Aside): Volume | undefined {
  aside.file(file);
  if (!lstatSync(file, { throwIfNoEntry: false })) return undefined;
  const fault = (value: unknown): string | undefined => {
    if (!isFields(value)) return 'it is no object';
    if (value['name'] !== name) return `it is the record of ${JSON.stringify(value['name'])}`;
    if (!volumeDrivers.some((driver) => driver === value['driver'])) return `its driver is unknown`;
    if (!isPairs(value['options']) || !isPairs(value['labels'])) return 'its options or labels are no strings';
    return typeof value['created'] === 'number' ? undefined : 'it has no time';
  };
  let why: string | undefined;
  try {
    const value: unknown = JSON.parse(readFileSync(file, 'utf8'));
    why = fault(value);
    if (!why) return value as Volume;
  } catch (error) {
    why = (error as Error).message;
  }
  aside.move(file, `the record of a volume cannot be read: ${why}`);
  return undefined;
}
