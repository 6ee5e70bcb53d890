/**
 * A client's request that is carried out in steps. It has an id, a journal on disk, a gate and a rollback.
 *
 *   begun → pulling → done
 *              └─ on failure → unwinding → failed
 *
 * The record says what it is and how it ended; the journal has its events. Both outlive the daemon.
 */
import type { Event } from '../journal/event.ts';
import { Journal } from '../journal/journal.ts';
import type { InspectionSection } from '../journal/inspection-section.ts';
import { newRun, quietKernel } from './create-run.ts';
import { startFailure, withRest, type StartFailure } from './failure.ts';
import { Aborted, Gate } from './gate.ts';
import { restOf } from './rollback.ts';
import { lanesOf, runPhase, unwind, type Run } from './run-phase.ts';
import { isOver, underWay, type OperationHandle, type OperationRecord, type OperationState } from './record.ts';
import type { Phase } from './step.ts';
import type { GateCommand, GateOptions } from './gate-command.ts';
import { conflict } from '../errors/api-error.ts';

/** The path of an operation's journal, and how its record is saved. */
export interface OperationFiles {
  journal: string;
  save(record: OperationRecord): void;
}
/** The phases of an operation, and the context of their steps. */
export interface Walk<C> {
  context: C;
  phases: readonly Phase<C>[];
  gate: GateOptions;
  /** Its steps cannot be taken back, so it cannot be aborted. */
  oneWay?: boolean;
  /** called after the last step, before the record changes to done */
  done?(): void;
}

export class Operation implements OperationHandle {
  readonly stays = true;
  #log: Journal | undefined;
  readonly gateKeeper = new Gate((event) => void this.log.append(event));
  /** set while it runs: reads the evidence of its steps */
  #inspect: ((step?: string) => Promise<InspectionSection[]>) | undefined;
  #ended: Promise<unknown> = Promise.resolve();
  #run: { readonly current: string | undefined } | undefined;
  readonly #cut = new AbortController();
  /** Aborted when the operation is given up, for steps that wait for a registry. */
  readonly signal = this.#cut.signal;

  constructor(
    readonly record: OperationRecord,
    private readonly files: OperationFiles,
  ) {
    this.gateKeeper.onAbort = (why) => this.#cut.abort(why);
  }

  get id(): string {
    return this.record.id;
  }
  get over(): boolean {
    return isOver(this.record.state);
  }
  /** Opened at the first use, because the journals of most operations are not read again. */
  get log(): Journal {
    if (!this.#log) {
      this.#log = Journal.open(this.files.journal);
      this.#log.run = 1;
    }
    return this.#log;
  }

