/** Archives of a container's tree: its changes as a layer, and everything that it sees. */
import { bytesOfPath } from '../../kernel/tree/walk.ts';
import { isDirectory } from '../../kernel/tree/file-stat.ts';
import type { Whiteouts } from '../../image/layer/layer-writer.ts';
import type { Emit } from '../../image/layer/tar-writer.ts';
import { Merged } from './merged.ts';
import type { Visitor } from './report.ts';
import { TarEntries } from './tar-entries.ts';

/** More levels than a path can have. Each level holds a descriptor for each tree that has it. */
const DEPTH_MOST = 1100;
const TURN = 256;

/** A layer's archive: OCI image spec, "Image Layer Filesystem Changeset". */
export async function tarOfChanges(visit: (visitor: Visitor) => Promise<void>, emit: Emit): Promise<void> {
  const tar = new TarEntries(emit);
  await visit(async ({ kind, name, in: directory, opaque, implied }) => {
    if (kind === 2) {
      if (!implied) await tar.whiteout(directory.parent ? bytesOfPath(directory.parent, directory.name) : EMPTY, name);
      return;
    }
    const path = bytesOfPath(directory, name);
    await tar.add(directory.fd, name, path);
    if (opaque) await tar.opaque(path);
  });
  await tar.end();
}
const EMPTY = Buffer.alloc(0);
const SLASH = Buffer.from('/');

class Whole {
  #seen = 0;

  constructor(private readonly tar: TarEntries) {}

  async directory(from: Merged, way: Buffer, depth: number): Promise<void> {
    if (depth > DEPTH_MOST) throw new Error(`directories nested deeper than ${DEPTH_MOST} levels cannot be archived`);
    for (const { name, at, stat } of from.entries()) {
      const path = way.length ? Buffer.concat([way, SLASH, name]) : name;
      await this.tar.add(from.fds[at]!, name, path);
      if (++this.#seen % TURN === 0) await new Promise((resolve) => setImmediate(resolve));
      if (!isDirectory(stat)) continue;
      const inside = from.enter(name, at);
      try {
        await this.directory(inside, path, depth + 1);
      } finally {
        inside.close();
      }
    }
  }
}

export interface TreeInput {
  /** the highest first */
  trees: readonly string[];
  whiteouts: Whiteouts;
}

/** Archives all trees as one. */
export async function tarOfTree({ trees, whiteouts }: TreeInput, emit: Emit): Promise<void> {
  const tar = new TarEntries(emit);
  const merged = Merged.roots(trees, whiteouts);
  try {
    await new Whole(tar).directory(merged, EMPTY, 0);
  } finally {
    merged.close();
  }
  await tar.end();
}
