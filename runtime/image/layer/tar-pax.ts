/**
 * Extended headers: POSIX pax, "pax Extended Header". A record is `length key=value\n`, where length includes itself.
 */
import { TarError, type Header, type Time } from './tar-header.ts';

export type Records = [key: string, value: Buffer][];

export function readRecords(body: Buffer): Records {
  const records: Records = [];
  for (let at = 0; at < body.length;) {
    const space = body.indexOf(0x20, at);
    const length = space < 0 ? 0 : Number(body.toString('latin1', at, space));
    const equals = body.indexOf(0x3d, space);
    const whole =
      Number.isSafeInteger(length) && length > 0 && at + length <= body.length && body[at + length - 1] === 0x0a;
    if (!whole || equals < 0 || equals >= at + length) throw new TarError('damaged pax header: a record is cut short');
    records.push([body.toString('latin1', space + 1, equals), body.subarray(equals + 1, at + length - 1)]);
    at += length;
  }
  return records;
}

function integer(value: Buffer, key: string): number {
  const shown = value.toString('latin1');
  if (!/^-?\d{1,15}$/.test(shown))
    throw new TarError(`damaged pax header: ${key} is ${JSON.stringify(shown.slice(0, 40))}`);
  return Number(shown);
}
function path(value: Buffer, key: string): string {
  if (value.includes(0)) throw new TarError(`damaged pax header: ${key} holds a NUL byte`);
  return value.toString('latin1');
}
/** A time such as '1700000000.123456789', which may be negative. */
function time(value: Buffer): Time {
  const match = /^(-?)(\d{1,15})(?:\.(\d*))?$/.exec(value.toString('latin1'));
  if (!match) throw new TarError('damaged pax header: mtime is no number');
  const sec = Number(match[2]);
  const nsec = Number((match[3] ?? '').slice(0, 9).padEnd(9, '0'));
  if (!match[1]) return { sec, nsec };
  return nsec ? { sec: -sec - 1, nsec: 1e9 - nsec } : { sec: -sec, nsec: 0 };
}

/** A map and not an object, because the keys come from the archive and may be `__proto__` or `constructor`. */
const setters = new Map(
  Object.entries<(header: Header, value: Buffer) => void>({
    path: (h, v) => void (h.name = path(v, 'path')),
    linkpath: (h, v) => void (h.linkname = path(v, 'linkpath')),
    uid: (h, v) => void (h.uid = integer(v, 'uid')),
    gid: (h, v) => void (h.gid = integer(v, 'gid')),
    mtime: (h, v) => void (h.mtime = time(v)),
    size: (h, v) => {
      h.size = integer(v, 'size');
      if (h.size < 0) throw new TarError(`damaged pax header: size is ${h.size}`);
    },
  }),
);

/** A later record overrides an earlier one, and an empty value cancels the record (POSIX). */
export function applyRecords(header: Header, records: Records): void {
  for (const [key, value] of records) if (value.length) setters.get(key)?.(header, value);
}

function percentDecoded(name: string): string {
  try {
    return decodeURIComponent(name);
  } catch {
    throw new TarError(
      `damaged pax header: the attribute's name ${JSON.stringify(name.slice(0, 40))} is not percent-encoded`,
    );
  }
}

const XATTR: Record<string, (name: string, value: Buffer) => [string, Buffer]> = {
  'SCHILY.xattr.': (name, value) => [name, value],
  // libarchive's form: the name is percent-encoded, the value is in base64
  'LIBARCHIVE.xattr.': (name, value) => [percentDecoded(name), Buffer.from(value.toString('latin1'), 'base64')],
};

/**
 * The extended attributes. Their values stay bytes: tar-stream's pax reader turns them into UTF-8 text, which destroys
 * security.capability.
 */
export function readXattrs(records: Records): Map<string, Buffer> {
  const found = new Map<string, Buffer>();
  for (const [key, value] of records) {
    for (const [prefix, decode] of Object.entries(XATTR))
      if (key.startsWith(prefix)) found.set(...decode(key.slice(prefix.length), value));
  }
  return found;
}
