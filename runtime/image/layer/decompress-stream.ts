/** Turns a stream into the tar inside it, as decompress.ts does with a file. The stream's first bytes decide. */
import { Readable, pipeline, type Transform } from 'node:stream';
import * as zlib from 'node:zlib';
import { compressionIn, unzstd } from './decompress.ts';
import { filtered } from './filter-program.ts';

const HEAD = 6;

/** The stream again, with the bytes that were read from it in front. */
async function* again(first: Buffer, rest: AsyncIterator<Buffer>): AsyncGenerator<Buffer> {
  if (first.length) yield first;
  for (let next = await rest.next(); !next.done; next = await rest.next()) yield next.value;
}

/** Throws TarError for a compression that is not read, and the decoder's errors for damaged data. */
export async function* unpacked(source: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const rest = source[Symbol.asyncIterator]();
  let head: Buffer = Buffer.alloc(0);
  while (head.length < HEAD) {
    const next = await rest.next();
    if (next.done) break;
    head = head.length ? Buffer.concat([head, next.value]) : next.value;
  }
  const whole = again(head, rest);
  const kind = compressionIn(head);
  const through = (decoder: Transform): AsyncIterable<Buffer> =>
    pipeline(Readable.from(whole, { objectMode: false }), decoder, () => undefined);
  if (kind === 'none') yield* whole;
  else if (kind === 'gzip') yield* through(zlib.createGunzip());
  else if (kind === 'zstd') yield* unzstd(whole);
  else yield* filtered(kind, Readable.from(whole, { objectMode: false }));
}
