/**
 * A lesson in the terminal: it prints the text and stops at each task. The learner works in the lesson's shell, or
 * anywhere else on the machine.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { LessonContent } from '../../../lessons/engine/lessons.ts';
import type { LessonState, TaskState } from '../../../lessons/engine/state.ts';
import { valuesOf } from '../../template/fill-in.ts';
import type { Block, Inline } from '../../../lessons/format.ts';
import { visible } from '../../journal/visible.ts';
import { drydockPath, type Client } from '../client/client.ts';
import { messageOf } from '../failure/failure.ts';
import { session } from '../client/session.ts';
import type { Keyboard } from '../step/keyboard.ts';
import type { Ink } from '../step/paint.ts';
import { LessonText, predictionsIn, questionsIn } from './text.ts';
import type { TerminalWords } from './words.ts';

const orders: Record<string, 'next' | 'into' | 'continue'> = { n: 'next', i: 'into', c: 'continue' };
const STARTING_MS = 1500;
/** Thrown to leave the lesson from any depth. */
class Left extends Error {}

export interface TakeOptions {
  client: Client;
  keyboard: Keyboard;
  ink: Ink;
  words: TerminalWords;
  content: LessonContent;
  learner: string;
  again: boolean;
}

export class Take {
  readonly #path: string;
  readonly #text: LessonText;
  readonly #ended = new AbortController();
  #state!: LessonState;
  #attached = false;
  /** called at each new state of the lesson */
  #changed: () => void = () => undefined;

  constructor(private readonly o: TakeOptions) {
    this.#path = `/drydock/lessons/${encodeURIComponent(o.content.id)}`;
    this.#text = new LessonText(o.words, o.ink, Math.min(process.stdout.columns || 80, 96) - 2, o.content.here, () =>
      valuesOf(this.#state),
    );
  }

  #print = (text = ''): void => void process.stdout.write(`${this.o.ink.shown(text).replace(/\n/g, '\r\n')}\r\n`);
  #post = <T>(rest: string, body?: object): Promise<T> =>
    this.o.client.post<T>(
      `${this.#path}${rest}`,
      { learner: this.o.learner, ...(rest === '/open' && this.o.again && { again: 1 }) },
      body,
    );

  async run(): Promise<void> {
    const { keyboard, content, words, ink } = this.o;
    this.#state = await this.#post<LessonState>('/open');
    keyboard.onInterrupt = () => this.#ended.abort();
    keyboard.toPrompt();
    void this.#follow().catch(() => this.#ended.abort());
    try {
      this.#print(`\n${ink.bold(content.title)}\n`);
      for (const block of content.body) await this.#block(block);
      await this.#quiz();
      if (this.#state.finished) this.#print(`${ink.good('✓')} ${words.finished}`);
    } catch (error) {
      if (!(error instanceof Left)) throw error;
    } finally {
      this.#ended.abort();
      const left = await this.#post('/leave').then(
        () => true,
        () => false,
      );
      this.#print(ink.dim(left ? words.left : words.gone));
      keyboard.close();
    }
  }

