/**
 * Mount options as mount(8) and the OCI spec ("mounts", options) write them → flags, propagation and data.
 */
import { MOUNT_ATTR, MS } from '../../syscalls/constants.ts';

const set: Record<string, number> = {
  ro: MS.MS_RDONLY,
  nosuid: MS.MS_NOSUID,
  nodev: MS.MS_NODEV,
  noexec: MS.MS_NOEXEC,
  sync: MS.MS_SYNCHRONOUS,
  dirsync: MS.MS_DIRSYNC,
  noatime: MS.MS_NOATIME,
  nodiratime: MS.MS_NODIRATIME,
  relatime: MS.MS_RELATIME,
  strictatime: MS.MS_STRICTATIME,
  bind: MS.MS_BIND,
  rbind: MS.MS_BIND | MS.MS_REC,
};
const clear: Record<string, number> = {
  rw: MS.MS_RDONLY,
  suid: MS.MS_NOSUID,
  dev: MS.MS_NODEV,
  exec: MS.MS_NOEXEC,
  async: MS.MS_SYNCHRONOUS,
  atime: MS.MS_NOATIME,
  diratime: MS.MS_NODIRATIME,
  norelatime: MS.MS_RELATIME,
};
const propagations: Record<string, number> = {
  private: MS.MS_PRIVATE,
  rprivate: MS.MS_PRIVATE | MS.MS_REC,
  slave: MS.MS_SLAVE,
  rslave: MS.MS_SLAVE | MS.MS_REC,
  shared: MS.MS_SHARED,
  rshared: MS.MS_SHARED | MS.MS_REC,
  unbindable: MS.MS_UNBINDABLE,
  runbindable: MS.MS_UNBINDABLE | MS.MS_REC,
};
const ignored = new Set(['defaults', 'z', 'Z', 'nocopy']);
const recursive: Record<string, number> = { rro: MS.MS_RDONLY };

/** `flags`: MS_* of the mount itself; `below`: those of them that also apply to the mounts below it. */
export interface MountOptions {
  flags: number;
  below: number;
  propagation: number;
  data: string;
}

/** Unknown options become `data`, which the file system checks. */
export function parseOptions(options: readonly string[]): MountOptions {
  let flags = 0;
  let below = 0;
  let propagation = 0;
  const data: string[] = [];
  for (const option of options) {
    if (Object.hasOwn(set, option)) flags |= set[option]!;
    else if (Object.hasOwn(clear, option)) flags &= ~clear[option]!;
    else if (Object.hasOwn(propagations, option)) propagation = propagations[option]!;
    else if (Object.hasOwn(recursive, option)) below |= recursive[option]!;
    else if (!ignored.has(option)) data.push(option);
  }
  return { flags: flags | below, below, propagation, data: data.join(',') };
}

const attributes: [number, number][] = [
  [MS.MS_RDONLY, MOUNT_ATTR.MOUNT_ATTR_RDONLY],
  [MS.MS_NOSUID, MOUNT_ATTR.MOUNT_ATTR_NOSUID],
  [MS.MS_NODEV, MOUNT_ATTR.MOUNT_ATTR_NODEV],
  [MS.MS_NOEXEC, MOUNT_ATTR.MOUNT_ATTR_NOEXEC],
];

/** MS_* flags of mount(2) as MOUNT_ATTR_* of fsmount(2). */
export const mountAttributes = (flags: number): number =>
  attributes.filter(([ms]) => flags & ms).reduce((sum, [, bit]) => sum | bit, 0);

/** struct mount_attr of mount_setattr(2): u64 attr_set, attr_clr, propagation, userns_fd. */
export function mountAttr(flags: number, propagation = 0): Buffer {
  const attr = Buffer.alloc(32);
  attr.writeBigUInt64LE(BigInt(mountAttributes(flags)), 0);
  attr.writeBigUInt64LE(BigInt(propagation & ~MS.MS_REC), 16);
  return attr;
}

export interface TreeAttributes {
  all: Buffer;
  top?: Buffer;
}

/** The attributes of a bind mount: `all` for mount_setattr(2) on the whole tree, `top` for its top mount alone. */
export function bindAttributes(options: readonly string[]): TreeAttributes {
  const { flags, below, propagation } = parseOptions(options);
  const all = mountAttr(below, propagation || MS.MS_PRIVATE);
  return attributes.some(([ms]) => flags & ~below & ms) ? { all, top: mountAttr(flags & ~below) } : { all };
}

/** The same for a tree of one mount: its attributes in one call of mount_setattr(2). */
export function mountAttributesOf(options: readonly string[]): Buffer {
  const { flags, propagation } = parseOptions(options);
  return mountAttr(flags, propagation || MS.MS_PRIVATE);
}
