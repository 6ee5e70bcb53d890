/**
 * What a learner's machine has besides a kernel: this machine's own shell and tools with what they need to run, the
 * same that the practice image is made of.
 */
import { existsSync, statSync } from 'node:fs';
import { ubuntuLayers } from '../../runtime/image/practice/layers.ts';
import { Libraries } from '../../runtime/image/practice/libraries.ts';
import { Tree } from '../../runtime/image/practice/tree.ts';
import type { Cpio } from './cpio.ts';

/** What the learner types into and what lessons have typed on the host, and what the test looks with. */
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
/** IO::Socket, for a server of one line */
const FOLDERS = ['/usr/lib/x86_64-linux-gnu/perl-base'];

/** `root`: the image is pulled by a daemon of this machine. */
export const lessonsNeed = ['root', 'tmux', 'docker', 'nft', 'ip', 'bash', 'perl', 'unshare'];

/** Names and folders as this machine has them, above all the links of a merged /usr. */
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
    // what the image is given to practise on is no part of a machine
    if (path.startsWith('practice')) continue;
    if (node.type === 'file') cpio.file(path, node.content, node.mode);
    else if (node.type === 'symlink') cpio.link(path, node.target);
    else cpio.directory(path, node.mode);
  }
}
