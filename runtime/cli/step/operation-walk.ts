/** `pull --step`, `save --break` …: follows the journal of an operation that has no process of its own. */
import type { Event, GateEvent } from '../../journal/event.ts';
import type { IncomingMessage } from 'node:http';
import { drydockPath, type Client, type Request } from '../client/client.ts';
import { Failure } from '../failure/failure.ts';
import { Lifecycle } from '../client/lifecycle.ts';
import { Keyboard } from './keyboard.ts';
import { paint } from './paint.ts';
import { Prompt } from './prompt.ts';
import { screen } from './stepper.ts';
import { View } from './view.ts';

export interface OperationAnswer {
  id: string;
  state: string;
  error: string;
  subject: { name: string; id?: string };
}
export interface WalkOptions {
  step?: boolean;
  break?: string[];
}

const ends = ['done', 'failed'];
type Mode = 'next' | 'into' | 'continue';

export class OperationWalk {
  readonly #over = new AbortController();
  #prompting: AbortController | undefined;
  #mode: Mode;
  #interrupted = false;

  private constructor(
    readonly client: Client,
    readonly keyboard: Keyboard | undefined,
    readonly view: View,
    readonly step: boolean,
    readonly breakpoints: string[],
  ) {
    this.#mode = step ? 'next' : 'continue';
  }

  /** Checks the breakpoints before the operation begins. */
  static async open(client: Client, options: WalkOptions): Promise<OperationWalk> {
    const lifecycle = await Lifecycle.fetch(client);
    const breakpoints = (options.break ?? []).map((at) => lifecycle.breakpoint(at));
    const keyboard = Keyboard.open();
    if (options.step && !keyboard)
      throw new Failure(
        '--step asks its questions on a terminal and there is none; use --break, and `drydock gate` from elsewhere',
        1,
      );
    const out = screen(keyboard !== undefined);
    return new OperationWalk(
      client,
      keyboard,
      new View(out, paint(out), lifecycle),
      options.step ?? false,
      breakpoints,
    );
  }

  /** Begins the operation and follows it to its end. Throws Failure with the daemon's message when it failed. */
  async go(body: object): Promise<OperationAnswer> {
    try {
      const { id } = await this.client.post<OperationAnswer>(
        '/drydock/operations',
        {},
        { ...body, step: this.step, break: this.breakpoints },
      );
      return await this.#follow(id);
    } finally {
      this.#end();
    }
  }

  /** The same for an operation whose request or answer is a stream. `take` gets the answer, and shows it. */
  async along(
    method: string,
    path: string,
    request: Request,
    take: (answer: IncomingMessage) => Promise<void>,
  ): Promise<void> {
    const query = { ...request.query, step: this.step, break: this.breakpoints };
    try {
      const answer = await this.client.open(method, path, { ...request, query });
      const id = answer.headers['drydock-operation'];
      if (typeof id !== 'string') throw new Failure('the daemon does not let this be walked', 1);
      // a failure of the answer is told better by the operation's record
      const taken = take(answer).catch((error: unknown) => error as Error);
      await this.#follow(id);
      const failed = await taken;
      if (failed) throw failed;
    } finally {
      this.#end();
    }
  }

  async #follow(id: string): Promise<OperationAnswer> {
    await this.#watch(id);
    const operation = await this.client.get<OperationAnswer>(`/drydock/operations/${id}`);
    if (operation.state === 'failed') throw new Failure(operation.error, 1);
    return operation;
  }

  #end(): void {
    this.#over.abort();
    this.#prompting?.abort();
    this.keyboard?.close();
  }

  async #watch(id: string): Promise<void> {
    const prompt = this.keyboard && new Prompt(this.client, id, this.view, this.keyboard);
    if (this.keyboard) this.keyboard.onInterrupt = () => this.#interrupt(id);
    this.keyboard?.toPrompt();
    for await (const event of this.client.lines<Event>('GET', drydockPath(id, '/journal'), {
      query: { follow: 1 },
      signal: this.#over.signal,
    })) {
      if (event.type === 'gate') await this.#gate(event, id, prompt);
      else this.#show(event);
      if (event.type === 'state' && ends.includes(event.to)) return;
    }
  }

  #show(event: Event): void {
    if (event.type === 'step') this.view.step(event, this.#mode !== 'continue');
    else if (event.type === 'call') this.view.note(event);
    else if (
      event.type !== 'state' &&
      (this.#mode !== 'continue' || event.type === 'progress' || event.type === 'note')
    )
      this.view.other(event);
  }

  /**
   * Sends `abort` at once, so that a request that waits for a registry is cut. A second Ctrl-C leaves the operation to
   * itself.
   */
  #interrupt(id: string): void {
    if (this.#interrupted) {
      this.keyboard?.close();
      process.exit(130);
    }
    this.#interrupted = true;
    this.view.print('\n  aborting; Ctrl-C again leaves it to itself');
    void this.client.post(drydockPath(id, '/gate'), {}, { command: 'abort' }).catch(() => undefined);
  }

  async #gate(event: GateEvent, id: string, prompt: Prompt | undefined): Promise<void> {
    this.#prompting?.abort();
    this.#prompting = undefined;
    if (event.at !== 'paused') return;
    if (event.next) this.view.standsBefore(event);
    else this.view.standsAt(event.step ?? '');
    if (!prompt) return this.view.print(`  paused; move on with: drydock gate ${id.slice(0, 12)} next`);
    if (this.#interrupted) return void (await prompt.abort());
    const prompting = new AbortController();
    this.#prompting = prompting;
    void prompt.ask(event, prompting.signal).then((order) => {
      if (order === 'next' || order === 'into' || order === 'continue') this.#mode = order;
    });
  }
}