  async #follow(): Promise<void> {
    for await (const state of this.o.client.lines<LessonState>('GET', `${this.#path}/follow`, {
      query: { learner: this.o.learner },
      signal: this.#ended.signal,
    })) {
      const before = this.#state;
      this.#state = state;
      for (const j of state.guesses.keys()) if (before.guesses[j]?.answer === undefined) this.#verdict(j);
      for (const [j, task] of state.tasks.entries()) this.#tell(j, task, before.tasks[j]);
      this.#changed();
    }
  }
  /** Prints finished tasks and new hints as lines, also while the learner is in the shell. */
  #tell(j: number, task: TaskState, before: TaskState | undefined): void {
    const { ink, words, content } = this.o;
    // over the question that is on the current line
    const lead = this.#attached ? '\r\n' : '\r\u001b[K';
    const say = (text: string) => (process.stdout.write(lead), this.#print(`  ${text}`));
    if (task.state === 'done' && before?.state !== 'done')
      say(`${ink.good('✓')} ${words.task} ${j + 1}: ${words.done}${this.#attached ? ink.dim(` (${words.back})`) : ''}`);
    for (const n of task.hints.filter((hint) => !before?.hints.includes(hint)))
      say(`${ink.mark('→')} ${this.#text.inline(content.hints[task.id]?.[n] ?? [])}`);
  }

  #task = (id: string): TaskState => this.#state.tasks.find((task) => task.id === id)!;

  async #block(block: Block): Promise<void> {
    if (block.kind !== 'task') {
      const text = this.#text.block(block);
      if (text) this.#print(`${text}\n`);
      for (const j of predictionsIn(block)) await this.#prediction(j);
      for (const j of questionsIn(block)) await this.#question(j);
      return;
    }
    const { words, ink } = this.o;
    const number = this.#state.tasks.findIndex(({ id }) => id === block.id) + 1;
    const { state } = this.#task(block.id);
    this.#print(
      `${state === 'done' ? ink.good('✓') : '○'} ${ink.bold(`${words.task} ${number}`)} ${ink.dim(words.states[state])}\n${this.#text.block(block)}\n`,
    );
    await this.#turn(
      () => ['done', 'was'].includes(this.#task(block.id).state),
      words.keys,
      (key) => this.#key(key, block.id),
    );
    this.#print();
  }

  /** Reads keys until `holds` is true or the learner skips. `act` returns true to skip. */
  async #turn(holds: () => boolean, keys: string, act: (key: string) => Promise<boolean>): Promise<void> {
    while (!holds()) {
      if (this.#ended.signal.aborted) throw new Left();
      const waiting = new AbortController();
      this.#changed = () => holds() && waiting.abort();
      const stop = () => waiting.abort();
      this.#ended.signal.addEventListener('abort', stop, { once: true });
      process.stdout.write(`  ${this.o.ink.dim(keys)} › `);
      const key = await this.o.keyboard.key(waiting.signal);
      this.#ended.signal.removeEventListener('abort', stop);
      this.#changed = () => undefined;
      this.#print(key === undefined || key < ' ' ? '' : key);
      if (key === undefined) continue;
      if (key === 'q' || key === '\u0003' || key === '\u0004') throw new Left();
      if (key === 'r') return;
      if (await act(key)) return;
    }
  }

  async #key(key: string, task: string): Promise<boolean> {
    const { client, words } = this.o;
    try {
      const order = orders[key.toLowerCase()];
      if (order) await client.post(drydockPath(this.#state.machine?.id ?? '', '/gate'), {}, { command: order });
      else if (key === 's' || key === '\r') await this.#shell();
      else if (key === '?' || key === 'h') {
        if (!this.#task(task).more) this.#print(`  ${words.noHint}`);
        else await this.#post('/hint', { task });
      }
    } catch (error) {
      this.#print(`  ${visible(messageOf(error))}`);
    }
    return false;
  }

  /** Attaches the terminal to the container until it ends or the detach keys are typed. */
  async #shell(): Promise<void> {
    const { client, keyboard, words, ink } = this.o;
    // the container may be starting
    for (
      const end = Date.now() + STARTING_MS;
      !['running', 'exited'].includes(this.#state.machine?.status ?? 'exited') && Date.now() < end;
    )
      await sleep(50);
    const { machine } = this.#state;
    if (machine?.status !== 'running') return this.#print(`  ${words.notRunning}`);
    this.#print(ink.dim(`  ${words.back}`));
    this.#attached = true;
    keyboard.toContainer({ raw: true, typedAhead: false });
    try {
      await session({
        client,
        id: machine.id,
        tty: true,
        stdin: keyboard.forContainer,
        stdout: true,
        stderr: true,
        condition: 'not-running',
        trouble: 1,
        terminal: 'kept',
      });
    } finally {
      keyboard.forContainer.removeAllListeners('data');
      this.#attached = false;
      keyboard.toPrompt();
    }
  }

  /** Asks the questions that the text has not asked. */
  async #quiz(): Promise<void> {
    const { body, quiz } = this.o.content;
    const asked = new Set(body.flatMap(questionsIn));
    for (const j of quiz.keys()) if (!asked.has(j)) await this.#question(j);
  }

  #options = (options: readonly Inline[][]): string =>
    options.map((option, n) => `  ${n + 1}  ${this.#text.inline(option)}`).join('\n');

  /** Asks for a guess. The verdict is printed when the result is known, which may be after a task. */
  async #prediction(j: number): Promise<void> {
    const { content, words, ink } = this.o;
    const { options } = content.predictions[j]!;
    this.#print(`${ink.bold(words.guess)}\n${this.#options(options)}\n`);
    await this.#turn(
      () => this.#state.guesses[j]?.chosen !== undefined,
      words.guessKeys,
      async (key) => {
        const chosen = Number(key) - 1;
        if (!(chosen >= 0 && chosen < options.length)) return false;
        this.#state = await this.#post<LessonState>('/guess', { prediction: j, chosen });
        if (!this.#verdict(j)) this.#print(`  ${words.kept}`);
        return false;
      },
    );
    this.#print();
  }
  /** Prints whether a guess was right, once the daemon tells the answer. Returns false before. */
  #verdict(j: number): boolean {
    const { chosen, answer } = this.#state.guesses[j] ?? {};
    const told = this.o.content.predictions[j];
    if (chosen === undefined || answer === undefined || !told) return false;
    const { ink, words } = this.o;
    const mark = chosen === answer ? `${ink.good('✓')} ${words.right}` : `${ink.bad('✗')} ${words.wrong}`;
    const why = chosen === answer ? [answer] : [chosen, answer];
    this.#print(`  ${mark} ${why.map((n) => this.#text.inline(told.reasons[n] ?? [])).join(' ')}`);
    return true;
  }

  async #question(j: number): Promise<void> {
    const { content, words, ink } = this.o;
    const { ask, options, reasons, because } = content.quiz[j]!;
    this.#print(`${ink.bold(`${words.question} ${j + 1}`)}  ${this.#text.inline(ask)}\n${this.#options(options)}\n`);
    await this.#turn(
      () => this.#state.quiz[j]?.right === true,
      words.answer,
      async (key) => {
        const chosen = Number(key) - 1;
        if (!(chosen >= 0 && chosen < options.length)) return false;
        this.#state = await this.#post<LessonState>('/answer', { question: j, chosen });
        this.#print(
          this.#state.quiz[j]?.right
            ? `  ${ink.good('✓')} ${words.right}`
            : `  ${ink.bad('✗')} ${words.wrong} ${this.#text.inline(reasons[chosen] ?? [])}`,
        );
        return false;
      },
    );
    if (this.#state.quiz[j]?.right) this.#print(`${this.#text.block({ kind: 'task', id: '', content: because })}\n`);
  }
}
