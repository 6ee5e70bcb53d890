/** What a path of a container is, as `docker cp` asks: Engine API, "Get information about files in a container". */
import { closeSync } from 'node:fs';
import { posix } from 'node:path';
import { O, S_IFBLK, S_IFCHR, S_IFDIR, S_IFIFO, S_IFLNK, S_IFMT, S_IFSOCK } from '../../syscalls/constants.ts';
import { askCall } from '../../kernel/native-call.ts';
import { fileStat } from '../../kernel/tree/file-stat.ts';
import { openIn, pathOf, tryOpenIn } from './container-root.ts';

export interface PathInput {
  /** a descriptor of the container's root */
  root: number;
  /** the root's path in its mount namespace; '' after pivot_root(2) */
  prefix: string;
  path: string;
}
export interface PathStat {
  name: string;
  size: number;
  /** Go's os.FileMode */
  mode: number;
  /** RFC 3339 */
  mtime: string;
  /** where a symbolic link leads, resolved in the container; '' for anything else */
  linkTarget: string;
}

const [SETUID, SETGID, STICKY] = [0o4000, 0o2000, 0o1000];
/** Go's bits beside the permissions: os.FileMode. */
const kinds: Readonly<Record<number, number>> = {
  [S_IFDIR]: 2 ** 31,
  [S_IFLNK]: 2 ** 27,
  [S_IFBLK]: 2 ** 26,
  [S_IFCHR]: 2 ** 26 + 2 ** 21,
  [S_IFIFO]: 2 ** 25,
  [S_IFSOCK]: 2 ** 24,
};
const special: readonly (readonly [bit: number, go: number])[] = [
  [SETUID, 2 ** 23],
  [SETGID, 2 ** 22],
  [STICKY, 2 ** 20],
];
export const goMode = (mode: number): number =>
  (mode & 0o777) + (kinds[mode & S_IFMT] ?? 0) + special.reduce((sum, [bit, go]) => sum + (mode & bit ? go : 0), 0);

function rfc3339({ sec, nsec }: { sec: number; nsec: number }): string {
  const fraction = nsec ? `.${String(nsec).padStart(9, '0').replace(/0+$/, '')}` : '';
  return new Date(sec * 1000).toISOString().replace(/\.\d+Z$/, `${fraction}Z`);
}

/** A link whose target is not there is shown as far as its own text says. */
function targetOf({ root, prefix, path }: PathInput, link: number): string {
  const fd = tryOpenIn(root, path, O.O_PATH);
  if (fd >= 0) {
    try {
      return pathOf(fd, prefix);
    } finally {
      closeSync(fd);
    }
  }
  const { ret, bytes } = askCall('readlinkat', link, '', 4096);
  const text = ret < 0 ? '' : Buffer.from(bytes).toString('utf8');
  return posix.resolve(posix.dirname(pathOf(link, prefix)), text);
}

/** Throws SyscallError, with ENOENT or ENOTDIR when there is no such file. */
export function pathStat(input: PathInput): PathStat {
  const fd = openIn(input.root, input.path, O.O_PATH | O.O_NOFOLLOW);
  try {
    const stat = fileStat(fd, '');
    if (!stat) throw Object.assign(new Error(`${input.path} is gone`), { code: 'ENOENT' });
    return {
      name: posix.basename(input.path) || '/',
      size: stat.size,
      mode: goMode(stat.mode),
      mtime: rfc3339(stat.mtime),
      linkTarget: (stat.mode & S_IFMT) === S_IFLNK ? targetOf(input, fd) : '',
    };
  } finally {
    closeSync(fd);
  }
}
