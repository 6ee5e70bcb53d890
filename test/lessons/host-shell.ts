/** The learner's other terminal: a shell on the host, in which `drydock` and `docker` use the test's daemon. */
import { existsSync, mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { Screen } from '../cli/screen.ts';
import { drydock, type Daemon } from '../e2e/daemon.ts';
import { until } from '../until.ts';

const prompts = (text: string) => text.split('\n').filter((line) => line.startsWith('host$')).length;

export class HostShell {
  private constructor(readonly screen: Screen) {}

  static async open(daemon: Daemon): Promise<HostShell> {
    const screen = new Screen(daemon.env, 160);
    // A program, not a shell function, because timeout(1) runs it too.
    const bin = join(daemon.root, 'bin');
    mkdirSync(bin, { recursive: true });
    if (!existsSync(join(bin, 'drydock'))) symlinkSync(drydock, join(bin, 'drydock'));
    screen.command(`PATH=${bin}:$PATH; PS1='host$ '; clear`);
    await screen.see(/^host\$ *$/m).catch((error: Error) => {
      screen.close();
      throw error;
    });
    return new HostShell(screen);
  }

  /** Types a line and waits for the next prompt. A command that runs until it is interrupted keeps running. */
  async line(text: string): Promise<void> {
    const before = prompts(this.screen.text());
    this.screen.command(text);
    await until('the prompt is back', () => prompts(this.screen.text()) > before, 8).catch(() => undefined);
  }

  text = (): string => this.screen.text();
  close = (): void => this.screen.close();
}
