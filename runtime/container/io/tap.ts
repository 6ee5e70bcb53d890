/** The daemon's end of a shim's tap. Its frames are those of native/shim.c, with Docker's multiplexed headers. */
import { connect, type Socket } from 'node:net';

export const FRAME = { stdin: 0, stdout: 1, stderr: 2, exited: 3, subscribe: 4, closeStdin: 5 } as const;
const HEADER = 8;
const MAX_FRAME = 1 << 20;

export function frameOf(type: number, payload: Buffer = Buffer.alloc(0)): Buffer {
  const frame = Buffer.alloc(HEADER + payload.length);
  frame[0] = type;
  frame.writeUInt32BE(payload.length, 4);
  payload.copy(frame, HEADER);
  return frame;
}

export interface TapEvents {
  /** gets a whole frame with its header; returns false to wait for resume() */
  output(stream: 1 | 2, frame: Buffer): void;
  /** the process or the shim has ended; nothing follows */
  ended(): void;
}

export class Tap {
  #rest: Buffer = Buffer.alloc(0);
  #over = false;

  private constructor(
    readonly socket: Socket,
    private readonly events: TapEvents,
  ) {
    socket.on('data', (data) => this.#read(data));
    socket.on('error', () => undefined); // 'close' follows
    socket.on('close', () => this.#end());
  }

  /** Once, after the last frame or when the connection is lost. The shim waits for this FIN (native/shim.c, linger). */
  #end(): void {
    if (this.#over) return;
    this.close();
    this.events.ended();
  }

  /** Resolves when the shim's kernel socket has taken the connection; rejects when there is none to take it. */
  static open(path: string, events: TapEvents): Promise<Tap> {
    return new Promise((resolve, reject) => {
      const socket = connect(path);
      socket.once('error', reject);
      socket.once('connect', () => {
        socket.off('error', reject);
        resolve(new Tap(socket, events));
      });
    });
  }

  /**
   * The same without waiting, for a shim that is known to listen. connect(2) on a Unix socket ends at once, but Node
   * tells of it only in the next turn of its event loop. A failure is told as `ended`.
   */
  static begin(path: string, events: TapEvents): Tap {
    return new Tap(connect(path), events);
  }

  #read(data: Buffer): void {
    let bytes = this.#rest.length ? Buffer.concat([this.#rest, data]) : data;
    while (bytes.length >= HEADER) {
      const length = bytes.readUInt32BE(4);
      if (length > MAX_FRAME) return void this.socket.destroy();
      if (bytes.length < HEADER + length) break;
      const frame = bytes.subarray(0, HEADER + length);
      bytes = bytes.subarray(HEADER + length);
      if (frame[0] === FRAME.stdout || frame[0] === FRAME.stderr) this.events.output(frame[0], frame);
      if (frame[0] === FRAME.exited) return this.#end();
    }
    this.#rest = bytes;
  }

  /** Resolves when the frame was written to the socket. */
  send(type: number, payload?: Buffer): Promise<void> {
    return new Promise((resolve) => this.socket.write(frameOf(type, payload), () => resolve()));
  }

  /** Closes this end; `ended` is not called any more. */
  close(): void {
    this.#over = true;
    this.socket.destroy();
  }
}
