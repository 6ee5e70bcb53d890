/** Tar archives made by hand, including ones that no tar program writes. */
import { createHash } from 'node:crypto';

export interface Made {
  name: string;
  type?: string;
  content?: string | Buffer;
  linkname?: string;
  mode?: number;
  uid?: number;
  gid?: number;
  mtime?: number;
  size?: number;
  devmajor?: number;
  devminor?: number;
  magic?: string;
}

const octal = (value: number, width: number) => `${value.toString(8).padStart(width - 1, '0')}\0`;
const padded = (body: Buffer) => Buffer.concat([body, Buffer.alloc((512 - (body.length % 512)) % 512)]);

export function header(made: Made, size: number): Buffer {
  const block = Buffer.alloc(512);
  block.write(made.name, 0, 100, 'latin1');
  block.write(octal(made.mode ?? (made.type === '5' ? 0o755 : 0o644), 8), 100);
  block.write(octal(made.uid ?? 0, 8), 108);
  block.write(octal(made.gid ?? 0, 8), 116);
  block.write(octal(made.size ?? size, 12), 124);
  block.write(octal(made.mtime ?? 1_600_000_000, 12), 136);
  block.write(made.type ?? '0', 156);
  block.write(made.linkname ?? '', 157, 100, 'latin1');
  block.write(made.magic ?? 'ustar\x0000', 257, 'latin1');
  block.write(octal(made.devmajor ?? 0, 8), 329);
  block.write(octal(made.devminor ?? 0, 8), 337);
  block.write('        ', 148);
  block.write(
    octal(
      block.reduce((sum, byte) => sum + byte, 0),
      7,
    ),
    148,
  );
  return block;
}
export function entry(made: Made): Buffer {
  const body = Buffer.from(made.content ?? '');
  return Buffer.concat([header(made, body.length), padded(body)]);
}
/** A pax header for the following entry. */
export function pax(records: Record<string, string | Buffer> | [string, string][], type = 'x'): Buffer {
  const list = Array.isArray(records) ? records : Object.entries(records);
  const body = Buffer.concat(
    list.map(([key, value]) => {
      const rest = Buffer.concat([Buffer.from(` ${key}=`), Buffer.from(value), Buffer.from('\n')]);
      let length = rest.length + 1;
      while (String(length).length + rest.length !== length) length = String(length).length + rest.length;
      return Buffer.concat([Buffer.from(String(length)), rest]);
    }),
  );
  return entry({ name: 'pax', type, content: body });
}
export const archive = (...parts: (Buffer | Made)[]): Buffer =>
  Buffer.concat([...parts.map((part) => (Buffer.isBuffer(part) ? part : entry(part))), Buffer.alloc(1024)]);
export const digestOf = (bytes: Buffer): string => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
