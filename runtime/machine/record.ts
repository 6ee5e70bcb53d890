/** What a daemon must know of a container after another daemon died: one file, replaced whole by rename(2). */
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Network } from '../network/network.ts';
import type { MachineState } from './engine.ts';
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
  /** of a run that was taken back: what could not be undone, a line each. Absent: it ended by itself, or never was */
  left?: readonly string[];
}

const fileOf = (settings: Settings, id: string) => join(containersDir(settings), id, 'container.json');

export function saveRecord(settings: Settings, record: ContainerRecord): void {
  const file = fileOf(settings, record.id);
  writeFileSync(`${file}.new`, JSON.stringify(record), { mode: 0o600 });
  renameSync(`${file}.new`, file);
}

/** Whole or not at all: on a full disk the directory alone may have room. */
export function newDirectory(settings: Settings, record: ContainerRecord): void {
  try {
    mkdirSync(join(containersDir(settings), record.id), { recursive: true, mode: 0o710 });
    saveRecord(settings, record);
  } catch (error) {
    removeDirectory(settings, record.id);
    throw error;
  }
}

export function removeDirectory(settings: Settings, id: string): void {
  rmSync(join(containersDir(settings), id), { recursive: true, force: true });
}

/** A directory without a readable record is what a create or an rm left that was cut off: it goes. */
export function loadRecords(settings: Settings): ContainerRecord[] {
  const dir = containersDir(settings);
  mkdirSync(dir, { recursive: true, mode: 0o710 });
  const records: ContainerRecord[] = [];
  for (const id of readdirSync(dir)) {
    const file = fileOf(settings, id);
    const record = existsSync(file) ? attempt(file) : undefined;
    if (record?.id === id) records.push(record);
    else removeDirectory(settings, id);
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
