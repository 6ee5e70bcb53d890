/** The clients of one process: its output goes to each of them, and their input goes to it. */
import type { Duplex } from 'node:stream';
import { DetachScanner, parseDetachKeys } from './detach-keys.ts';
import type { AttachOptions } from './attach-options.ts';
import type { Kernel } from '../../kernel/kernel.ts';
import { FRAME, Tap, type TapEvents } from './tap.ts';

const HEADER = 8;
/**
 * In bytes that a client has not taken. Above this the shim's output is not read, so in the end the process waits for
 * its slowest client.
 */
const HIGH_WATER = 1 << 20;

export interface StreamsOptions {
  tty: boolean;
  stdin: boolean;
  stdinOnce: boolean;
  /** called with all output, for a log */
  heard?(stream: 1 | 2, data: Buffer): void;
}
interface Client {
  stream: Duplex;
  options: AttachOptions;
  over(how: 'ended' | 'detached'): void;
}

export class Streams {
  readonly #clients = new Set<Client>();
  #tap: Tap | undefined;
  /** input that came before the process exists */
  #early: Buffer[] = [];
  #closeEarly = false;
  readonly #waiting = new Set<Duplex>();
  readonly #full = new Set<Duplex>();
  #subscribed = false;

  constructor(private readonly options: StreamsOptions) {}

  /**
   * Connects to a shim. Resolves when the shim knows whether output is wanted. `ended` is called once, after the last
   * output and before the clients get their FIN, so that their next request sees the new state.
   */
  async open(shimSocket: string, ended: () => void): Promise<void> {
    this.#subscribed = false;
    this.#tap = await Tap.open(shimSocket, this.#events(ended));
    if (this.#clients.size) await this.#subscribe();
    for (const data of this.#early.splice(0)) await this.#tap.send(FRAME.stdin, data);
    if (this.#closeEarly) await this.#tap.send(FRAME.closeStdin);
    this.#closeEarly = false;
    for (const client of this.#waiting) client.resume();
    this.#waiting.clear();
  }

  /**
   * The same for a process that is about to start, before it can write its first byte. Without clients nothing is
   * waited for: the output goes to the log, and it does not matter when the shim accepts.
   */
  async openBefore(shimSocket: string, ended: () => void): Promise<void> {
    if (this.#clients.size || this.#early.length || this.#closeEarly) return this.open(shimSocket, ended);
    this.#subscribed = false;
    this.#tap = Tap.begin(shimSocket, this.#events(ended));
  }

  #events(ended: () => void): TapEvents {
    return {
      output: (stream, frame) => this.#output(stream, frame),
      ended: () => {
        this.#tap = undefined;
        ended();
        this.end();
      },
    };
  }

  /** True when the shim was told to send the output. */
  get subscribed(): boolean {
    return this.#subscribed;
  }

  async #subscribe(): Promise<void> {
    if (this.#subscribed) return;
    this.#subscribed = true;
    await this.#tap?.send(FRAME.subscribe);
  }

  #output(stream: 1 | 2, frame: Buffer): void {
    this.options.heard?.(stream, frame.subarray(HEADER));
    for (const { stream: client, options } of this.#clients) {
      if (!options.stream || client.destroyed || !(stream === 1 ? options.stdout : options.stderr)) continue;
      client.write((options.raw ?? this.options.tty) ? frame.subarray(HEADER) : frame);
      if (client.writableLength > HIGH_WATER) this.#waitFor(client);
    }
  }

  /** Stops reading the shim until all full clients have taken their output. */
  #waitFor(client: Duplex): void {
    this.#tap?.socket.pause();
    if (this.#full.has(client)) return;
    this.#full.add(client);
    const go = () => {
      client.off('drain', go).off('close', go);
      this.#full.delete(client);
      if (!this.#full.size) this.#tap?.socket.resume();
    };
    client.once('drain', go).once('close', go);
  }

  couple(stream: Duplex, options: AttachOptions): Promise<'ended' | 'detached'> {
    const scanner =
      options.stdin && this.options.tty ? new DetachScanner(parseDetachKeys(options.detachKeys)) : undefined;
    return new Promise((resolve) => {
      const client: Client = {
        stream,
        options,
        over: (how) => {
          if (!this.#clients.delete(client)) return;
          stream.off('data', typed).off('end', finished).off('close', gone);
          resolve(how);
        },
      };
      const typed = (data: Buffer) => {
        if (!options.stdin || !this.options.stdin) return;
        const { pass, detached } = scanner ? scanner.feed(data) : { pass: data, detached: false };
        if (pass.length) this.#type(pass, stream);
        if (!detached) return;
        client.over('detached');
        stream.end();
      };
      const finished = () => {
        if (options.stdin && this.options.stdinOnce && !this.options.tty) this.#closeStdin();
      };
      const gone = () => client.over('ended');
      this.#clients.add(client);
      if (!options.stream) return void (client.over('ended'), stream.end());
      stream.on('data', typed).on('end', finished).on('close', gone);
      // the client's FIN may have come together with the request
      if (stream.readableEnded) finished();
      if (this.#tap) void this.#subscribe();
    });
  }

  #type(data: Buffer, from: Duplex): void {
    if (!this.#tap) {
      // no process reads it yet: keep this chunk, and read more when there is a process
      this.#early.push(data);
      from.pause();
      return void this.#waiting.add(from);
    }
    void this.#tap.send(FRAME.stdin, data);
    if (this.#tap.socket.writableLength < HIGH_WATER) return;
    from.pause();
    this.#tap.socket.once('drain', () => from.resume());
  }

  #closeStdin(): void {
    if (this.#tap) void this.#tap.send(FRAME.closeStdin);
    else this.#closeEarly = true;
  }

  /** The process has ended: every client gets its FIN. */
  end(): void {
    for (const client of [...this.#clients]) {
      client.over('ended');
      client.stream.end();
    }
  }

  /** The start failed: the couplings end, and the connections belong to the server again. */
  abandon(): void {
    this.#early = [];
    this.#closeEarly = false;
    this.#waiting.clear();
    for (const client of [...this.#clients]) client.over('ended');
    this.close();
  }

  /** The daemon ends. The shim goes on without it. */
  close(): void {
    this.#tap?.close();
    this.#tap = undefined;
  }
}

/**
 * Couples to the shim before the program can write its first byte. The shim accepts a connection and reads its first
 * frame before it answers, so an answer proves that it knows the subscription (native/shim.c, turn). Without a client
 * there is no subscription.
 */
export async function listenBefore(k: Kernel, streams: Streams, shimSocket: string, ended: () => void): Promise<void> {
  await streams.openBefore(shimSocket, ended);
  if (streams.subscribed)
    await k.run({ actor: 'shim', name: 'getpid', args: [], note: 'the shim knows that output is wanted' });
}
