/** Takes the output of a RUN, which comes in the frames of an attached client, as fast as the client reads. */
import { Duplex } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';

const HEADER = 8;

export class BuildOutput extends Duplex {
  #rest: Buffer = Buffer.alloc(0);
  readonly #decoders = { 1: new StringDecoder('utf8'), 2: new StringDecoder('utf8') };

  constructor(private readonly tell: (stream: 1 | 2, text: string) => Promise<void>) {
    super();
  }
  override _read(): void {}

  override _write(chunk: Buffer, _encoding: string, done: (error?: Error) => void): void {
    this.#take(chunk).then(() => done(), done);
  }

  async #take(chunk: Buffer): Promise<void> {
    this.#rest = Buffer.concat([this.#rest, chunk]);
    while (this.#rest.length >= HEADER) {
      const end = HEADER + this.#rest.readUInt32BE(4);
      if (this.#rest.length < end) break;
      const stream = this.#rest[0] === 2 ? 2 : 1;
      const text = this.#decoders[stream].write(this.#rest.subarray(HEADER, end));
      this.#rest = this.#rest.subarray(end);
      if (text) await this.tell(stream, text);
    }
  }
}
