/** How much a container has written: the size of its upper directory. */
import { S_IFMT, S_IFREG } from '../../syscalls/constants.ts';
import { DT, statAt, walkTree } from '../../kernel/tree/walk.ts';

/** The sum of the regular files' sizes, in bytes. */
export async function sizeOfFiles(path: string): Promise<number> {
  let sum = 0;
  await walkTree(path, {
    entry: ({ name, type, in: directory }) => {
      const stat = type === DT.file ? statAt(directory.fd, name) : undefined;
      if (stat && (stat.mode & S_IFMT) === S_IFREG) sum += stat.size;
    },
  });
  return sum;
}
