/**
 * A viewer's end of a process's streams. It never makes the process wait: output that a slow viewer cannot take is left
 * out, and the viewer is told how many bytes. Otherwise one forgotten tab would block all other clients, because the
 * shim's output is read once for all of them.
 */
import { Duplex } from 'node:stream';
import { LIMITS } from './limits.ts';

const HEADER = 8;

export interface Wire {
  /** bytes on the way to the viewer */
  ahead(): number;
  send(bytes: Buffer): void;
  gap(bytes: number): void;
  ended(): void;
}

/**
 * Splits Docker's multiplexed frames and joins both streams in the order in which they came, as a terminal shows them.
 */
function demultiplexer(): (chunk: Buffer) => Buffer {
  let rest: Buffer = Buffer.alloc(0);
  return (chunk) => {
    const out: Buffer[] = [];
    let bytes = rest.length ? Buffer.concat([rest, chunk]) : chunk;
    while (bytes.length >= HEADER) {
      const end = HEADER + bytes.readUInt32BE(4);
      if (bytes.length < end) break;
      out.push(bytes.subarray(HEADER, end));
      bytes = bytes.subarray(end);
    }
    rest = bytes;
    return Buffer.concat(out);
  };
}

export class Terminal extends Duplex {
  #missed = 0;
  readonly #plain: (chunk: Buffer) => Buffer;

  constructor(
    private readonly wire: Wire,
    tty: boolean,
  ) {
    super({ allowHalfOpen: true, emitClose: true });
    this.#plain = tty ? (chunk) => chunk : demultiplexer();
    this.on('error', () => undefined);
  }

  /** Input that the viewer typed. */
  typed(bytes: Buffer): void {
    if (!this.destroyed && !this.readableEnded) this.push(bytes);
  }

  override _read(): void {
    // typed() pushes the input when it comes
  }

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    const bytes = this.#plain(chunk);
    if (this.wire.ahead() > LIMITS.ahead) this.#missed += bytes.length;
    else {
      if (this.#missed) this.wire.gap(this.#missed);
      this.#missed = 0;
      if (bytes.length) this.wire.send(bytes);
    }
    done();
  }

  override _final(done: () => void): void {
    this.wire.ended();
    done();
    // input that still comes has no reader
    this.destroy();
  }
}
