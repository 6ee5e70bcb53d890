/**
 * A process on pipes (or under script(1) for a terminal) that stands in for a container's process, and its attachment
 * to clients.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { constants } from 'node:os';
import { type Duplex, PassThrough, type Readable } from 'node:stream';
import type { AttachOptions } from '../../runtime/container/io/attach-options.ts';

export interface Output {
  stream: 1 | 2;
  time: number;
  data: Buffer;
}

export function wire(tty: boolean, { stream, data }: { stream: number; data: Buffer }): Buffer {
  if (tty) return data;
  const header = Buffer.alloc(8);
  header[0] = stream;
  header.writeUInt32BE(data.length, 4);
  return Buffer.concat([header, data]);
}

export class FakeProcess {
  readonly output: Output[] = [];
  /** the first window size and all later ones */
  readonly sizes: [number, number][] = [];
  readonly #clients = new Set<(output: Output | undefined) => void>();
  #child: ChildProcess | undefined;
  /** input that a client sent before the start; null is its end */
  #early: (Buffer | null)[] = [];
  running = false;
  exitCode: number | null = null;
  readonly exited: Promise<number>;
  #exit: (code: number) => void = () => undefined;

  constructor(
    readonly tty: boolean,
    readonly openStdin: boolean,
  ) {
    this.exited = new Promise((resolve) => (this.#exit = resolve));
  }

  /** number of attached clients and followed logs */
  get watchers(): number {
    return this.#clients.size;
  }
  get pid(): number {
    return this.running ? (this.#child?.pid ?? 0) : 0;
  }

  start(argv: string[], env: string[]): void {
    const words = this.tty
      ? ['script', '-qec', argv.map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(' '), '/dev/null']
      : argv;
    const child = spawn(words[0]!, words.slice(1), {
      stdio: 'pipe',
      env: { ...process.env, ...Object.fromEntries(env.map((line) => line.split(/=(.*)/s))) },
      detached: true,
    });
    this.#child = child;
    this.running = true;
    child.stdin.on('error', () => undefined);
    if (!this.openStdin) child.stdin.end();
    else for (const data of this.#early.splice(0)) this.#stdin(data);
    for (const [stream, from] of [
      [1, child.stdout],
      [2, child.stderr],
    ] as [1 | 2, Readable][])
      from.on('data', (data: Buffer) => this.#take(stream, data));
    void once(child, 'close').then(async ([code, signal]) => {
      this.running = false;
      this.exitCode = signal ? 128 + constants.signals[signal as NodeJS.Signals] : (code as number);
      this.#tell(undefined);
      await new Promise(setImmediate);
      this.#exit(this.exitCode);
    });
  }

  /** Emits single lines, so that `logs --tail` can count them. */
  #take(stream: 1 | 2, data: Buffer): void {
    for (let from = 0, to; from < data.length; from = to) {
      to = data.indexOf(10, from) + 1 || data.length;
      this.#tell({ stream, time: Date.now(), data: data.subarray(from, to) });
    }
  }

  #tell(output: Output | undefined): void {
    if (output) this.output.push(output);
    for (const client of this.#clients) client(output);
  }

  #stdin(data: Buffer | null): void {
    if (!this.#child) this.#early.push(data);
    else if (data) this.#child.stdin?.write(data);
    else this.#child.stdin?.end();
  }

  /** The start failed, so no output will come. */
  fail(): void {
    this.#tell(undefined);
  }

  signal(name: NodeJS.Signals): void {
    if (this.#child?.pid) process.kill(-this.#child.pid, name);
  }

  attach(client: Duplex, options: AttachOptions): Promise<'ended' | 'detached'> {
    return new Promise((resolve) => {
      const over = (how: 'ended' | 'detached') => {
        this.#clients.delete(listener);
        client.off('data', onData);
        client.off('end', onEnd);
        resolve(how);
      };
      const listener = (output: Output | undefined) => {
        if (!output) over('ended');
        else if (output.stream === 1 ? options.stdout : options.stderr) client.write(wire(this.tty, output));
      };
      const onData = (data: Buffer) => {
        // Simplified: the detach keys ctrl-p ctrl-q must be in one packet.
        if (data.includes(Buffer.from([16, 17]))) return over('detached');
        this.#stdin(data);
      };
      const onEnd = () => this.#stdin(null);
      if (options.logs) this.output.forEach(listener);
      this.#clients.add(listener);
      client.once('close', () => over('detached'));
      if (!options.stdin) return;
      client.on('data', onData);
      client.on('end', onEnd);
      if (client.readableEnded) onEnd();
    });
  }

  /** The output in the API's stream format. */
  follow(keep: (output: Output) => Output[], following: boolean): Readable {
    const out = new PassThrough();
    const send = (output: Output | undefined) =>
      output ? keep(output).forEach((o) => out.write(wire(this.tty, o))) : out.end();
    this.output.forEach(send);
    if (!following || !this.running) out.end();
    else this.#clients.add(send);
    out.on('close', () => this.#clients.delete(send));
    return out;
  }
}
