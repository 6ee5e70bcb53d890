/**
 * The content of the upper directory as facts: kind `upper`, key = path in the container, value = one line:
 *
 *   copied-up file 0644 0:0 1432 from sha256:9f3c…     a write copied it up from this layer (overlayfs.rst, "copy_up")
 *   copied-up dir 0755 0:0 0 from sha256:9f3c…         a directory on the way to an entry that was written
 *   created file 0644 0:0 12                           no layer has it
 *   replaced file 0644 0:0 12 from sha256:9f3c…        made anew; it hides the one of this layer
 *   opaque dir 0755 0:0 0 from sha256:9f3c…            a new directory; it hides this layer's (xattr overlay.opaque)
 *   whiteout char 0000 0:0 0 from sha256:9f3c…         deleted: a character device 0:0 that hides this layer's entry
 *   mount-point dir 0755 0:0 0 [from …]                made only for mounting
 *   mark file 0755 0:0 0                               /.dockerenv, as a start has made it
 *
 * The format is `<what> <type> <mode octal> <uid>:<gid> <size>[ from <diffID of the layer>]`. The value is null when
 * the entry and everything below it is gone from upper. When an entry changes in place (more bytes, another mode or
 * owner), its fact is sent again with the current values; its `what` stays. The size is in bytes for files and
 * symlinks, and 0 for the rest. The number of facts is limited: the key `…` has the number of entries without a fact
 * (`99500 more entries`), and is null when there is none. Names are shown as `ls -b` shows them
 * (runtime/storage/pathname.ts), so a key holds no control character and stands for exactly one path.
 *
 * These facts are only made while a page watches (ContainerHandle.watch). They stay true over exit and restart, until
 * rm deletes upper.
 */

export const whats = ['copied-up', 'created', 'replaced', 'opaque', 'whiteout', 'mount-point', 'mark'] as const;
export type What = (typeof whats)[number];
export const types = ['file', 'dir', 'symlink', 'char', 'block', 'fifo', 'socket'] as const;
export type FileType = (typeof types)[number];

export interface UpperEntry {
  what: What;
  type: FileType;
  mode: number;
  uid: number;
  gid: number;
  size: number;
  /** diffID of the layer that it comes from, or whose entry it hides */ from?: string;
}

/** The key for the number of entries without a fact. */
export const MORE = '…';

export const showUpper = ({ what, type, mode, uid, gid, size, from }: UpperEntry): string =>
  `${what} ${type} ${mode.toString(8).padStart(4, '0')} ${uid}:${gid} ${size}${from ? ` from ${from}` : ''}`;

const LINE = /^([a-z-]+) ([a-z]+) ([0-7]+) (\d+):(\d+) (\d+)(?: from (\S+))?$/;
/** Undefined for the value of the key `…`, which is not an entry. */
export function parseUpper(value: string): UpperEntry | undefined {
  const [, what, type, mode = '', uid, gid, size, from] = LINE.exec(value) ?? [];
  if (!whats.includes(what as What) || !types.includes(type as FileType)) return undefined;
  return {
    what: what as What,
    type: type as FileType,
    mode: parseInt(mode, 8),
    uid: Number(uid),
    gid: Number(gid),
    size: Number(size),
    ...(from && { from }),
  };
}
