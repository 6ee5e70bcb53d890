/**
 * Names are bytes, and anything but `/` and NUL may be in them (path_resolution(7)): newlines, the end of a colour,
 * half a character.
 * Shown the way `ls -b` shows them, a path is safe to print, and can be turned back into the bytes that it stands for.
 */
const escapes: Record<string, string> = { '\\': '\\\\', '\n': '\\n', '\r': '\\r', '\t': '\\t' };
const letters: Record<string, number> = { '\\': 0x5c, n: 0x0a, r: 0x0d, t: 0x09 };
const byBytes = (bytes: Uint8Array): string =>
  [...bytes].map((byte) => `\\x${byte.toString(16).padStart(2, '0')}`).join('');

export function showName(name: Buffer): string {
  const text = name.toString('utf8');
  // what is no UTF-8 does not come back the same
  if (!Buffer.from(text).equals(name))
    return name
      .toString('latin1')
      .replace(/[^\x20-\x5b\x5d-\x7e]/g, (c) => escapes[c] ?? byBytes(Buffer.from(c, 'latin1')));
  return text.replace(/[\\\p{C}\p{Zl}\p{Zp}]/gu, (c) => escapes[c] ?? byBytes(Buffer.from(c)));
}

/** Name by name, so that how one is shown does not hang on the others. */
export const showPath = (path: Buffer): string =>
  path
    .toString('latin1')
    .split('/')
    .map((name) => showName(Buffer.from(name, 'latin1')))
    .join('/');

/** The bytes of a shown path; a backslash that escapes nothing is one. */
export function pathBytes(shown: string): Buffer {
  const parts = shown.split(/(\\(?:[\\nrt]|x[0-9a-f]{2}))/);
  return Buffer.concat(
    parts.map((part, j) =>
      j % 2 ? Buffer.from([part[1] === 'x' ? parseInt(part.slice(2), 16) : letters[part[1]!]!]) : Buffer.from(part),
    ),
  );
}
