/**
 * The terminal's keys in step mode: single keys and short lines for the prompt while the run stands, everything for the
 * container while its process runs.
 */
import { openSync } from 'node:fs';
import { PassThrough } from 'node:stream';
import { ReadStream } from 'node:tty';
import { Terminal } from '../terminal/terminal.ts';

type Owner = 'prompt' | 'container' | 'nobody';

export class Keyboard {
  /** what the container gets as stdin when its stdin is this terminal */
  readonly forContainer = new PassThrough();
  readonly #terminal: Terminal;
  #owner: Owner = 'nobody';
  #typed: string[] = [];
  #waiting: ((key: string) => void) | undefined;
  /** Called when somebody asks to stop while no prompt is open. */
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

  /** Our stdin where it is a terminal, else the controlling one; undefined when there is none (tty(4)). */
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

  /** Keys go to prompts from now on. */
  toPrompt(): void {
    if (this.#owner === 'prompt') return;
    this.#owner = 'prompt';
    this.#terminal.raw({ output: false });
    this.input.resume();
  }

  /**
   * Keys go to the process: `raw` when it has a terminal of its own; what was typed ahead after `continue` goes with
   * them.
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

  /** Gives the terminal back and reads no more. */
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

  /** The next key; undefined when `signal` comes first. */
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

  /** A line with echo and backspace; undefined when it was given up. */
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

/** Keys of a chunk; an escape sequence (an arrow, say) is one key. */
export const keysOf = (text: string): string[] => text.match(/\u001b\[[0-9;]*[A-Za-z~]|\u001bO[A-Za-z]|[\s\S]/gu) ?? [];
