/** Files that are complete or absent: written beside, then renamed. */
import { randomUUID } from 'node:crypto';
import { mkdir, open, rename } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** Makes the renames in this directory last over a power cut: fsync(2). */
async function syncDirectory(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** `durable`: every file and name is on the disk before the client hears that it is stored. */
export class Files {
  constructor(
    readonly partials: string,
    readonly durable: boolean,
  ) {}

  /** Replaces a file. Its directory is made when absent. */
  async write(path: string, content: Buffer | string): Promise<void> {
    const partial = join(this.partials, `${randomUUID()}.part`);
    const handle = await open(partial, 'wx', 0o600);
    try {
      await handle.writeFile(content);
      if (this.durable) await handle.sync();
    } finally {
      await handle.close();
    }
    await this.move(partial, path);
  }

  async move(from: string, to: string): Promise<void> {
    const made = await mkdir(dirname(to), { recursive: true, mode: 0o700 });
    await rename(from, to);
    if (!this.durable) return;
    await syncDirectory(dirname(to));
    for (let dir = dirname(to); made && dir.length >= made.length; dir = dirname(dir))
      await syncDirectory(dirname(dir));
  }
}
