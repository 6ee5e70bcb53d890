/** A terminal for typing and reading in tests: tmux(1) with a server of its own. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { patience } from '../until.ts';

export class Screen {
  readonly #dir = mkdtempSync('/tmp/drydock-screen-');

  constructor(env: Record<string, string>, columns = 110, rows = 50) {
    const variables = Object.entries({ NO_COLOR: '1', HISTFILE: '', ...env }).flatMap(([name, value]) => [
      '-e',
      `${name}=${value}`,
    ]);
    this.#tmux(
      '-f',
      '/dev/null',
      'new-session',
      '-d',
      '-x',
      String(columns),
      '-y',
      String(rows),
      ...variables,
      'bash --norc --noprofile',
    );
  }

  #tmux(...args: string[]): string {
    return execFileSync('tmux', ['-S', join(this.#dir, 's'), ...args], { encoding: 'utf8' });
  }

  /** Sends the bytes unchanged. */
  type(text: string): void {
    this.#tmux('send-keys', '-l', '--', text);
  }
  /** Sends keys by name: 'Enter', 'C-c', … */
  key(...names: string[]): void {
    this.#tmux('send-keys', '--', ...names);
  }
  command(line: string): void {
    this.type(line);
    this.key('Enter');
  }
  resize(columns: number, rows: number): void {
    this.#tmux('resize-window', '-x', String(columns), '-y', String(rows));
  }
  text(): string {
    return this.#tmux('capture-pane', '-p', '-J', '-S', '-500').trimEnd();
  }
  async see(what: RegExp, seconds = 60): Promise<string> {
    for (const end = Date.now() + seconds * patience * 1000; Date.now() < end; await sleep(30))
      if (what.test(this.text())) return this.text();
    throw new Error(`the screen never showed ${what}:\n${this.text()}`);
  }
  /** Waits until a program has set the terminal to raw mode, because earlier input goes to the shell. */
  async raw(seconds = 60): Promise<void> {
    const tty = this.#tmux('display-message', '-p', '#{pane_tty}').trim();
    // The shell at its prompt keeps ISIG on.
    const isRaw = () => /-isig/.test(execFileSync('stty', ['-F', tty, '-a'], { encoding: 'utf8' }));
    for (const end = Date.now() + seconds * 1000; Date.now() < end; await sleep(30)) if (isRaw()) return;
    throw new Error(`nothing took the terminal:\n${this.text()}`);
  }
  close(): void {
    this.#tmux('kill-server');
    rmSync(this.#dir, { recursive: true, force: true });
  }
}
