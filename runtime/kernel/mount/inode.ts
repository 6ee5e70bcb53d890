/** What an open descriptor is. Unlike a name, it cannot be changed to another file meanwhile. */
import { AT, S_IFCHR, S_IFDIR, S_IFMT } from '../../syscalls/constants.ts';
import type { Planned, BatchCalls } from '../batch.ts';

const STATX_SIZE = 256;
/** type, mode and inode number */
const STATX_WANTED = 0x103;
const STATFS_SIZE = 120;

export interface Inode {
  mode: number;
  ino: bigint;
  rdev: string;
}

/** statx(2) of an open descriptor, as a call of a batch; statOf reads the reply. */
export const planStat = (stage: BatchCalls, fd: number | Planned): Planned =>
  stage.statx(fd, '', AT.AT_EMPTY_PATH, STATX_WANTED, STATX_SIZE);
/** fstatfs(2) of an open descriptor, as a call of a batch; magicOf reads the reply. */
export const planStatfs = (stage: BatchCalls, fd: number | Planned): Planned => stage.fstatfs(fd, STATFS_SIZE);

/** struct statx: u16 stx_mode at 28, u64 stx_ino at 32, stx_rdev_major and _minor at 128 and 132. */
export const statOf = (stat: Buffer): Inode => ({
  mode: stat.readUInt16LE(28),
  ino: stat.readBigUInt64LE(32),
  rdev: `${stat.readUInt32LE(128)}:${stat.readUInt32LE(132)}`,
});

export const isDirectory = ({ mode }: Inode): boolean => (mode & S_IFMT) === S_IFDIR;
/** null(4) is recognized by its device number, never by its name. */
export const isNull = ({ mode, rdev }: Inode): boolean => (mode & S_IFMT) === S_IFCHR && rdev === '1:3';

/** statfs(2), f_type. */
export const MAGIC = { proc: 0x9fa0, sysfs: 0x62656572, devpts: 0x1cd1 } as const;
export const magicOf = (statfs: Buffer): number => statfs.readUInt32LE(0);
