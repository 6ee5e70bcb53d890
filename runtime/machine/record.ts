/**
 * What a daemon must know of a container after another daemon died, or the power was cut: one file, replaced whole. While a start
 * is under way there is a note of it beside that file. It need not outlive a power cut: after one nothing of a start is left to take back.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { replaceWhole, writeDurably } from '../image/atomic-file.ts';
import { removeTree } from '../kernel/tree/remove-tree.ts';
import type { Network } from '../network/network.ts';
import type { MachineState } from './engine.ts';
import type { ContainerOperation } from '../operation/container-operations.ts';
import type { ContainerRequest } from './request.ts';
import { containersDir } from './paths.ts';
import type { Settings } from './settings.ts';

export interface ContainerRecord {
  id: string;
  name: string;
  created: number;
  request: ContainerRequest;
  platform?: string;
  image?: string;
  network: Network;
  /** the machine's persisted snapshot: its state, and why it failed */
  machine: MachineState;
  error: string;
  runs: number;
  pid: number;
  exitCode: number;
  oomKilled: boolean;
  startedAt: number;
  finishedAt: number;
  restartCount: number;
  /** somebody said stop: no restart policy brings it back */
  stopped: boolean;
  warnings: string[];
  /** what was done to it, oldest first */
  operations?: ContainerOperation[];
  /** of a run that was taken back: what could not be undone, a line each. Absent: it ended by itself, or never was */
  left?: readonly string[];
}

const fileOf = (settings: Settings, id: string) => join(containersDir(settings), id, 'container.json');
const startOf = (settings: Settings, id: string) => join(containersDir(settings), id, 'starting');

export function saveRecord(settings: Settings, record: ContainerRecord): void {
  replaceWhole(fileOf(settings, record.id), JSON.stringify(record));
  rmSync(startOf(settings, record.id), { force: true });
}

/** Run `record.runs` begins; until the next saveRecord a daemon that dies leaves it half done. */
export function noteStart(settings: Settings, { id, runs }: ContainerRecord): void {
  const file = startOf(settings, id);
  try {
    writeFileSync(file, `${runs}\n`, { mode: 0o600 });
  } catch (error) {
    rmSync(file, { force: true });
    throw error;
  }
}

/** As it was when the last daemon died: in the middle of a start, when that had begun and the record knows nothing of it. */
function withStart(settings: Settings, record: ContainerRecord): ContainerRecord {
  const file = startOf(settings, record.id);
  if (!existsSync(file)) return record;
  const runs = Number(readFileSync(file, 'utf8')) || record.runs + 1;
  return runs > record.runs ? { ...record, machine: 'pulling', stopped: false, runs } : record;
}

/** Whole or not at all: on a full disk the directory alone may have room. */
export function newDirectory(settings: Settings, record: ContainerRecord): void {
  try {
    mkdirSync(join(containersDir(settings), record.id), { recursive: true, mode: 0o710 });
    writeDurably(fileOf(settings, record.id), JSON.stringify(record));
  } catch (error) {
    rmSync(join(containersDir(settings), record.id), { recursive: true, force: true });
    throw error;
  }
}

/** Beside the daemon's thread, where it is large: a log of gigabytes, the rw layer that a dead daemon left. */
export function removeDirectory(settings: Settings, id: string): Promise<void> {
  return removeTree(join(containersDir(settings), id));
}

/** A directory without a readable record is what a create or an rm left that was cut off: it goes. */
export function loadRecords(settings: Settings): ContainerRecord[] {
  const dir = containersDir(settings);
  mkdirSync(dir, { recursive: true, mode: 0o710 });
  const records: ContainerRecord[] = [];
  for (const id of readdirSync(dir)) {
    const file = fileOf(settings, id);
    const record = existsSync(file) ? attempt(file) : undefined;
    if (record?.id === id) records.push(withStart(settings, record));
    else void removeDirectory(settings, id).catch(() => undefined);
  }
  return records.sort((a, b) => a.created - b.created);
}

function attempt(file: string): ContainerRecord | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as ContainerRecord;
  } catch {
    return undefined;
  }
}
