/** The files of a kept context, each with what tells a changed one; read and written in pieces, as they are many. */
import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { createInterface } from 'node:readline';

/** A file as the client has it. `tag` is made of what fsutil compares, and of its extended attributes. */
export interface ListedFile {
  tag: string;
  /** in bytes, 0 for what is no regular file */
  size: number;
}
export type FileList = ReadonlyMap<string, ListedFile>;

/** What a context was at the last build, and what the client says that it is now. */
export interface ContextFiles {
  readonly before: FileList;
  readonly now: Map<string, ListedFile>;
  /** Removes these paths from the directory, with all that is below them. */
  remove(paths: readonly string[]): Promise<void>;
}

const PIECE = 500;

/** Throws for a damaged list. */
export async function readList(file: string): Promise<FileList> {
  const list = new Map<string, ListedFile>();
  for await (const line of createInterface({ input: createReadStream(file), crlfDelay: Infinity })) {
    const [path, tag, size] = JSON.parse(line) as unknown[];
    if (typeof path !== 'string' || typeof tag !== 'string' || typeof size !== 'number')
      throw new Error(`${file}: a line that is no file`);
    list.set(path, { tag, size });
  }
  return list;
}

/** Returns the bytes of all files. */
export async function writeList(file: string, list: FileList): Promise<number> {
  const handle = await open(file, 'wx', 0o600);
  let bytes = 0;
  try {
    let lines: string[] = [];
    for (const [path, { tag, size }] of list) {
      bytes += size;
      if (lines.push(JSON.stringify([path, tag, size])) < PIECE) continue;
      await handle.write(`${lines.join('\n')}\n`);
      lines = [];
    }
    if (lines.length) await handle.write(`${lines.join('\n')}\n`);
  } finally {
    await handle.close();
  }
  return bytes;
}
