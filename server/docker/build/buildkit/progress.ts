/** The progress of a build as the client's display wants it: a vertex for each instruction, with its output. */
import { createHash } from 'node:crypto';
import { create, type MessageInitShape } from '@bufbuild/protobuf';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import { StatusResponseSchema, type StatusResponse } from './proto/status_pb.ts';

/** In bytes. A RUN that writes more waits until the client has read. */
const WAITING_MOST = 1 << 20;

type Change = MessageInitShape<typeof StatusResponseSchema>;

export class Progress {
  #queue: StatusResponse[] = [];
  #bytes = 0;
  #ended = false;
  #read = false;
  #wake: (() => void) | undefined;
  #room: (() => void)[] = [];
  /** of what is done before and after the stages */
  readonly #main = this.track();

  /** A list of vertexes, one after another, beside the others. */
  track(): Track {
    return new Track((change, bytes = 0) => this.#tell(change, bytes));
  }

  begin(name: string): void {
    this.#main.begin(name);
  }
  /** What is current is done. */
  done(): void {
    this.#main.end();
  }
  /** Resolves when the client takes more than these bytes. */
  #tell(change: Change, bytes: number): Promise<void> {
    this.#push(change);
    this.#bytes += bytes;
    if (this.#bytes <= WAITING_MOST || !this.#read || this.#ended) return Promise.resolve();
    return new Promise((resolve) => this.#room.push(resolve));
  }
  /** What is current fails with the error, or is done. */
  end(error?: string): void {
    this.#main.end(error);
    this.#ended = true;
    this.#wake?.();
    this.#makeRoom();
  }

  /** All changes until the end. Those before the call come first. */
  async *changes(signal: AbortSignal): AsyncGenerator<StatusResponse> {
    const wake = () => this.#wake?.();
    signal.addEventListener('abort', wake);
    this.#read = true;
    try {
      while (!signal.aborted) {
        const changes = this.#queue;
        this.#queue = [];
        this.#makeRoom();
        yield* changes;
        if (this.#queue.length) continue;
        if (this.#ended) return;
        await new Promise<void>((resolve) => (this.#wake = resolve));
      }
    } finally {
      signal.removeEventListener('abort', wake);
      this.#read = false;
      this.#makeRoom();
    }
  }

  #push(change: Change): void {
    // a client that reads no progress gets none of the output that it missed
    if (!this.#read && this.#bytes > WAITING_MOST) {
      this.#queue = this.#queue.filter(({ logs }) => !logs.length);
      this.#bytes = 0;
    }
    this.#queue.push(create(StatusResponseSchema, change));
    this.#wake?.();
  }
  #makeRoom(): void {
    this.#bytes = 0;
    for (const go of this.#room.splice(0)) go();
  }
}

/** Vertexes of which one is current: the instructions of a stage. */
export class Track {
  #current: Vertex | undefined;

  /** `tell` resolves when the client takes more than the bytes of what it was told. */
  constructor(private readonly tell: (change: Change, bytes?: number) => Promise<void>) {}

  /** A vertex begins, and the one before has ended. */
  begin(name: string): void {
    this.end();
    this.#current = { digest: `sha256:${createHash('sha256').update(name).digest('hex')}`, name, started: new Date() };
    this.#show();
  }
  cached(): void {
    if (this.#current) this.#current.cached = true;
  }
  /** Resolves when the client takes more. */
  output(text: string, stream: 1 | 2): Promise<void> {
    const vertex = this.#current?.digest;
    if (!vertex) return Promise.resolve();
    const msg = Buffer.from(text);
    const log = { vertex, timestamp: timestampFromDate(new Date()), stream: BigInt(stream), msg };
    return this.tell({ logs: [log] }, msg.length);
  }
  /** What is current is done, or has failed. */
  end(error = ''): void {
    if (!this.#current) return;
    this.#current.completed = new Date();
    this.#show(error);
    this.#current = undefined;
  }
  #show(error = ''): void {
    const { digest, name, started, completed, cached = false } = this.#current!;
    const times = {
      started: timestampFromDate(started),
      ...(completed && { completed: timestampFromDate(completed) }),
    };
    void this.tell({ vertexes: [{ digest, name, cached, error, ...times }] });
  }
}

interface Vertex {
  digest: string;
  name: string;
  started: Date;
  completed?: Date;
  cached?: boolean;
}
