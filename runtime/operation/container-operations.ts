/**
 * Operations on one container: starts (each may contain a pull), execs, pauses and the removal. Their events are in the
 * container's own journal, where users look for them. An operation's journal is its part of that one, counted from 0.
 *
 *   container's journal   0 ─ … ─ 210 ─ … ─ 230 ─ … ─ 410        run 1 ▏ exec-4711 ▏ run 1
 *   operations                start ├───────┤     pause ├┤
 *   child                     pull  ├─┤
 */
import type { Event } from '../journal/event.ts';
import type { Journal } from '../journal/journal.ts';
import type { Place } from '../journal/trim.ts';
import { newId } from '../data-root/identity.ts';
import { conflict } from '../errors/api-error.ts';
import type { GateCommand } from './gate-command.ts';
import { isOver, type ContainerOperation, type Kind, type OperationHandle } from './record.ts';
import type { Walkable } from './walkable.ts';
import type { InspectionSection } from '../journal/inspection-section.ts';

/** How many operations of a container are kept: the newest ones, and in addition those that are not over. */
const KEPT = 20;

export interface Host {
  walk(): Walkable;
  readonly log: Journal;
  readonly id: string;
  name(): string;
  /** called after the operations' positions in the journal have changed */
  save(): void;
}
interface Particulars {
  id?: string;
  run?: string;
  parent?: string;
  gate?: (command: GateCommand) => void;
  /** called at the end: on false the operation is removed from the list */ counts?: () => boolean;
}

export class ContainerOperations {
  readonly #gates = new Map<string, (command: GateCommand) => void>();

  /** `kept` is part of the container's record and is saved with it. */
  constructor(
    private readonly host: Host,
    private readonly kept: ContainerOperation[],
    private readonly most = KEPT,
  ) {
    // Operations without a state of their own ended with the daemon that died. The end of a start is in the container's
    // state.
    const known = kept.filter(({ kind, state }) => isOver(state) || kind === 'start');
    kept.splice(
      0,
      kept.length,
      ...known.map((one) => (isOver(one.state) ? one : Object.assign(one, { state: 'done' as const }))),
    );
    host.log.numbers.add({
      isLive: (run) => kept.some((one) => one.run === run && !isOver(one.state)),
      moved: (place) => this.#moved(place),
    });
  }

  /** Runs `work` as an operation. This costs a start only an id and a row. */
  async run<T>(
    kind: Kind,
    work: () => Promise<T>,
    { id = newId(), run, parent, gate, counts }: Particulars = {},
  ): Promise<T> {
    const { log } = this.host;
    const one: ContainerOperation = {
      id,
      kind,
      subject: { kind: 'container', name: this.host.name(), id: this.host.id },
      state: 'begun',
      created: Date.now(),
      error: '',
      first: log.length,
      run: run ?? log.run,
      ...(parent && { parent }),
    };
    this.kept.push(one);
    const oldest = this.kept.length > this.most ? this.kept.findIndex(({ state }) => isOver(state)) : -1;
    if (oldest >= 0) this.kept.splice(oldest, 1);
    if (gate) this.#gates.set(id, gate);
    try {
      const result = await work();
      one.state = 'done';
      return result;
    } catch (error) {
      Object.assign(one, { state: 'failed', error: error instanceof Error ? error.message : String(error) });
      throw error;
    } finally {
      Object.assign(one, { ended: Date.now(), end: log.length });
      this.#gates.delete(id);
      if (counts && !counts()) this.kept.splice(this.kept.indexOf(one), 1);
    }
  }

  /**
   * Runs a part of the current operation of kind `of`. `counts` is called at the end, and on false the part is removed
   * from the list.
   */
  child(kind: Kind, of: Kind, work: () => Promise<void>, counts: () => boolean): Promise<void> {
    const parent = this.kept.findLast((one) => one.kind === of && !isOver(one.state))?.id;
    return this.run(kind, work, { counts, ...(parent && { parent }) });
  }

  /** Adjusts the positions after the journal was trimmed, and drops operations that have no event in it any more. */
  #moved(place: Place): void {
    const stay = this.kept.filter((one) => one.end === undefined || place(one.first) < place(one.end));
    this.kept.splice(0, this.kept.length, ...stay);
    for (const one of stay) {
      one.first = place(one.first);
      if (one.end !== undefined) one.end = place(one.end);
    }
    this.host.save();
  }

  list(): OperationHandle[] {
    return this.kept.map((one) => this.#handle(one));
  }

  #handle(one: ContainerOperation): OperationHandle {
    const walk = this.host.walk();
    const { first: _first, end: _end, run: _run, ...record } = one;
    return {
      id: one.id,
      stays: true,
      record: { ...record, subject: { ...record.subject, name: this.host.name() } },
      journal: async function* (
        this: ContainerOperations,
        follow: boolean,
        signal?: AbortSignal,
      ): AsyncGenerator<Event> {
        for await (const events of this.#part(one, follow, signal)) yield* events;
      }.bind(this),
      happening: (signal) => this.#part(one, true, signal),
      gate: (command) => this.#gate(one, command),
      inspectLive: (step): Promise<InspectionSection[]> => walk.inspectLive(step),
      watch: (signal) => walk.watch(signal),
    };
  }

  #gate(one: ContainerOperation, command: GateCommand): void {
    if (isOver(one.state)) throw conflict(`operation ${one.id.slice(0, 12)} is over: it is ${one.state}`);
    (this.#gates.get(one.id) ?? ((given) => this.host.walk().gate(given)))(command);
  }

  async *#part(one: ContainerOperation, follow: boolean, signal?: AbortSignal): AsyncGenerator<readonly Event[]> {
    let seq = 0;
    const over = () => isOver(one.state);
    // its end may have no event, so check regularly whether it is over
    const stop = new AbortController();
    const timer = follow && !over() ? setInterval(() => over() && stop.abort(), ENDS_MS) : undefined;
    const left = signal ? AbortSignal.any([signal, stop.signal]) : stop.signal;
    try {
      for await (const events of this.host.log.batches(follow && !over(), left)) {
        const own = events
          .filter((event) => event.run === one.run && event.seq >= one.first && event.seq < (one.end ?? Infinity))
          .map((event) => ({ ...event, seq: seq++ }));
        if (own.length) yield own;
        if (one.end !== undefined && (events.at(-1)?.seq ?? 0) >= one.end) return;
      }
    } finally {
      clearInterval(timer);
    }
  }
}
const ENDS_MS = 100;