  /** Throws ApiError in the client's words, after everything was undone. */
  perform<C>({ context, phases, gate, oneWay = false, done }: Walk<C>): Promise<void> {
    const run = (this.#run = newRun(context, this.log, this.gateKeeper));
    this.gateKeeper.oneWay = oneWay;
    this.gateKeeper.arm(gate);
    this.#inspect = (step) => sections(phases, context, step);
    const performing = this.#perform(run, phases, done).finally(() => {
      this.#inspect = undefined;
      this.#log?.flush();
    });
    this.#ended = performing.catch(() => undefined);
    return performing;
  }

  async #perform<C>(run: Run<C>, phases: readonly Phase<C>[], done?: () => void): Promise<void> {
    this.#move(underWay[this.record.kind] ?? 'begun');
    try {
      for (const phase of phases) await runPhase(run, phase);
    } catch (error) {
      throw (await this.#takeBack(run, phases, startFailure(error))).refusal;
    }
    done?.();
    this.#move('done');
  }

  async #takeBack<C>(run: Run<C>, phases: readonly Phase<C>[], failure: StartFailure): Promise<StartFailure> {
    this.gateKeeper.oneWay = true;
    this.#move('unwinding');
    const left = restOf(await unwind(run, phases));
    const told = withRest(failure, left);
    Object.assign(this.record, { left, error: told.refusal.message });
    this.#move('failed');
    return told;
  }

  /** Undoes an operation that a daemon left unfinished when it died, from ids and files alone. */
  async recover<C>({ context, phases }: Pick<Walk<C>, 'context' | 'phases'>): Promise<void> {
    const run = newRun(context, this.log, this.gateKeeper);
    const why = this.record.error || 'the daemon ended in the middle of it; everything was undone';
    await this.#takeBack(run, phases, startFailure(conflict(why)));
    this.#log?.flush();
  }

  #move(to: OperationState): void {
    const from = this.record.state;
    if (from === to) return;
    this.log.append({ type: 'state', from, to });
    this.record.state = to;
    if (isOver(to)) this.record.ended = Date.now();
    this.files.save(this.record);
  }

  /** Resolves when it is over, also after a failure. */
  async settled(): Promise<void> {
    await this.#ended;
  }

  async *journal(follow: boolean, signal?: AbortSignal): AsyncGenerator<Event> {
    for await (const events of this.#batches(follow, signal)) yield* events;
  }
  happening(signal: AbortSignal): AsyncIterable<readonly Event[]> {
    return this.#batches(true, signal);
  }

  /** When the operation is over, no event follows the last one, so following ends there. */
  async *#batches(follow: boolean, signal?: AbortSignal): AsyncGenerator<readonly Event[]> {
    if (!follow || this.over) return yield* this.log.batches(false, signal);
    const end = new AbortController();
    const stop = signal ? AbortSignal.any([signal, end.signal]) : end.signal;
    void this.#ended.then(() => setImmediate(() => end.abort()));
    let next = 0;
    for await (const events of this.log.batches(true, stop)) {
      next = events.at(-1)!.seq + 1;
      yield events;
    }
    if (signal?.aborted) return;
    for await (const events of this.log.batches(false, signal)) {
      const rest = events.filter(({ seq }) => seq >= next);
      if (rest.length) yield rest;
    }
  }

  gate(command: GateCommand): void {
    if (this.over) throw conflict(`operation ${this.id.slice(0, 12)} is over: it is ${this.record.state}`);
    // an operation that waits for a registry can be aborted at any time
    if (command.command === 'abort' && !this.gateKeeper.paused) return this.#abort();
    this.gateKeeper.command(command);
  }

  #abort(): void {
    if (this.gateKeeper.oneWay) throw conflict(`operation ${this.id.slice(0, 12)} is being undone already`);
    const step = this.#run?.current;
    this.log.append({ type: 'gate', at: 'aborted', ...(step && { step }) });
    this.giveUp();
  }

  inspectLive(step?: string): Promise<InspectionSection[]> {
    return this.#inspect?.(step) ?? Promise.resolve([]);
  }
  /** Only the operation's own steps change its subject, so there is nothing to watch. */
  watch(): void {}

  /** Ends it early: a held call is aborted, and a step that waits for a registry gets the signal. */
  giveUp(): void {
    this.gateKeeper.release();
    this.#cut.abort(new Aborted(this.#run?.current ?? this.record.kind, 'in'));
  }

  /** Closes the journal before its files are removed. */
  close(): void {
    this.#log?.close();
  }
}

async function sections<C>(phases: readonly Phase<C>[], context: C, wanted?: string): Promise<InspectionSection[]> {
  const kernel = quietKernel({});
  const found: InspectionSection[] = [];
  for (const phase of phases) {
    const lanes = lanesOf(phase, context);
    const all = [{ subject: context, steps: [...phase.steps, ...(lanes?.last ?? [])] }, ...(lanes?.all ?? [])];
    for (const { subject, steps } of all)
      for (const step of steps)
        if (step.inspect && (!wanted || step.id === wanted)) found.push(...(await step.inspect(kernel, subject)));
  }
  return found;
}
