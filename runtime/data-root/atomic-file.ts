/** Replaces files so that after a power cut a file is wholly the old or the new one: fsync(2), then rename(2). */
import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

/** Replaces a file. After a power cut in the next seconds the file may still be the old one. */
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

/** Replaces a file. When it returns, the new one survives a power cut. */
export function writeDurably(path: string, content: Buffer | string, mode = 0o600): void {
  replaceWhole(path, content, mode);
  syncDirectory(dirname(path));
}

/** fsync(2) of a directory, which makes a rename in it durable. */
export function syncDirectory(path: string): void {
  const fd = openSync(path, 'r');
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}
