/** Files that are the old one or the new one, whole, whenever the power goes: rename(2) after fsync(2). */
import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

/** After it a power cut leaves the new one or, for some seconds, still the old one. */
export function replaceWhole(path: string, content: Buffer | string, mode = 0o600): void {
  const partial = `${path}.partial`;
  const fd = openSync(partial, 'w', mode);
  try {
    writeFileSync(fd, content);
    fsyncSync(fd);
  } catch (error) {
    rmSync(partial, { force: true });
    throw error;
  } finally {
    closeSync(fd);
  }
  renameSync(partial, path);
}

/** After it there is only the new one. */
export function writeDurably(path: string, content: Buffer | string, mode = 0o600): void {
  replaceWhole(path, content, mode);
  syncDirectory(dirname(path));
}

/** A rename is durable when the directory is. */
export function syncDirectory(path: string): void {
  const fd = openSync(path, 'r');
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}
