/**
 * The userland of a learner's machine: the test machine's own shell and tools with their libraries, the same as in the
 * practice image.
 */
import { existsSync, statSync } from 'node:fs';
import { ubuntuLayers } from '../../runtime/image/practice/layers.ts';
import { Libraries } from '../../runtime/image/practice/libraries.ts';
import { Tree } from '../../runtime/image/practice/tree.ts';
import type { Cpio } from './cpio.ts';

/** Programs for the learner's terminal, for commands of lessons on the host, and for the test itself. */
const PROGRAMS = [
  'tmux',
  'docker',
  'nft',
  'ip',
  'perl',
  'curl',
  'unshare',
  'nsenter',
  'mount',
  'umount',
  'pivot_root',
  'xargs',
  'kill',
  'stty',
  'modprobe',
];
const PATHS = ['/usr/local/bin', '/usr/bin', '/usr/sbin', '/bin', '/sbin'];
/** IO::Socket, for servers in one line of perl */
const FOLDERS = ['/usr/lib/x86_64-linux-gnu/perl-base'];

/** `root`, because a daemon on the test machine pulls the image. */
export const lessonsNeed = ['root', 'tmux', 'docker', 'nft', 'ip', 'bash', 'perl', 'unshare'];

/** Symlinks and directories as on this machine, above all those of a merged /usr. */
export function addUserland(cpio: Cpio): void {
  const below = ubuntuLayers().map(({ tree }) => tree);
  const more = new Tree(below);
  const libraries = new Libraries();
  for (const name of PROGRAMS) {
    const path = PATHS.map((dir) => `${dir}/${name}`).find((one) => existsSync(one) && statSync(one).isFile());
    for (const one of path ? [path, ...(libraries.of(path) ?? [])] : []) more.copy(one);
  }
  for (const path of FOLDERS) if (existsSync(path)) more.copyAll(path);
  for (const [path, node] of [...below, more].flatMap(({ nodes }) => [...nodes])) {
    // Files for practice exist only in the image, not on a machine.
    if (path.startsWith('practice')) continue;
    if (node.type === 'file') cpio.file(path, node.content, node.mode);
    else if (node.type === 'symlink') cpio.link(path, node.target);
    else cpio.directory(path, node.mode);
  }
}
