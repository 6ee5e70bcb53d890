/**
 * The learner's other terminal: a shell of the host, in which `drydock` and `docker` speak to the daemon of the test.
 */
import { existsSync, mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { Screen } from '../cli/screen.ts';
import { drydock, type Daemon } from '../e2e/daemon.ts';
import { until } from '../e2e/ran.ts';

const prompts = (text: string) => text.split('\n').filter((line) => line.startsWith('host$')).length;

export class HostShell {
  private constructor(readonly screen: Screen) {}

  static async open(daemon: Daemon): Promise<HostShell> {
    const screen = new Screen(daemon.env, 160);
    // a program, not a function: timeout(1) runs it too
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

  /** Types a line and waits for the next prompt; what goes on until it is interrupted is left to go on. */
  async line(text: string): Promise<void> {
    const before = prompts(this.screen.text());
    this.screen.command(text);
    await until('the prompt is back', () => prompts(this.screen.text()) > before, 8).catch(() => undefined);
  }

  text = (): string => this.screen.text();
  close = (): void => this.screen.close();
}
