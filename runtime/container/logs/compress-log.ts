/**
 * `--log-opt compress=true`: compresses the files that the shim has left. A file that no daemon has compressed yet is
 * read as it is, so nothing depends on when this happens.
 *
 *   output.log.2 ─ read, compress ─ output.log.gz ─ (lock of the directory) ─ rename ─ output.log.2, or .3 by then
 *
 * The shim renames the numbered files under the same lock and does not wait for it (native/shim-log.h), so a file can
 * take the place only of the one that it was made from.
 */
import { closeSync, fstatSync, openSync, renameSync, statSync } from 'node:fs';
import { type FileHandle, open, readdir, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { hasCode } from '../../kernel/errors.ts';
import type { Kernel } from '../../kernel/kernel.ts';
import { LOCK, O } from '../../syscalls/constants.ts';
import { beginningOf, markOf, readMark } from './compressed-log.ts';
import { BLOCK } from './log-record.ts';

/** How often the daemon asks for the lock, which the shim holds while it renames its files. */
const LOCK_TRIES = 20;

/** The numbers of the files that exist, the oldest first. */
async function numbersOf(path: string): Promise<number[]> {
  const names = await readdir(dirname(path)).catch(() => []);
  return names
    .flatMap((name) => /^output\.log\.(\d+)$/.exec(name)?.[1] ?? [])
    .map(Number)
    .sort((a, b) => b - a);
}

/** Compresses all left files of the log at `path`, one after the other. */
export async function compressLog(k: Kernel, path: string, signal: AbortSignal): Promise<void> {
  for (const n of await numbersOf(path)) {
    if (signal.aborted) return;
    const file = await open(`${path}.${n}`, 'r').catch(() => undefined); // it is gone: the shim keeps only so many
    if (!file) continue;
    try {
      await compressFile(k, path, file, signal);
    } finally {
      await file.close();
    }
  }
}

async function* piecesOf(file: FileHandle): AsyncGenerator<Buffer> {
  for (let at = 0; ;) {
    const { bytesRead, buffer } = await file.read(Buffer.allocUnsafe(BLOCK), 0, BLOCK, at);
    if (!bytesRead) return;
    at += bytesRead;
    yield buffer.subarray(0, bytesRead);
  }
}

async function compressFile(k: Kernel, path: string, file: FileHandle, signal: AbortSignal): Promise<void> {
  const { ino: inode, size, nlink } = await file.stat({ bigint: true });
  const beginning = beginningOf(file.fd);
  // a file of two names is being left, or is still written to because it could not be left
  if (!beginning || nlink !== 1n || readMark(file.fd)) return;
  const made = `${path}.gz`;
  try {
    const out = await open(made, 'w', 0o600);
    try {
      await out.writeFile(markOf({ inode, size, beginning }));
      const written = async (parts: AsyncIterable<Buffer>) => {
        for await (const part of parts) await out.writeFile(part); // goes on where the last one ended
      };
      await pipeline(piecesOf(file), createGzip(), written, { signal });
      await out.datasync(); // a power failure must not leave an empty file in the place of a full one
    } finally {
      await out.close();
    }
    await takePlace(k, path, file, { inode, size }, made);
  } catch (error) {
    // on a full disk, and when the container is being removed, the plain file stays
    if (!signal.aborted && !hasCode(error, 'ENOSPC', 'EDQUOT', 'ENOENT')) throw error;
  } finally {
    await rm(made, { force: true });
  }
}

/** Renames `made` over the file that it was made from, under the name that this file has now. */
async function takePlace(
  k: Kernel,
  path: string,
  file: FileHandle,
  of: { inode: bigint; size: bigint },
  made: string,
): Promise<void> {
  const numbers = await numbersOf(path);
  const directory = openSync(dirname(path), O.O_DIRECTORY | O.O_CLOEXEC);
  try {
    for (let tries = 0; !(await locked(k, directory)); tries++) if (tries === LOCK_TRIES) return;
    const { nlink, size } = fstatSync(file.fd, { bigint: true });
    if (nlink !== 1n || size !== of.size) return;
    // it may have been renamed while it was compressed
    const last = (numbers[0] ?? 0) + 1;
    const now = Array.from({ length: last }, (_, n) => `${path}.${n + 1}`).find(
      (name) => statSync(name, { bigint: true, throwIfNoEntry: false })?.ino === of.inode,
    );
    if (now) renameSync(made, now);
  } finally {
    closeSync(directory); // this also gives the lock back
  }
}

async function locked(k: Kernel, directory: number): Promise<boolean> {
  try {
    await k.daemon.flock(directory, LOCK.LOCK_EX | LOCK.LOCK_NB);
    return true;
  } catch (error) {
    if (hasCode(error, 'EAGAIN', 'EWOULDBLOCK', 'EINTR')) return false;
    throw error;
  }
}
