/** A client's session within one of its calls: the bytes of a connection as messages in both directions. */
import { Duplex } from 'node:stream';
import { create } from '@bufbuild/protobuf';
import { BytesMessageSchema, type BytesMessage } from './proto/control_pb.ts';

export class Tunnel extends Duplex {
  #waiting: { message: BytesMessage; taken: () => void }[] = [];
  #wake: (() => void) | undefined;
  #more: (() => void) | undefined;

  constructor(messages: AsyncIterable<BytesMessage>) {
    super();
    this.#receive(messages).catch((error: Error) => this.destroy(error));
    this.on('error', () => undefined);
    this.once('close', () => this.#wake?.());
  }

  async #receive(messages: AsyncIterable<BytesMessage>): Promise<void> {
    for await (const { data } of messages) {
      if (this.destroyed) return;
      if (!this.push(data)) await new Promise<void>((resolve) => (this.#more = resolve));
    }
    this.destroy();
  }

  override _read(): void {
    this.#more?.();
  }
  override _write(bytes: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.#waiting.push({ message: create(BytesMessageSchema, { data: bytes }), taken: done });
    this.#wake?.();
  }
  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#more?.();
    done(error);
  }

  /** What the daemon writes into the connection, until that is closed. */
  async *messages(): AsyncGenerator<BytesMessage> {
    try {
      while (!this.destroyed) {
        const next = this.#waiting.shift();
        if (next) {
          yield next.message;
          next.taken();
        } else await new Promise<void>((resolve) => (this.#wake = resolve));
      }
    } finally {
      this.destroy();
    }
  }
}
