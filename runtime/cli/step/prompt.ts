/** The question at each stop of a stepped run. */
import type { GateEvent } from '../../journal/event.ts';
import type { GateCommand } from '../../engine/engine.ts';
import { visible } from '../../journal/visible.ts';
import type { InspectionSection } from '../../journal/inspection-section.ts';
import { drydockPath, type Client } from '../client/client.ts';
import { messageOf } from '../failure/failure.ts';
import { evidenceText, views } from '../terminal/inspection-section.ts';
import type { Keyboard } from './keyboard.ts';
import type { View } from './view.ts';

const HELP = `
    n  next      do this step, stop before the next one
    i  into      stop before every system call of this step
    c  continue  go on to the next breakpoint, or to the end
    b  break     set a breakpoint: a step, a phase or a system call
    s  show      what the kernel says of the container now
    e  explain   why this step is there, in full
    a  abort     give up and undo everything (Ctrl-C does the same)
    Enter        before a step: next; before a system call: into
`;
const LONG = 'n next · i into · c continue · b break · s show · e explain · a abort · ? help';
const SHORT = 'n i c b s e a ?';

/** The meaning of keys. A command for the gate ends the prompt; after any other key the prompt is shown again. */
const orders: Record<string, 'next' | 'into' | 'continue' | 'abort'> = {
  n: 'next',
  i: 'into',
  c: 'continue',
  a: 'abort',
  '\u0003': 'abort',
  '\u001c': 'abort',
  '\u0004': 'abort',
  q: 'abort',
};
type Other = (prompt: Prompt, step: string, signal: AbortSignal) => Promise<void>;
const others: Record<string, Other> = {
  '?': async ({ view }) => view.print(HELP),
  h: async ({ view }) => view.print(HELP),
  e: async ({ view }, step) => view.explain(step),
  s: (prompt, step, signal) => prompt.show(step, signal),
  b: (prompt, _, signal) => prompt.breakpoint(signal),
};
const words: Record<string, string> = { '?': 'help', h: 'help', e: 'explain', s: 'show', b: 'break' };

export class Prompt {
  #asked = 0;
  constructor(
    readonly client: Client,
    readonly id: string,
    readonly view: View,
    readonly keyboard: Keyboard,
  ) {}

  /**
   * Asks until the run moves on. Returns the command that was sent, or undefined when another client moved it
   * (`signal`).
   */
  async ask({ step = '', next }: GateEvent, signal: AbortSignal): Promise<string | undefined> {
    this.keyboard.toPrompt();
    for (;;) {
      this.view.out.write(this.view.ink.dim(`  ${this.#asked++ ? SHORT : LONG} `) + '› ');
      const key = await this.keyboard.key(signal);
      if (key === undefined) {
        this.view.print('(moved on from elsewhere)');
        return undefined;
      }
      const order = /^[\r\n ]$/.test(key) ? (next ? 'into' : 'next') : orders[key.toLowerCase()];
      this.view.print(order ?? words[key.toLowerCase()] ?? '');
      if (order) {
        if (await this.#send({ command: order })) return order;
      } else await (others[key.toLowerCase()] ?? others['?']!)(this, step, signal);
    }
  }

  abort = (): Promise<boolean> => this.#send({ command: 'abort' });

  /** Sends a command. Prints the daemon's reason and returns false when it is refused. */
  async #send(command: GateCommand): Promise<boolean> {
    try {
      await this.client.post(drydockPath(this.id, '/gate'), {}, command);
      return true;
    } catch (error) {
      this.view.print(`    ${this.view.ink.bad(visible(messageOf(error)))}`);
      return false;
    }
  }

  /**
   * Shows what the kernel reports now, for a view that the user chooses. `s` again or Enter shows what this step
   * inspects.
   */
  async show(step: string, signal: AbortSignal): Promise<void> {
    this.view.out.write(`    show: ${views.map(({ key, name }) => `${key} ${name}`).join(' · ')} · s this step › `);
    const key = (await this.keyboard.key(signal))?.toLowerCase();
    const chosen = views.find((one) => one.key === key);
    const own = key === 's' || key === '\r' || key === '\n';
    this.view.print(chosen?.name ?? (own ? 'this step' : ''));
    if (!chosen && !own) return;
    try {
      const all = await this.client.get<InspectionSection[]>(drydockPath(this.id, '/inspect'), {
        live: 1,
        ...(own && { step }),
      });
      const wanted = own ? all : all.filter(({ title }) => chosen!.titles.test(title));
      const text = wanted.length
        ? evidenceText(wanted)
        : own
          ? '(this step has nothing of its own to show)'
          : '(nothing yet)';
      this.view.print(`\n${text.replace(/^(?=.)/gm, '    ')}\n`);
    } catch (error) {
      this.view.print(`    ${this.view.ink.bad(visible(messageOf(error)))}`);
    }
  }

  async breakpoint(signal: AbortSignal): Promise<void> {
    this.view.out.write('    break before (step, phase or system call): ');
    const at = await this.keyboard.line(signal, (text) => this.view.out.write(text));
    this.view.print();
    if (!at) return;
    try {
      if (await this.#send({ command: 'break', at: this.view.lifecycle.breakpoint(at) }))
        this.view.print(`    breakpoint before ${at}`);
    } catch (error) {
      this.view.print(`    ${this.view.ink.bad(visible(messageOf(error)))}`);
    }
  }
}
