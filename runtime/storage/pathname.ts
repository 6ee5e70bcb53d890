/**
 * Printable forms of paths. Names are bytes and may hold everything except `/` and NUL (path_resolution(7)): newlines,
 * the end of a colour, half a character. In the notation of `ls -b` a path is safe to print and can be converted back
 * into its bytes.
 */
const escapes: Record<string, string> = { '\\': '\\\\', '\n': '\\n', '\r': '\\r', '\t': '\\t' };
const letters: Record<string, number> = { '\\': 0x5c, n: 0x0a, r: 0x0d, t: 0x09 };
const byBytes = (bytes: Uint8Array): string =>
  [...bytes].map((byte) => `\\x${byte.toString(16).padStart(2, '0')}`).join('');

export function showName(name: Buffer): string {
  const text = name.toString('utf8');
  // a name that is not UTF-8 differs after decoding and encoding
  if (!Buffer.from(text).equals(name))
    return name
      .toString('latin1')
      .replace(/[^\x20-\x5b\x5d-\x7e]/g, (c) => escapes[c] ?? byBytes(Buffer.from(c, 'latin1')));
  return text.replace(/[\\\p{C}\p{Zl}\p{Zp}]/gu, (c) => escapes[c] ?? byBytes(Buffer.from(c)));
}

/** Converts name by name, so that the form of one name does not depend on the others. */
export const showPath = (path: Buffer): string =>
  path
    .toString('latin1')
    .split('/')
    .map((name) => showName(Buffer.from(name, 'latin1')))
    .join('/');

/** The bytes of a shown path. A backslash that escapes nothing means itself. */
export function pathBytes(shown: string): Buffer {
  const parts = shown.split(/(\\(?:[\\nrt]|x[0-9a-f]{2}))/);
  return Buffer.concat(
    parts.map((part, j) =>
      j % 2 ? Buffer.from([part[1] === 'x' ? parseInt(part.slice(2), 16) : letters[part[1]!]!]) : Buffer.from(part),
    ),
  );
}
