/** The size of a volume: the bytes of its files, each file once whatever the number of its names. */
import { S_IFMT, S_IFREG } from '../../syscalls/constants.ts';
import { fileStat } from '../../kernel/tree/file-stat.ts';
import { walkTree } from '../../kernel/tree/walk.ts';

export async function sizeOf(dir: string): Promise<number> {
  let sum = 0;
  const linked = new Set<string>();
  await walkTree(dir, {
    entry({ name, in: { fd } }) {
      const stat = fileStat(fd, name);
      if (!stat || (stat.mode & S_IFMT) !== S_IFREG) return;
      const key = stat.nlink > 1 ? `${stat.dev}:${stat.ino}` : undefined;
      if (key && linked.has(key)) return;
      if (key) linked.add(key);
      sum += stat.size;
    },
  });
  return sum;
}
