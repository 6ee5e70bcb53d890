/**
 * What a daemon must know about a container after another daemon died or the power failed: one file, which is replaced
 * as a whole. During a start there is a note of it beside that file. The note need not survive a power failure, because
 * nothing of a start remains after one.
 */
import { existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { replaceWhole, writeDurably } from '../data-root/atomic-file.ts';
import { removeTree } from '../kernel/tree/remove-tree.ts';
import type { Bundle } from './container.ts';
import type { Endpoint } from '../network/endpoint.ts';
import type { Health } from './health.ts';
import type { MachineState } from './life.ts';
import type { ContainerOperation } from '../operation/record.ts';
import type { ContainerRequest } from '../request/container-request.ts';
import { containerPaths, containersDir } from './paths.ts';
import { recordFault, upgraded } from './readable-record.ts';
import type { Aside } from '../data-root/set-aside.ts';
import type { Settings } from '../data-root/settings.ts';
import type { MountPoint } from '../volume/mount-point.ts';
import { shimOwner } from '../kernel/process/shim.ts';
import type { ExecutorName } from '../executor/driver.ts';
import type { DriverName, StorageDriver } from '../storage/driver.ts';

export interface ContainerRecord {
  id: string;
  name: string;
  created: number;
  request: ContainerRequest;
  platform?: string;
  image?: string;
  /** what it was made from, instead of an image */
  bundle?: Bundle;
  /** the storage driver of its files; absent for overlay2, from before there were other drivers */
  storage?: DriverName;
  /** absent for stage, from before there was a choice */
  executor?: ExecutorName;
  endpoints: Endpoint[];
  /** absent for a container from before there were volumes */
  mounts?: MountPoint[];
  /** the image's volumes are not in `mounts` yet, because the image was not there at the create */
  undeclared?: true;
  /** its removal takes the anonymous volumes too */
  takesVolumes?: true;
  /** the machine's saved state, and why it failed */
  machine: MachineState;
  error: string;
  runs: number;
  pid: number;
  exitCode: number;
  oomKilled: boolean;
  startedAt: number;
  finishedAt: number;
  restartCount: number;
  /** absent when it never ran with a health check; not saved after each probe */
  health?: Health;
  /** a client has stopped it or sent it a signal; `unless-stopped` then does not start it again */
  stopped: boolean;
  /** its removal began and failed; the rw layer may be half deleted, so it cannot be started any more */
  dead?: boolean;
  warnings: string[];
  /** a checkpoint that is being made: where, and whether the container ends with it */
  checkpointing?: { path: string; partial: string; exits: boolean };
  /** operations on it, the oldest first */
  operations?: ContainerOperation[];
  /** what could not be undone of a run, one line each; absent when the run ended by itself, or never began */
  left?: readonly string[];
}

const fileOf = (settings: Settings, id: string) => join(containersDir(settings), id, 'container.json');
const startOf = (settings: Settings, id: string) => join(containersDir(settings), id, 'starting');

export function saveRecord(settings: Settings, record: ContainerRecord): void {
  replaceWhole(fileOf(settings, record.id), JSON.stringify(record));
  rmSync(startOf(settings, record.id), { force: true });
}

/** Notes that run `record.runs` begins. If the daemon dies before the next saveRecord, the run is unfinished. */
export function noteStart(settings: Settings, { id, runs }: ContainerRecord): void {
  const file = startOf(settings, id);
  try {
    writeFileSync(file, `${runs}\n`, { mode: 0o600 });
  } catch (error) {
    rmSync(file, { force: true });
    throw error;
  }
}

/** The record as it was when the last daemon died: in the middle of a start when the note is newer than the record. */
function withStart(settings: Settings, record: ContainerRecord): ContainerRecord {
  const file = startOf(settings, record.id);
  if (!existsSync(file)) return record;
  const runs = Number(readFileSync(file, 'utf8')) || record.runs + 1;
  return runs > record.runs ? { ...record, machine: 'pulling', stopped: false, runs } : record;
}

/**
 * The containers of the daemon's storage driver. Those of another driver are left for a daemon with that driver. Throws
 * Error when one of them is running, because it would lose its network to this daemon.
 */
export function recordsOf(
  settings: Settings,
  driver: StorageDriver,
  all: readonly ContainerRecord[],
): ContainerRecord[] {
  const isOwn = ({ storage = 'overlay2' }: ContainerRecord) => storage === driver.name || storage === 'bundle';
  for (const one of all) {
    if (isOwn(one) || !shimOwner(containerPaths(settings, one.id).runDir)) continue;
    const { name, storage = 'overlay2' } = one;
    throw new Error(
      `container ${name} runs on storage driver ${storage}: start the daemon with --storage-driver ${storage}, ` +
        `and stop it before another driver is used`,
    );
  }
  return all.filter(isOwn);
}

/**
 * Creates the directory with the record, or neither: a full disk may have room for the directory alone. `bundle` is the
 * config.json that the container is made from.
 */
export function newDirectory(settings: Settings, record: ContainerRecord, bundle?: string): void {
  try {
    mkdirSync(join(containersDir(settings), record.id), { recursive: true, mode: 0o710 });
    if (bundle !== undefined) writeDurably(containerPaths(settings, record.id).bundle, bundle);
    writeDurably(fileOf(settings, record.id), JSON.stringify(record));
  } catch (error) {
    rmSync(join(containersDir(settings), record.id), { recursive: true, force: true });
    throw error;
  }
}

/**
 * Removes a large directory outside the daemon's thread: it may hold a log of gigabytes, or the rw layer that a dead
 * daemon left.
 */
export function removeDirectory(settings: Settings, id: string): Promise<void> {
  return removeTree(join(containersDir(settings), id));
}

/** The names in a container's directory. An interrupted create or rm leaves no others. */
const FILES = [
  'container.json',
  'container.json.partial',
  'starting',
  'config.json',
  'bundle.json',
  'journal.ndjson',
  'journal.ndjson.trimmed',
  'health.ndjson',
  'health.ndjson.trimmed',
  'output.log',
  'hosts',
  'hostname',
  'resolv.conf',
  'resolv.conf.hash',
];
const DIRECTORIES = ['rootfs', 'rootfs.partial', 'upper', 'work', 'images', 'execs', 'checkpoints'];
const isFile = (name: string) => FILES.includes(name) || /^output\.log\.(\d+|new|full|gz)$/.test(name);
/** In bytes: a journal is read into memory as a whole. */
const JOURNAL_MOST = 1 << 29;

/**
 * A directory without a record is from an interrupted create or rm and is removed. A directory with an unreadable
 * record, and anything that does not belong to a container, is set aside.
 */
export function loadRecords(settings: Settings, aside: Aside): ContainerRecord[] {
  const dir = containersDir(settings);
  mkdirSync(dir, { recursive: true, mode: 0o710 });
  return readdirSync(dir)
    .flatMap((id) => loadOne(settings, join(dir, id), id, aside) ?? [])
    .sort((a, b) => a.created - b.created);
}

function loadOne(settings: Settings, path: string, id: string, aside: Aside): ContainerRecord | undefined {
  const file = fileOf(settings, id);
  try {
    if (!lstatSync(path).isDirectory()) return void aside.move(path, 'no directory of a container');
    if (!lstatSync(file, { throwIfNoEntry: false })) {
      const foreign = readdirSync(path).find((name) => !isFile(name) && !DIRECTORIES.includes(name));
      if (foreign !== undefined) return void aside.move(path, `no record, and ${foreign} in it`);
      return void removeDirectory(settings, id).catch((error: Error) => aside.say(`${path}: ${error.message}`));
    }
    const fault = faultOf(file, id);
    if (fault) return void aside.move(path, `${file} cannot be read: ${fault}`);
    for (const name of readdirSync(path)) {
      if (isFile(name)) aside.file(join(path, name), name.endsWith('.ndjson') ? JOURNAL_MOST : undefined);
      else if (DIRECTORIES.includes(name)) aside.directory(join(path, name));
    }
    return withStart(settings, read(file) as ContainerRecord);
  } catch (error) {
    return void aside.say(`${path}: it cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  }
}

const read = (file: string): unknown => upgraded(JSON.parse(readFileSync(file, 'utf8')));

function faultOf(file: string, id: string): string | undefined {
  const stat = lstatSync(file);
  if (!stat.isFile()) return 'it is no file';
  try {
    return recordFault(read(file), id);
  } catch (error) {
    return (error as Error).message;
  }
}
