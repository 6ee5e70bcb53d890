/** How much a container has written: what is in its upper directory. */
import { S_IFMT, S_IFREG } from '../../syscalls/constants.ts';
import { DT, statAt, walkTree } from '../../kernel/tree/walk.ts';

/** Bytes of the regular files. */
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
