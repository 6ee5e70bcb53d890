/** Turns the journal into indented text: phases, their steps, and what each step did. */
import type { Event, StepEvent } from '../../journal/event.ts';
import { duration, factLine, facts, line } from '../../journal/line.ts';
import { visible } from '../../journal/visible.ts';
import type { Lifecycle } from '../client/lifecycle.ts';
import type { Ink } from './paint.ts';

const ends = { done: 'done', failed: 'failed' };

const marks: Record<string, string> = {
  unwinding: 'Undo',
  unwound: 'Everything is undone',
  left: 'Not everything could be undone',
};
/** The states that get a line. Headings show the others. */
const statesShown = new Set(['running', 'paused', 'exited', 'failed', 'removed']);

export class Transcript {
  #phase = '';
  /** The heading of an undo, held back until the undo does something, because most have nothing to undo. */
  #undo: string | undefined;
  /** steps whose undo failed last */
  readonly #left = new Set<string>();
  #run: Event['run'] | undefined;
  /** steps that have begun and not ended; stages of a build have several at once */
  readonly #open = new Set<string>();
  /** the step whose heading is the last one */
  #shown = '';

  constructor(
    readonly lifecycle: Lifecycle,
    readonly ink: Ink,
  ) {}

  lines(event: Event): string[] {
    const lines: string[] = [];
    if (this.#run !== event.run) {
      const first = this.#run === undefined && (event.run === 0 || event.run === 1);
      if (!first)
        lines.push(
          this.ink.bold(
            `${this.#run === undefined ? '' : '\n'}── ${typeof event.run === 'number' ? `run ${event.run}` : event.run} ──`,
          ),
        );
      this.#run = event.run;
      this.#phase = '';
    }
    lines.push(...this.#goesOn(event), ...this.#text(event));
    return lines;
  }

  /** A heading for the step of this event, when those of another one stand above. */
  #goesOn(event: Event): string[] {
    const { step } = event;
    if (step === undefined || step === this.#shown || !this.#open.has(step) || event.type === 'gate') return [];
    this.#shown = step;
    return [`  ${this.ink.dim(`… ${this.lifecycle.step(step).title}  ${step}`)}`];
  }

  #text(event: Event): string[] {
    if (event.type === 'phase') return this.#heading(event.phase, event.at);
    if (event.type === 'step') return this.#step(event);
    if (event.type === 'gate' || (event.type === 'state' && !statesShown.has(event.to))) return [];
    const undo = this.#undo === undefined || event.type === 'state' ? [] : [this.#undo];
    this.#undo = undefined;
    const body = line(event).split('\n');
    const failed = event.type === 'call' && event.errno;
    const quiet = event.type === 'fact' || event.type === 'progress';
    return [
      ...undo,
      ...body.map((text) => `    ${failed ? this.ink.bad(text) : quiet ? this.ink.dim(text) : text}`),
      ...(event.type === 'fact' ? [] : facts(event).map((fact) => `    ${this.ink.dim(`now    ${factLine(fact)}`)}`)),
    ];
  }

  #heading(id: string, at: string): string[] {
    const phase = this.lifecycle.phases.find((one) => one.id === id);
    if (at === 'enter') {
      const first = this.#phase === '';
      this.#phase = id;
      return [`${first ? '' : '\n'}${this.ink.bold(phase?.title ?? id)}`];
    }
    if (at === 'unwinding') this.#left.clear();
    const mark = marks[at === 'unwound' && this.#left.size ? 'left' : at];
    return mark ? [`\n${this.ink.bold(mark)}`] : [];
  }

  #step(event: StepEvent): string[] {
    const id = event.step ?? '?';
    const { title } = this.lifecycle.step(id);
    if (event.at === 'start') {
      this.#open.add(id);
      this.#shown = id;
    } else this.#open.delete(id);
    if (event.at === 'start') return [`  ${this.ink.mark(title)}  ${this.ink.dim(id)}`];
    if (event.at === 'failed') this.#left.add(id);
    if (event.at === 'undone') this.#left.delete(id);
    if (event.at === 'undo') this.#undo = `  ${this.ink.mark(`undo: ${title}`)}  ${this.ink.dim(id)}`;
    if (event.at === 'undo' || event.at === 'undone' || event.at === 'skipped') return [];
    const text = `${ends[event.at]}${event.ns === undefined ? '' : ` <${duration(event.ns)}>`}${event.error ? `: ${visible(event.error)}` : ''}`;
    return [`    ${event.at === 'failed' ? this.ink.bad(text) : this.ink.good(text)}`];
  }
}
