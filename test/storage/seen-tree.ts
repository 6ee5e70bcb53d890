/** Everything visible in a tree, for comparison: names, types, owners, modes, times, links, holes, xattrs. */
import { createHash } from 'node:crypto';
import { lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { xattrsOf } from '../../runtime/kernel/tree/file-stat.ts';

const NOT_OURS = /^(trusted\.overlay\.|security\.selinux)/;
const join = (dir: Buffer, name: Buffer) => (dir.length ? Buffer.concat([dir, Buffer.from('/'), name]) : name);

function* pathsIn(root: string, way: Buffer = Buffer.alloc(0)): Generator<Buffer> {
  const dir = join(Buffer.from(root), way);
  for (const entry of readdirSync(dir, { withFileTypes: true, encoding: 'buffer' })) {
    const path = join(way, entry.name);
    yield path;
    if (entry.isDirectory()) yield* pathsIn(root, path);
  }
}

export interface SeenOptions {
  /** include the times of directories, which the test itself may change */
  directoryTimes?: boolean;
}

/** One line per entry, in the order of their names. */
export function seen(root: string, { directoryTimes = true }: SeenOptions = {}): string[] {
  const first = new Map<bigint, string>();
  const paths = [...pathsIn(root)].sort(Buffer.compare);
  return paths.map((bytes) => {
    const path = join(Buffer.from(root), bytes);
    const stat = lstatSync(path, { bigint: true });
    const name = JSON.stringify(bytes.toString('latin1'));
    const isLinked = !stat.isDirectory() && stat.nlink > 1n;
    const other = isLinked ? first.get(stat.ino) : undefined;
    if (other) return `${name} is ${other}`;
    if (isLinked) first.set(stat.ino, name);
    const what = stat.isFile()
      ? `${stat.size} bytes ${createHash('sha256').update(readFileSync(path)).digest('hex').slice(0, 12)}` +
        (Number(stat.size) - Number(stat.blocks) * 512 > 1 << 20 ? ' with holes' : '')
      : stat.isSymbolicLink()
        ? `to ${readlinkSync(path, { encoding: 'buffer' }).toString('latin1')}`
        : stat.rdev
          ? `device ${stat.rdev}`
          : '';
    const time = stat.isDirectory() && !directoryTimes ? '' : String(stat.mtimeNs);
    const xattrs = (stat.isSymbolicLink() ? [] : xattrsOf(path))
      .filter(([key]) => !NOT_OURS.test(key))
      .map(([key, value]) => `${key}=${value.toString('hex')}`)
      .sort();
    return [name, stat.mode.toString(8), `${stat.uid}:${stat.gid}`, time, what, ...xattrs].join(' ').trimEnd();
  });
}
