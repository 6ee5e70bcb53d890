/**
 * Probes a container while it runs. Nothing is probed while it is paused, and a probe never meets the freezer: pause
 * ends it first.
 */
import { Journal } from '../journal/journal.ts';
import type { Container } from '../container/container.ts';
import { after, healthCheckOf, type HealthCheck, intervalOf } from '../container/health.ts';
import { saveRecord, type ContainerRecord } from '../container/record.ts';
import { ContainerOperations } from '../operation/container-operations.ts';
import type { Walkable } from '../operation/walkable.ts';
import type { ExecConfig } from './engine.ts';
import type { ExecSession } from './exec-session.ts';
import { HealthProbe } from './health-probe.ts';
import { endLeftProbe, noteProbe } from './left-probe.ts';

/** How many probes can be looked at, each as an operation, and the most bytes of their journal. */
const PROBES_KEPT = 5;
const JOURNAL_MOST = 256 << 10;

export interface Probing {
  readonly container: Container;
  readonly record: ContainerRecord;
  readonly log: Journal;
  walk(): Walkable;
  /** an exec whose steps are written to this journal, as operations of this list */
  exec(config: ExecConfig, journal: Journal, operations: ContainerOperations): ExecSession;
  event(action: string): void;
}

export class HealthMonitor {
  #check: HealthCheck | undefined;
  #timer: NodeJS.Timeout | undefined;
  #probe: HealthProbe | undefined;
  #probing: Promise<void> = Promise.resolve();
  #kept: { journal: Journal; operations: ContainerOperations } | undefined;

  constructor(private readonly of: Probing) {}

  /** The last probes. */
  get operations(): ContainerOperations | undefined {
    return this.#kept?.operations;
  }

  /** The program runs: a new state begins. */
  begin(): void {
    const { record } = this.of;
    if (!healthCheckOf(record.request, this.of.container.image?.config)) return void delete record.health;
    record.health = { status: 'starting', failingStreak: 0, log: record.health?.log ?? [] };
    this.open();
  }

  /** A new daemon has found the container running. */
  async adopt(): Promise<void> {
    if (this.of.record.health) await endLeftProbe(this.of.container);
    this.open({ soon: true });
  }

  /** Goes on with the state that there is. With `soon` not all containers of a new daemon are probed at one moment. */
  open({ soon = false } = {}): void {
    const { record, container } = this.of;
    if (!record.health) return this.begin();
    this.#check = healthCheckOf(record.request, container.image?.config);
    if (this.#check) this.#wait(soon ? Math.random() : 1);
  }

  #wait(part: number): void {
    const { record } = this.of;
    if (!this.#check || !record.health) return;
    const ms = intervalOf(this.#check, record.health, Date.now() - record.startedAt) * part;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void (this.#probing = this.#run()), ms);
  }

  async #run(): Promise<void> {
    const check = this.#check;
    if (!check) return;
    const start = Date.now();
    const result = await this.#result(check);
    // ended meanwhile: the result says nothing about the container
    if (check !== this.#check) return;
    this.#take(check, { ...result, start, end: Date.now() });
    this.#wait(1);
  }

  async #result(check: HealthCheck): Promise<{ exitCode: number; output: string }> {
    let probe: HealthProbe | undefined;
    try {
      const { journal, operations } = this.#list();
      const config = { Cmd: check.command, AttachStdout: true, AttachStderr: true };
      const session = this.of.exec(config, journal, operations);
      noteProbe(this.of.container, session.id);
      probe = this.#probe = new HealthProbe(session, check.timeout);
      return await probe.run();
    } catch (error) {
      return { exitCode: -1, output: (error as Error).message };
    } finally {
      if (this.#probe === probe) this.#probe = undefined;
    }
  }

  #list(): { journal: Journal; operations: ContainerOperations } {
    if (this.#kept) return this.#kept;
    const { container, walk } = this.of;
    const journal = Journal.open(container.paths.healthJournal, JOURNAL_MOST);
    const host = { id: container.id, walk, log: journal, name: () => container.name, save: () => undefined };
    return (this.#kept = { journal, operations: new ContainerOperations(host, [], PROBES_KEPT) });
  }

  #take(check: HealthCheck, result: { start: number; end: number; exitCode: number; output: string }): void {
    const { record, container, log } = this.of;
    const before = record.health!;
    const now = (record.health = after(before, check, result, record.startedAt));
    if (now.status === before.status) return;
    log.append({ type: 'note', text: `health: ${now.status}` });
    this.of.event(`health_status: ${now.status}`);
    try {
      saveRecord(container.settings, record);
    } catch {
      // a full disk; the next daemon begins with an older state
    }
  }

  /** Ends the probing, and a probe with all that it started. As in dockerd, an unprobed container is unhealthy. */
  async close(): Promise<void> {
    const { health } = this.of.record;
    if (this.#check && health) this.of.record.health = { ...health, status: 'unhealthy' };
    await this.leave();
  }

  /** The same, but the state stays: the daemon ends and the container goes on. */
  async leave(): Promise<void> {
    this.#check = undefined;
    clearTimeout(this.#timer);
    await this.#probe?.end();
    await this.#probing;
  }

  /** The container is removed, and its journals with it. */
  forget(): void {
    this.#kept?.journal.close();
  }
}
