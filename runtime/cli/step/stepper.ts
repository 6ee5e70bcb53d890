/** `run --step` and `run --break`: follows the run's journal and asks the user wherever the gate holds it. */
import { openSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { WriteStream } from 'node:tty';
import type { Event, GateEvent } from '../../journal/event.ts';
import { drydockPath, type Client } from '../client/client.ts';
import { Failure } from '../failure/failure.ts';
import { Lifecycle } from '../client/lifecycle.ts';
import { session, type SessionOptions } from '../client/session.ts';
import { Keyboard } from './keyboard.ts';
import { paint } from './paint.ts';
import { Prompt } from './prompt.ts';
import { View } from './view.ts';

/** How long to wait for the journal's last events after the exit code is known, in milliseconds. */
const LAST_EVENTS_MS = 2000;
/**
 * How long to wait for the end of the output before the exit steps are shown. A child may hold the output open after
 * the process has ended.
 */
const OUTPUT_MS = 500;
const over = { removed: ['failed', 'removed'], kept: ['exited', 'failed', 'removed'] };

export class Stepper {
  readonly #ended = new AbortController();
  #prompting: AbortController | undefined;
  #mode: 'next' | 'into' | 'continue';
  #running = false;
  #interrupted = false;
  #outputOver: Promise<void> = Promise.resolve();

  private constructor(
    readonly client: Client,
    readonly keyboard: Keyboard | undefined,
    readonly view: View,
    readonly step: boolean,
    readonly breakpoints: string[],
  ) {
    this.#mode = step ? 'next' : 'continue';
  }

  /** Checks the breakpoints before anything is made. */
  static async open(client: Client, options: { step?: boolean; break?: string[]; detach?: boolean }): Promise<Stepper> {
    const lifecycle = await Lifecycle.fetch(client);
    const breakpoints = (options.break ?? []).map((at) => lifecycle.breakpoint(at));
    const keyboard = options.detach ? undefined : Keyboard.open();
    if (options.step && !keyboard)
      throw new Failure(
        '--step asks its questions on a terminal and there is none; use --break, and `drydock gate` from elsewhere',
        125,
      );
    const out = screen(keyboard !== undefined);
    return new Stepper(client, keyboard, new View(out, paint(out), lifecycle), options.step ?? false, breakpoints);
  }

  /** Starts the run. With `-d --break` the CLI does not follow it, and `drydock gate` moves it on. */
  start = (id: string): Promise<void> =>
    this.client.post(drydockPath(id, '/start'), { step: this.step, break: this.breakpoints });

  /** `plan.start` must call `start` of this Stepper. */
  async run(plan: SessionOptions & { start(): Promise<void> }): Promise<number> {
    const { keyboard } = this;
    const typed = plan.stdin !== undefined && keyboard?.isStdin;
    let outputOver = () => undefined as void;
    this.#outputOver = new Promise((resolve) => (outputOver = resolve));
    const watching = this.#watch(plan);
    watching.catch(() => undefined);
    try {
      const code = await session({
        ...plan,
        ...(typed && { stdin: keyboard.forContainer }),
        terminal: 'kept',
        onOutputEnd: outputOver,
        start: async () => Promise.race([plan.start(), watching.then(() => new Promise<never>(() => undefined))]),
      });
      await this.#lastEvents(watching);
      return code;
    } catch (error) {
      // show what was undone before the error message
      await this.#lastEvents(watching.catch(() => undefined));
      // with --rm a removal follows; let it pass its stops, because no client would move it on
      await this.client.post(drydockPath(plan.id, '/gate'), {}, { command: 'continue' }).catch(() => undefined);
      throw error;
    } finally {
      this.#ended.abort();
      this.#prompting?.abort();
      keyboard?.close();
    }
  }

  /**
   * Waits for the journal's last events. The removal can be stepped as well, so the wait lasts while a question is
   * open.
   */
  async #lastEvents(watching: Promise<void>): Promise<void> {
    let over = false;
    const done = watching.finally(() => (over = true));
    do await Promise.race([done, sleep(LAST_EVENTS_MS)]);
    while (!over && this.#prompting);
  }

  /** Follows the journal until the run is over. */
  async #watch(plan: SessionOptions): Promise<void> {
    const prompt = this.keyboard && new Prompt(this.client, plan.id, this.view, this.keyboard);
    if (this.keyboard) this.keyboard.onInterrupt = () => this.#interrupt();
    this.keyboard?.toPrompt();
    for await (const event of this.client.lines<Event>('GET', drydockPath(plan.id, '/journal'), {
      query: { follow: 1 },
      signal: this.#ended.signal,
    })) {
      if (event.type === 'gate') await this.#gate(event, plan, prompt);
      else this.#show(event, plan);
      if (event.type === 'state' && over[plan.condition === 'removed' ? 'removed' : 'kept'].includes(event.to)) return;
    }
  }

  #show(event: Event, plan: SessionOptions): void {
    if (event.type === 'state') return this.#state(event.to, plan);
    if (this.#running) return;
    // while the run is held, calls come from an inspection and not from the step
    if (event.type === 'call' && this.#prompting) return;
    if (event.type === 'call' && this.view.open) this.view.result(event);
    else if (event.type === 'call') this.view.note(event);
    else if (event.type === 'step') this.view.step(event, this.#mode !== 'continue');
    else if (this.#mode !== 'continue' || event.type === 'progress') this.view.other(event);
  }

  /** Hands the terminal to the container while its process runs. */
  #state(to: string, plan: SessionOptions): void {
    this.#running = to === 'running';
    if (!this.#running || !this.keyboard) return;
    this.view.print(
      this.view.ink.dim(this.#mode === 'continue' ? '' : '\n── the process runs; the terminal is its own ──\n'),
    );
    if (this.keyboard.isStdin && plan.stdin)
      this.keyboard.toContainer({ raw: plan.tty, typedAhead: this.#mode === 'continue' });
    else this.keyboard.release();
  }

  /** Ctrl-C in the middle of a step. A step is done or undone as a whole, so the abort waits for the next stop. */
  #interrupt(): void {
    if (this.#interrupted) {
      this.keyboard?.close();
      process.exit(130);
    }
    this.#interrupted = true;
    this.view.print('\n  will be aborted at the next stop; Ctrl-C again leaves it to itself');
  }

  async #gate(event: GateEvent, plan: SessionOptions, prompt: Prompt | undefined): Promise<void> {
    this.#prompting?.abort();
    this.#prompting = undefined;
    if (event.at !== 'paused') return;
    // print the exit steps after the last output
    if (this.view.lifecycle.phaseOf(event.step ?? '')?.id === 'exit')
      await Promise.race([this.#outputOver, sleep(OUTPUT_MS, undefined, { ref: false })]);
    this.#running = false;
    // before anything is printed, because the container's terminal mode does not turn "\n" into "\r\n"
    this.keyboard?.toPrompt();
    if (event.next) this.view.standsBefore(event);
    else this.view.standsAt(event.step ?? '');
    if (this.#interrupted && prompt) return void (await prompt.abort());
    if (!prompt) return this.view.print(`  paused; move on with: drydock gate ${plan.id.slice(0, 12)} next`);
    const prompting = new AbortController();
    this.#prompting = prompting;
    void prompt.ask(event, prompting.signal).then((order) => {
      if (order === 'next' || order === 'into' || order === 'continue') this.#mode = order;
    });
  }
}

/**
 * The stream for the step view: stderr, or else the terminal. It is never a redirected stdout, which is for the
 * container's output alone.
 */
export function screen(terminal: boolean): NodeJS.WriteStream {
  if (process.stderr.isTTY || !terminal) return process.stderr;
  return new WriteStream(openSync('/dev/tty', 'w'));
}
