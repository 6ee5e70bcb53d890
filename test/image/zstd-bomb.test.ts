/** zstd data of a few KiB that becomes gigabytes, or wants them: made by hand, RFC 8878. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { unpacked } from '../../runtime/image/layer/decompress-stream.ts';
import { uncompressed } from '../../runtime/image/layer/decompress.ts';
import { suite } from '../harness.ts';

const test = suite('zstd bombs');
const work = mkdtempSync(join(tmpdir(), 'drydock-zstd-'));
test.after(() => rmSync(work, { recursive: true, force: true }));

const MiB = 2 ** 20;
const BLOCK = 128 * 1024;
const WINDOW = { small: 0x38, largest: 0x80, larger: 0x88 };
const frame = (window: number, ...blocks: Buffer[]) =>
  Buffer.concat([Buffer.from('28b52ffd00', 'hex'), Buffer.from([window]), ...blocks]);
/** One byte, repeated. */
function repeated(size: number, last = false): Buffer {
  const block = Buffer.from([0, 0, 0, 0x78]);
  block.writeUIntLE((size << 3) | (1 << 1) | Number(last), 0, 3);
  return block;
}

const readers: [string, (bytes: Buffer) => AsyncIterable<Buffer>][] = [
  ['a stream', (bytes) => unpacked(inPieces(bytes))],
  [
    'a file',
    (bytes) => {
      writeFileSync(join(work, 'blob'), bytes);
      return uncompressed(join(work, 'blob'), () => undefined);
    },
  ],
];
async function* inPieces(bytes: Buffer): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += 65536) yield await Promise.resolve(bytes.subarray(at, at + 65536));
}

/** The bytes that came out, and by how much the memory grew at most. */
async function drained(parts: AsyncIterable<Buffer>): Promise<{ bytes: number; grown: number }> {
  const before = process.memoryUsage.rss();
  let [bytes, most] = [0, before];
  for await (const part of parts) {
    bytes += part.length;
    most = Math.max(most, process.memoryUsage.rss());
  }
  return { bytes, grown: most - before };
}
const failure = (parts: AsyncIterable<Buffer>) =>
  drained(parts).then(
    () => 'it did not fail',
    (error: unknown) => (error as Error).message,
  );

for (const [what, read] of readers) {
  test(`${what} of 16 KiB that becomes half a gigabyte is read in little memory`, async () => {
    const blocks = Array.from({ length: 4096 }, (_, j) => repeated(BLOCK, j === 4095));
    const { bytes, grown } = await drained(read(frame(WINDOW.small, ...blocks)));
    assert.is(bytes, 512 * MiB);
    assert.ok(grown < 200 * MiB, `${grown} bytes more`);
  });

  test(`${what} of many frames holds the window of few of them`, async () => {
    const one = frame(WINDOW.largest, repeated(1, true));
    const { bytes, grown } = await drained(read(Buffer.concat(Array.from({ length: 40 }, () => one))));
    assert.is(bytes, 40);
    assert.ok(grown < 1000 * MiB, `${grown} bytes more`);
  });

  test(`${what} is refused for a large window or block, also in a later frame`, async () => {
    const fine = frame(WINDOW.small, repeated(1, true));
    for (const before of [[], [fine]]) {
      assert.is(
        await failure(read(Buffer.concat([...before, frame(WINDOW.larger, repeated(1, true))]))),
        'the layer is compressed with a window of 134217728 bytes; at most 67108864 are taken',
      );
      assert.is(
        await failure(read(Buffer.concat([...before, frame(WINDOW.small, repeated(2 ** 21 - 1, true))]))),
        'the layer is damaged: a zstd block of 2097151 bytes; at most 131072 are allowed',
      );
    }
    assert.match(await failure(read(fine.subarray(0, fine.length - 2))), /ends too early/);
  });
}

test.run();
