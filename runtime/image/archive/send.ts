/** Writes an archive of images as a tar stream. Runs in a worker. */
import { createHash } from 'node:crypto';
import { closeSync, openSync, readSync } from 'node:fs';
import { uncompressed } from '../layer/decompress.ts';
import { TarWriter, type Emit } from '../layer/tar-writer.ts';

/** The content of an entry. `diffID`: the file is a compressed layer; `size` is that of the uncompressed one. */
export interface ArchivedContent {
  path: string;
  size: number;
  diffID?: string;
}
/** A directory has neither; all times are 0 and all owners root, so that equal images give equal archives. */
export interface ArchiveEntry {
  name: string;
  text?: string;
  file?: ArchivedContent;
}

interface Out {
  data(chunk: Buffer): Promise<void>;
}
const PIECE = 512 * 1024;
const owned = { uid: 0, gid: 0, mtime: { sec: 0, nsec: 0 } };

/** The length in the head of the entry is already sent, so each failure cuts the archive off. */
async function sendLayer(out: Out, { path, size, diffID }: ArchivedContent): Promise<void> {
  const hash = createHash('sha256');
  let left = size;
  for await (const chunk of uncompressed(path, () => undefined)) {
    left -= chunk.length;
    if (left < 0) break;
    hash.update(chunk);
    await out.data(chunk);
  }
  const digest = `sha256:${hash.digest('hex')}`;
  if (left || digest !== diffID) throw new Error(`the stored layer ${diffID} is damaged: it unpacks to ${digest}`);
}

async function sendFile(out: Out, { path, size }: ArchivedContent, piece: Buffer): Promise<void> {
  const fd = openSync(path, 'r');
  try {
    for (let left = size; left > 0;) {
      const read = readSync(fd, piece, 0, Math.min(piece.length, left), null);
      if (!read) throw new Error(`${path} has ${left} bytes fewer than the ${size} that it had`);
      left -= read;
      await out.data(piece.subarray(0, read));
    }
  } finally {
    closeSync(fd);
  }
}

/** Throws Error when a file has become shorter or a layer is damaged, and what `emit` throws. */
export async function sendArchive(entries: readonly ArchiveEntry[], emit: Emit): Promise<void> {
  const tar = new TarWriter(emit);
  const piece = Buffer.allocUnsafeSlow(PIECE);
  for (const { name, text, file } of entries) {
    const bytes = Buffer.from(text ?? '');
    const type = text === undefined && !file ? '5' : '0';
    const size = file?.size ?? bytes.length;
    await tar.entry({ ...owned, type, name: Buffer.from(name), mode: type === '5' ? 0o755 : 0o644, size });
    if (file?.diffID) await sendLayer(tar, file);
    else if (file) await sendFile(tar, file, piece);
    else if (bytes.length) await tar.data(bytes);
  }
  await tar.end();
}

/** The content of one entry alone. Throws Error as above. */
export async function sendContent(file: ArchivedContent, emit: Emit): Promise<void> {
  const out = { data: async (chunk: Buffer) => void (await emit(chunk)) };
  if (file.diffID) await sendLayer(out, file);
  else await sendFile(out, file, Buffer.allocUnsafeSlow(PIECE));
}
