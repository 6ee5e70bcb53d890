/**
 * What the upper directory holds, as facts: kind `upper`, key = path in the container, value = one line of words.
 *
 *   copied-up file 0644 0:0 1432 from sha256:9f3c…     a write has lifted it from this layer (overlayfs.rst, "copy_up")
 *   copied-up dir 0755 0:0 0 from sha256:9f3c…         the way to something that was written
 *   created file 0644 0:0 12                           no layer has it
 *   replaced file 0644 0:0 12 from sha256:9f3c…        made anew where this layer has one, which it now hides
 * opaque dir 0755 0:0 0 from sha256:9f3c… a directory made anew that hides the one of this layer (xattr overlay.opaque)
 *   whiteout char 0000 0:0 0 from sha256:9f3c…         deleted: a character device 0:0 that hides what this layer has
 *   mount-point dir 0755 0:0 0 [from …]                made so that something can be mounted there; nothing wrote it
 *   mark file 0755 0:0 0                               /.dockerenv, as a start has made it
 *
 * That is `<what> <type> <mode octal> <uid>:<gid> <size>[ from <diffID of the layer>]`; null when it is gone from
 * upper, with all below it.
 * When an entry changes in place (more bytes, another mode or owner), its fact is told again with what is so now; its
 * `what` stays.
 * size is in bytes for files and symlinks, 0 for the rest. There is a bound on how many are told: the key `…` says how
 * many are not (`99500 more entries`), and is null when all are. Names are shown the way `ls -b` shows them
 * (runtime/storage/pathname.ts), so a key holds no control character and stands for exactly one path.
 *
 * These come only while somebody looks (ContainerHandle.watch). They stay true over exit and restart, until rm deletes
 * upper.
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

/** The key that counts what is not told. */
export const MORE = '…';

export const showUpper = ({ what, type, mode, uid, gid, size, from }: UpperEntry): string =>
  `${what} ${type} ${mode.toString(8).padStart(4, '0')} ${uid}:${gid} ${size}${from ? ` from ${from}` : ''}`;

const LINE = /^([a-z-]+) ([a-z]+) ([0-7]+) (\d+):(\d+) (\d+)(?: from (\S+))?$/;
/** Undefined for what is no entry: the value of the key `…`. */
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
