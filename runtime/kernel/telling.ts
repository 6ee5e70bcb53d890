/** How a job sends the parts of its result: to the daemon, or by itself into a client's connection. */
import { Socket } from 'node:net';

/**
 * Sends a part of the result, which must not change until this resolves. Resolves when the next part may be sent,
 * rejects when no more parts are wanted.
 */
export type Tell = (part: unknown) => Promise<void>;

/**
 * The answer to a part: whether the next one may be sent. `into`: a stream socket into which the job writes all further
 * parts by itself, as they are or as HTTP chunks (RFC 9112, section 7.1). It closes the descriptor.
 */
export interface Go {
  go: boolean;
  into?: { fd: number; as: Framing };
}
export type Framing = 'raw' | 'chunks';

const unwanted = (cause?: unknown) =>
  Object.assign(new Error('the rest is not wanted', { cause }), { code: 'ABORT_ERR' });

/** A stream socket. The last HTTP chunk, of no bytes, is written by the HTTP server. */
class Output {
  readonly #socket: Socket;
  readonly #framed: boolean;

  constructor({ fd, as }: NonNullable<Go['into']>) {
    this.#framed = as === 'chunks';
    this.#socket = new Socket({ fd, readable: false, writable: true }).on('error', () => undefined);
  }

  write(part: Uint8Array): Promise<void> {
    const socket = this.#socket;
    return new Promise((resolve, reject) => {
      const written = (error?: Error | null) => (error ? reject(unwanted(error)) : resolve());
      if (!this.#framed) return void socket.write(part, written);
      socket.cork();
      socket.write(`${part.length.toString(16)}\r\n`);
      socket.write(part);
      socket.write('\r\n', written);
      socket.uncork();
    });
  }

  close = (): void => void this.#socket.destroy();
}

/** Belongs to one job. `give` brings a part to the daemon and resolves to its answer. */
export class Telling {
  #output: Output | undefined;

  constructor(private readonly give: (part: unknown) => Promise<Go>) {}

  readonly tell: Tell = async (part) => {
    if (this.#output) return this.#output.write(part as Uint8Array);
    const { go, into } = await this.give(part);
    if (into) this.#output = new Output(into);
    if (!go) throw unwanted();
  };

  /** The connection itself stays open. */
  close = (): void => this.#output?.close();
}
