/**
 * The streams of attach, exec and logs. With a terminal the bytes are raw; otherwise each chunk has a header:
 *
 *   0        1  2  3    4           8
 *   | stream | 0  0  0  | length BE | payload …      stream: 1 stdout, 2 stderr, 3 an error of the daemon
 */
import { once } from 'node:events';
import type { Readable, Writable } from 'node:stream';

const HEAD = 8;
export interface Outputs {
  stdout: Writable;
  stderr: Writable;
}

async function write(to: Writable, bytes: Buffer): Promise<void> {
  if (bytes.length && !to.write(bytes)) await once(to, 'drain');
}

/** Splits a stream into its frames. A chunk of input may end anywhere in a frame. */
export class Demultiplexer {
  #rest: Buffer = Buffer.alloc(0);
  #stream = 0;
  #left = 0;

  /** Yields [stream, bytes] for the bytes so far. One frame may come in several pieces. */
  *push(chunk: Buffer): Generator<[number, Buffer]> {
    let data = this.#rest.length ? Buffer.concat([this.#rest, chunk]) : chunk;
    while (data.length) {
      if (!this.#left) {
        if (data.length < HEAD) break;
        this.#stream = data[0]!;
        this.#left = data.readUInt32BE(4);
        data = data.subarray(HEAD);
      }
      const part = data.subarray(0, this.#left);
      if (part.length) yield [this.#stream, part];
      this.#left -= part.length;
      data = data.subarray(part.length);
    }
    this.#rest = Buffer.from(data);
  }
}

/** Copies until the daemon ends the stream. Waits for slow readers. */
export async function copyOutput(from: Readable, head: Buffer, raw: boolean, to: Outputs): Promise<void> {
  const frames = new Demultiplexer();
  const take = async (chunk: Buffer) => {
    if (raw) return write(to.stdout, chunk);
    for (const [stream, bytes] of frames.push(chunk)) await write(stream === 1 ? to.stdout : to.stderr, bytes);
  };
  await take(head);
  for await (const chunk of from) await take(chunk as Buffer);
}
