/** The output of a stepped run: each new phase, the step and its reason, what it did, and where the run is held. */
import type { CallEvent, Event, GateEvent, StepEvent } from '../../journal/event.ts';
import { callLine, duration, factLine, facts, line, resultLine } from '../../journal/line.ts';
import { visible } from '../../journal/visible.ts';
import { firstSentence, type Lifecycle } from '../client/lifecycle.ts';
import { Progress } from '../terminal/progress.ts';
import { markdownText } from './markdown.ts';
import type { Ink } from './paint.ts';

const CALLS_SHOWN = 6;

export class View {
  #phase = '';
  #step = '';
  #calls: CallEvent[] = [];
  #facts: string[] = [];
  readonly #done = new Set<string>();
  /** true after a call was shown and before its result is known */
  open = false;
  /** true when the step was held at calls: its duration then includes the waiting and is not shown */
  #stopped = false;
  readonly #progress: Progress;

  constructor(
    readonly out: NodeJS.WriteStream,
    readonly ink: Ink,
    readonly lifecycle: Lifecycle,
  ) {
    this.#progress = new Progress(out);
  }

  print(text = ''): void {
    this.out.write(`${this.ink.shown(text)}\n`);
  }

  get #width(): number {
    return Math.max(40, Math.min(this.out.columns || 80, 110));
  }

  #heading(step: string): void {
    const phase = this.lifecycle.phaseOf(step);
    if (!phase || phase.id === this.#phase) return;
    this.#phase = phase.id;
    const number = this.lifecycle.phases.indexOf(phase) + 1;
    this.print(`\n${this.ink.bold(`── ${number}. ${phase.title} `.padEnd(this.#width, '─'))}`);
  }

  /** The run is held before a step. */
  standsAt(step: string): void {
    this.#progress.finish();
    this.#heading(step);
    const { title, explain } = this.lifecycle.step(step);
    this.#step = step;
    this.print(`\n${this.ink.mark('▸')} ${this.ink.bold(title)}  ${this.ink.dim(step)}`);
    if (explain) this.print(markdownText(firstSentence(explain), this.#width - 2).replace(/^/gm, '  '));
  }

  /** The run is held before a system call of the step. */
  standsBefore({ step, next }: GateEvent): void {
    if (step && step !== this.#step) this.standsAt(step);
    this.open = next !== undefined;
    this.#stopped = true;
    if (next) this.print(`    ${this.ink.mark('→')} ${next.actor.padEnd(6)} ${callLine(next)}`);
  }

  /** Shows the result of the call that was shown before (`into`). */
  result(event: CallEvent): void {
    this.open = false;
    const text = `      ${' '.repeat(6)} ${resultLine(event)}`;
    this.print(event.errno ? this.ink.bad(text) : text);
    for (const fact of facts(event)) this.print(`      ${' '.repeat(6)} ${this.ink.dim(`now ${factLine(fact)}`)}`);
  }

  /** Collects a step's calls until the step is over. */
  note(event: CallEvent): void {
    this.#calls.push(event);
    this.#facts.push(...facts(event).map(factLine));
  }

  other(event: Event): void {
    if (event.type === 'progress') {
      const { id, status, current, total } = event;
      this.#progress.line({
        id,
        status,
        progressDetail: { ...(current !== undefined && { current }), ...(total !== undefined && { total }) },
      });
    } else if (event.type === 'fact') this.#facts.push(...event.facts.map(factLine));
    else if (event.type === 'note' || event.type === 'http') {
      this.#progress.finish();
      this.print(`    ${line(event)}`);
    }
  }

  step(event: StepEvent, stepwise: boolean): void {
    this.#progress.finish();
    if (event.at === 'start') {
      this.#calls = [];
      this.#facts = [];
      this.open = this.#stopped = false;
      this.#done.add(event.step ?? '');
    } else if (event.at === 'done') {
      if (stepwise) this.#summary(event);
    } else if (event.at === 'failed') this.#failed(event);
    // an undo runs for every step, also for steps that were never done
    else if (event.at === 'undone' && this.#done.delete(event.step ?? ''))
      this.print(
        `  ${this.ink.dim('↶')} undone: ${this.lifecycle.step(event.step ?? '').title}  ${this.ink.dim(event.step ?? '')}`,
      );
  }

  #failed({ step = '', error = '' }: StepEvent): void {
    this.open = false;
    // an aborted step has not failed, because it never began
    if (!error.startsWith('aborted before'))
      this.print(`  ${this.ink.bad(`✗ ${step} failed`)}${error && `: ${visible(error)}`}`);
  }

  #summary({ ns = 0 }: StepEvent): void {
    // the first calls are enough to see what the step does; `drydock trace` has all of them
    for (const call of this.#calls.slice(0, CALLS_SHOWN)) this.print(this.ink.dim(`    ${this.#cut(line(call))}`));
    if (this.#calls.length > CALLS_SHOWN)
      this.print(this.ink.dim(`    … and ${this.#calls.length - CALLS_SHOWN} more system calls`));
    for (const fact of this.#facts.slice(0, CALLS_SHOWN)) this.print(`    now ${this.#cut(fact)}`);
    this.print(`  ${this.ink.good('✓')} done${this.#stopped ? '' : ` in ${duration(ns)}`}`);
  }

  #cut(text: string): string {
    const room = this.#width - 5;
    return text.length > room ? `${text.slice(0, room - 1)}…` : text;
  }

  explain(step: string): void {
    const { title, explain } = this.lifecycle.step(step);
    this.print(`\n${markdownText(`**${title}**\n\n${explain}`, this.#width - 4).replace(/^(?=.)/gm, '    ')}\n`);
  }
}
