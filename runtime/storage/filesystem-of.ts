/** Names for statfs(2)'s f_type, in dockerd's spelling: docker info, "Backing Filesystem". */
import { statfsSync } from 'node:fs';

const names: Readonly<Record<number, string>> = {
  0x61756673: 'aufs',
  0x9123683e: 'btrfs',
  0xf15f: 'ecryptfs',
  0xef53: 'extfs',
  0xf2f52010: 'f2fs',
  0x65735546: 'fuse',
  0x6969: 'nfs',
  0x794c7630: 'overlayfs',
  0x52654973: 'reiserfs',
  0x01021994: 'tmpfs',
  0x58465342: 'xfs',
  0x2fc12fc1: 'zfs',
};

/** The name of the file system of the path. */
export function filesystemOf(path: string): string {
  try {
    return names[statfsSync(path).type] ?? '<unknown>';
  } catch {
    return '<unknown>'; // the path does not exist
  }
}
