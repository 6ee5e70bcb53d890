/** The gate of a run: before every step, and before every call within a step, the run waits here for permission. */
import type { NewEvent } from '../journal/event.ts';
import { meaningsOf } from '../journal/former-ids.ts';
import { stepOf } from '../journal/step-id.ts';
import { errnoNumber, Injected } from '../kernel/errors.ts';
import { shownArgs, type Call } from '../syscalls/calls.ts';
import type { Step } from './step.ts';
import type { GateCommand, GateOptions } from './gate-command.ts';
import { badParameter, conflict } from '../errors/api-error.ts';

/** The user sent `abort`: the run fails here and is undone. */
export class Aborted extends Error {
  readonly atGate = true;
  constructor(
    readonly step: string,
    where: 'before' | 'in' = 'before',
  ) {
    super(where === 'in' ? `aborted in ${step}` : `aborted before ${step}`);
    this.name = 'Aborted';
  }
}

/** soon: hold at the next step or call */
type Mode = 'run' | 'step' | 'into' | 'soon';
type Next = Extract<NewEvent, { type: 'gate' }>['next'];
/** The name of a registry request in breakpoints; such a request is held like a system call. */
export const REQUEST = 'http';

/** Where one run is. Lanes that run side by side share a gate, and each has its own position. */
export class Position {
  step = '';
  /**
   * the current step's names in breakpoints: 'create.cgroup', and during its undo 'undo:create.cgroup'; of an instance
   * also that of its step, because a breakpoint without @ means all instances
   */
  places: readonly string[] = [];
  /** number of calls since that step, or its undo, began */
  calls = 0;
  /** the total time, in nanoseconds, that the gate has held this run */
  heldNs = 0;

  enter(step: string, place: string): void {
    this.step = step;
    this.places = [...new Set([place, stepOf(place)])];
    this.calls = 0;
  }
}

interface Held {
  resolve(): void;
  reject(error: Error): void;
  mayAbort: boolean;
  isCall: boolean;
  step: string;
}

export class Gate {
  #mode: Mode = 'run';
  readonly #breakpoints = new Set<string>();
  readonly #main = new Position();
  #phase = '';
  #held: Held | undefined;
  /** the step that was begun or held last */
  #last = '';
  /** set while an abort is not possible: during a rollback, an exit or a removal */
  oneWay = false;
  /** Downloads run in parallel, but only one call is held at a time, so the others queue here. */
  #behind: (() => void)[] = [];
  /** Called on an abort, because work beside the held call must end too. */
  onAbort: (why: Aborted) => void = () => undefined;

  constructor(private readonly tell: (event: NewEvent) => void) {}

  arm(options: GateOptions): void {
    this.#mode = options.mode;
    this.#breakpoints.clear();
    this.#phase = '';
    for (const at of options.breakpoints.flatMap(meaningsOf)) this.#breakpoints.add(at);
  }

  get paused(): boolean {
    return this.#held !== undefined;
  }

  /** the step that is held, or that was begun last */
  get step(): string {
    return this.#held?.step ?? this.#last;
  }

  beforeStep(step: Step<never>, at = this.#main): Promise<void> | undefined {
    this.#enter(at, step.id, step.id);
    if (this.#mode === 'into') this.#mode = 'step';
    const phase = step.id.slice(0, step.id.indexOf('.'));
    const entered = phase !== this.#phase;
    this.#phase = phase;
    const stops = () =>
      this.#mode === 'step' || this.#mode === 'soon' || at.places.some((place) => this.#breakpoints.has(place));
    const stop = stops() || (entered && this.#breakpoints.has(phase));
    return stop ? this.#hold(at, undefined, stops) : undefined;
  }

  /** An undo itself is not held, but its calls may be. */
  beforeUndo(step: Step<never>, at = this.#main): void {
    this.#enter(at, step.id, `undo:${step.id}`);
  }

  #enter(at: Position, step: string, place: string): void {
    at.enter(step, place);
    this.#last = step;
  }

  #wants(name: Call['name'] | typeof REQUEST): boolean {
    return (
      this.#mode === 'into' || this.#mode === 'soon' || (this.#breakpoints.size > 0 && this.#breakpoints.has(name))
    );
  }

