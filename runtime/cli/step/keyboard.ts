/**
 * The terminal's keys in step mode. While the run is held, they are single keys and short lines for the prompt; while
 * the container's process runs, all input goes to the container.
 */
import { openSync } from 'node:fs';
import { PassThrough } from 'node:stream';
import { ReadStream } from 'node:tty';
import { Terminal } from '../terminal/terminal.ts';

type Owner = 'prompt' | 'container' | 'nobody';

export class Keyboard {
  /** the container's stdin when its stdin is this terminal */
  readonly forContainer = new PassThrough();
  readonly #terminal: Terminal;
  #owner: Owner = 'nobody';
  #typed: string[] = [];
  #waiting: ((key: string) => void) | undefined;
  /** Called for Ctrl-C while no prompt is open. */
  onInterrupt: () => void = () => undefined;

  private constructor(
    readonly input: ReadStream,
    fd: number,
    readonly isStdin: boolean,
  ) {
    this.#terminal = new Terminal(input, fd);
    input.on('data', (chunk: Buffer) => this.#take(chunk));
    input.on('end', () => this.#take(Buffer.from([3])));
    input.on('error', () => this.#take(Buffer.from([3])));
    input.pause();
  }

  /** Opens stdin where it is a terminal, else the controlling terminal; undefined when there is none (tty(4)). */
  static open(): Keyboard | undefined {
    if (process.stdin.isTTY) return new Keyboard(process.stdin, 0, true);
    try {
      const fd = openSync('/dev/tty', 'r+');
      return new Keyboard(new ReadStream(fd), fd, false);
    } catch {
      return undefined;
    }
  }

  #take(chunk: Buffer): void {
    if (this.#owner === 'container') return void this.forContainer.write(chunk);
    for (const key of keysOf(chunk.toString('utf8'))) {
      const waiting = this.#waiting;
      this.#waiting = undefined;
      if (waiting) waiting(key);
      else if (key === '\u0003') this.onInterrupt();
      else this.#typed.push(key);
    }
  }

  /** Directs keys to prompts. */
  toPrompt(): void {
    if (this.#owner === 'prompt') return;
    this.#owner = 'prompt';
    this.#terminal.raw({ output: false });
    this.input.resume();
  }

  /**
   * Directs keys to the process. `raw`: the process has a terminal of its own. `typedAhead`: keys typed since
   * `continue` are passed on too.
   */
  toContainer(options: { raw: boolean; typedAhead: boolean }): void {
    if (this.#owner === 'container') return;
    this.#owner = 'container';
    if (options.raw) this.#terminal.raw({ output: true });
    else this.#terminal.restore();
    const ahead = this.#typed.join('');
    this.#typed = [];
    if (options.typedAhead && ahead) this.forContainer.write(ahead);
    this.input.resume();
  }

  /** Restores the terminal's mode and stops reading. */
  release(): void {
    this.#owner = 'nobody';
    this.#terminal.restore();
    this.input.pause();
  }

  close(): void {
    this.release();
    this.forContainer.end();
    if (!this.isStdin) this.input.destroy();
  }

  /** The next key; undefined when `signal` aborts first. */
  key(signal: AbortSignal): Promise<string | undefined> {
    const typed = this.#typed.shift();
    if (typed !== undefined) return Promise.resolve(typed);
    return new Promise((resolve) => {
      const abort = () => {
        this.#waiting = undefined;
        resolve(undefined);
      };
      signal.addEventListener('abort', abort, { once: true });
      this.#waiting = (key) => {
        signal.removeEventListener('abort', abort);
        resolve(key);
      };
    });
  }

  /**
   * Reads a line with echo and backspace; undefined when the user cancels with Ctrl-C or Escape, or `signal` aborts.
   */
  async line(signal: AbortSignal, echo: (text: string) => void): Promise<string | undefined> {
    let text = '';
    for (;;) {
      const key = await this.key(signal);
      if (key === undefined || key === '\u0003' || key === '\u001b') return undefined;
      if (key === '\r' || key === '\n') return text.trim();
      if (key === '\u007f' || key === '\b') {
        if (text) echo('\b \b');
        text = text.slice(0, -1);
      } else if (key >= ' ' && !key.startsWith('\u001b')) {
        text += key;
        echo(key);
      }
    }
  }
}

/** The keys of a chunk. An escape sequence, such as an arrow's, is one key. */
export const keysOf = (text: string): string[] => text.match(/\u001b\[[0-9;]*[A-Za-z~]|\u001bO[A-Za-z]|[\s\S]/gu) ?? [];
