/** Writes an archive of images as a tar stream. Runs in a worker. */
import { closeSync, openSync, readSync } from 'node:fs';
import { TarWriter, type Emit } from '../layer/tar-writer.ts';

/** A directory has neither; all times are 0 and all owners root, so that equal images give equal archives. */
export interface ArchiveEntry {
  name: string;
  text?: string;
  file?: { path: string; size: number };
}

const PIECE = 512 * 1024;
const owned = { uid: 0, gid: 0, mtime: { sec: 0, nsec: 0 } };

async function sendFile(tar: TarWriter, { path, size }: { path: string; size: number }, piece: Buffer): Promise<void> {
  const fd = openSync(path, 'r');
  try {
    for (let left = size; left > 0;) {
      const read = readSync(fd, piece, 0, Math.min(piece.length, left), null);
      if (!read) throw new Error(`${path} has ${left} bytes fewer than the ${size} that it had`);
      left -= read;
      await tar.data(piece.subarray(0, read));
    }
  } finally {
    closeSync(fd);
  }
}

/** Throws Error when a file has become shorter, and what `emit` throws. */
export async function sendArchive(entries: readonly ArchiveEntry[], emit: Emit): Promise<void> {
  const tar = new TarWriter(emit);
  const piece = Buffer.allocUnsafeSlow(PIECE);
  for (const { name, text, file } of entries) {
    const bytes = Buffer.from(text ?? '');
    const type = text === undefined && !file ? '5' : '0';
    const size = file?.size ?? bytes.length;
    await tar.entry({ ...owned, type, name: Buffer.from(name), mode: type === '5' ? 0o755 : 0o644, size });
    if (file) await sendFile(tar, file, piece);
    else if (bytes.length) await tar.data(bytes);
  }
  await tar.end();
}