  /** Whether a call of this name in the current step may have to be held. */
  holds(name: Call['name'], at = this.#main): boolean {
    return (
      this.#wants(name) ||
      (this.#breakpoints.size > 0 &&
        [...this.#breakpoints].some((one) => at.places.some((place) => one.startsWith(`${place}#`))))
    );
  }

  beforeCall(call: Call, at = this.#main): Promise<void> | undefined {
    const count = ++at.calls;
    if (!this.#stopsAt(call.name, at, count)) return undefined;
    const args = shownArgs(call).map((a) =>
      Buffer.isBuffer(a) ? { hex: a.subarray(0, 64).toString('hex'), length: a.length } : a,
    );
    return this.#hold(at, { name: call.name, actor: call.actor, args }, () => this.#stopsAt(call.name, at, count));
  }

  /** A registry request counts as a call of its step and is held like one. */
  beforeRequest(method: string, url: string, at = this.#main): Promise<void> | undefined {
    const count = ++at.calls;
    if (!this.#stopsAt(REQUEST, at, count)) return undefined;
    const next: Next = { name: REQUEST, actor: 'daemon', args: [method, url] };
    return this.#hold(at, next, () => this.#stopsAt(REQUEST, at, count));
  }

  #stopsAt(name: Call['name'] | typeof REQUEST, { places }: Position, count: number): boolean {
    return (
      this.#wants(name) ||
      (this.#breakpoints.size > 0 && places.some((place) => this.#breakpoints.has(`${place}#${count}`)))
    );
  }

  /** `wanted` is checked again after waiting for another one, because its command may let all others pass. */
  async #hold(at: Position, next: Next, wanted: () => boolean): Promise<void> {
    const since = process.hrtime.bigint();
    try {
      while (this.#held) {
        await new Promise<void>((resolve) => this.#behind.push(resolve));
        if (!wanted()) return;
      }
      await this.#stand(at, next);
    } finally {
      at.heldNs += Number(process.hrtime.bigint() - since);
    }
  }

  #stand({ step }: Position, next: Next): Promise<void> {
    this.tell({ type: 'gate', at: 'paused', step, ...(next && { next }) });
    return new Promise<void>((resolve, reject) => {
      this.#held = { resolve, reject, mayAbort: !this.oneWay, isCall: next !== undefined, step };
    }).finally(() => {
      this.#held = undefined;
      for (const resolve of this.#behind.splice(0)) resolve();
    });
  }

  /** Throws 409 when nothing is held and the command needs it. */
  command(command: GateCommand): void {
    if (command.command === 'break') return meaningsOf(command.at).forEach((at) => this.#breakpoints.add(at));
    if (command.command === 'clear') return meaningsOf(command.at).forEach((at) => this.#breakpoints.delete(at));
    if (command.command === 'pause') return this.#pause();
    if (!this.#held) throw conflict(`nothing is paused at the gate, so there is nothing to ${command.command}`);
    const held = this.#held;
    if (command.command === 'fail') return this.#fail(command.errno);
    if (command.command === 'abort' && held.mayAbort) {
      this.#mode = 'run';
      this.#breakpoints.clear();
      this.tell({ type: 'gate', at: 'aborted', step: held.step });
      return this.#giveUp(held);
    }
    this.#mode = ({ next: 'step', into: 'into', continue: 'run', abort: 'run' } as const)[command.command];
    this.tell({ type: 'gate', at: 'resumed', step: held.step });
    held.resolve();
  }

  #giveUp(held: Held): void {
    const aborted = new Aborted(held.step);
    held.reject(aborted);
    this.onAbort(aborted);
  }

  #pause(): void {
    if (this.#held) throw conflict(`the gate holds it already, before ${this.#held.step}`);
    this.#mode = 'soon';
  }

  /** The held call is not made, and its result is this errno. The run goes on, or fails and is undone. */
  #fail(name: string): void {
    const errno = errnoNumber(name);
    if (!errno) throw badParameter(`${JSON.stringify(name)} is no errno; give one like EIO, see errno(3)`);
    if (!this.#held?.isCall)
      throw conflict('nothing but a system call can be answered with an errno: go into the step first');
    this.#mode = 'run';
    this.tell({ type: 'gate', at: 'resumed', step: this.#held.step });
    this.#held.reject(new Injected(errno));
  }

  /** The breakpoints of one phase, for another gate that runs this phase. */
  breakpointsOf(phase: string): string[] {
    return [...this.#breakpoints].filter((at) => at === phase || at.replace(/^undo:/, '').startsWith(`${phase}.`));
  }

  /** Releases what is held, because the daemon ends or the container is to be killed. */
  release(): void {
    this.#mode = 'run';
    this.#breakpoints.clear();
    const held = this.#held;
    if (held?.mayAbort) this.#giveUp(held);
    else held?.resolve();
  }
}
