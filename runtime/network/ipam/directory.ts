/** Lists the names in a directory with getdents64(2). */
import type { Kernel } from '../../kernel/kernel.ts';

const ROOM = 64 * 1024;
/** struct linux_dirent64: u64 ino, s64 off, u16 reclen, u8 type, name */
const RECLEN = 16;
const NAME = 19;

function* namesIn(bytes: Buffer): Generator<string> {
  for (let offset = 0; offset + NAME < bytes.length;) {
    const length = bytes.readUInt16LE(offset + RECLEN);
    if (length <= NAME || offset + length > bytes.length) return;
    const name = bytes.toString('utf8', offset + NAME, offset + length).replace(/\0.*$/s, '');
    if (name !== '.' && name !== '..') yield name;
    offset += length;
  }
}

export async function namesOf(k: Kernel, fd: number): Promise<string[]> {
  const names: string[] = [];
  for (;;) {
    const bytes = await k.daemon.getdents64(fd, ROOM);
    if (!bytes.length) return names;
    names.push(...namesIn(bytes));
  }
}
