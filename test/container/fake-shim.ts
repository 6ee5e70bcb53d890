/**
 * Stands in for a shim's tap: a unix socket that records the frames it receives and sends what the test chooses. Also
 * clients to attach to it.
 */
import { createServer, type Server, type Socket } from 'node:net';
import { mkdtempSync, rmSync } from 'node:fs';
import { Duplex } from 'node:stream';
import type { AttachOptions } from '../../runtime/container/io/attach-options.ts';

const FIRST = ['stdin', '1', '2', 'exited', 'subscribe', 'closeStdin'];

export class FakeShim {
  /** 'stdin:text', 'subscribe', 'closeStdin' in the order of arrival */
  readonly got: string[] = [];
  #socket: Socket | undefined;
  #rest: Buffer = Buffer.alloc(0);
  private constructor(
    readonly path: string,
    readonly server: Server,
    private readonly dir: string,
  ) {}

  static async listen(): Promise<FakeShim> {
    const dir = mkdtempSync('/tmp/ddtest-tap-');
    const server = createServer();
    const shim = new FakeShim(`${dir}/s`, server, dir);
    server.on('connection', (socket) => {
      shim.#socket = socket;
      socket.on('error', () => undefined);
      socket.on('data', (data) => shim.#read(data));
    });
    await new Promise<void>((resolve) => server.listen(shim.path, resolve));
    return shim;
  }

  #read(data: Buffer): void {
    this.#rest = Buffer.concat([this.#rest, data]);
    while (this.#rest.length >= 8 && this.#rest.length >= 8 + this.#rest.readUInt32BE(4)) {
      const length = this.#rest.readUInt32BE(4);
      const text = this.#rest.subarray(8, 8 + length).toString();
      this.got.push(`${FIRST[this.#rest[0]!]}${text && `:${text}`}`);
      this.#rest = this.#rest.subarray(8 + length);
    }
  }

  /** Sends the bytes unchanged; resolves when the kernel has taken them. */
  send(bytes: Buffer): Promise<void> {
    return new Promise((resolve) => this.#socket!.write(bytes, () => resolve()));
  }
  /** True if the other side has not read everything. */
  get held(): boolean {
    return this.#socket!.writableLength > 0;
  }
  get gone(): boolean {
    return this.#socket!.destroyed;
  }
  /** Ends as the shim does when its process has ended. */
  end(): void {
    this.#socket?.end();
  }
  async close(): Promise<void> {
    this.#socket?.destroy();
    await new Promise((resolve) => this.server.close(resolve));
    rmSync(this.dir, { recursive: true, force: true });
  }
}

/** Stands in for an attached docker client. A slow one reads nothing until the test tells it to. */
export class FakeClient extends Duplex {
  readonly received: Buffer[] = [];
  finished = false;
  #slow = false;
  #waiting: (() => void) | undefined;

  get text(): string {
    return Buffer.concat(this.received).toString('latin1');
  }
  type(text: string): void {
    this.push(Buffer.from(text));
  }
  halfClose(): void {
    this.push(null);
  }
  set slow(slow: boolean) {
    this.#slow = slow;
    if (slow) return;
    const go = this.#waiting;
    this.#waiting = undefined;
    go?.();
  }
  override _read(): void {
    /* data is pushed by the test */
  }
  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.received.push(chunk);
    if (this.#slow) this.#waiting = done;
    else done();
  }
  override _final(done: () => void): void {
    this.finished = true;
    done();
  }
}

export const attach = (more: Partial<AttachOptions> = {}): AttachOptions => ({
  stdin: true,
  stdout: true,
  stderr: true,
  logs: false,
  stream: true,
  ...more,
});
