/** The user's terminal: raw while a container or a prompt uses it. Its mode is restored on every exit. */
import { spawnSync } from 'node:child_process';
import { constants } from 'node:os';
import type { ReadStream } from 'node:tty';

const fatal = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'] as const;

export class Terminal {
  #raw = false;
  readonly #restore = () => this.restore();
  /** Restores the terminal when a signal ends this process: the signal's default action would leave it raw. */
  readonly #end = (signal: NodeJS.Signals) => {
    this.restore();
    process.exit(128 + constants.signals[signal]);
  };

  constructor(
    readonly input: ReadStream,
    readonly fd: number,
  ) {}

  /**
   * Raw mode: every key as it is typed. With `output`, "\n" stays a line feed, because the container's own pty has
   * already made "\r\n" of it (termios(3), OPOST).
   */
  raw({ output }: { output: boolean }): void {
    if (this.#raw) this.input.setRawMode(false);
    else {
      process.on('exit', this.#restore);
      for (const signal of fatal) process.on(signal, this.#end);
    }
    this.#raw = true;
    this.input.setRawMode(true);
    // Node has no mode for this. Without stty(1) lines look right, but curses programs may place the cursor wrong.
    if (output) spawnSync('stty', ['-opost'], { stdio: [this.fd, 'ignore', 'ignore'] });
  }

  restore(): void {
    if (!this.#raw) return;
    this.#raw = false;
    this.input.setRawMode(false);
    process.off('exit', this.#restore);
    for (const signal of fatal) process.off(signal, this.#end);
  }
}

/** [height, width] of the terminal that shows the output. */
export function windowSize(): [number, number] | undefined {
  const stream = [process.stdout, process.stderr].find((candidate) => candidate.isTTY);
  return stream?.columns ? [stream.rows, stream.columns] : undefined;
}
