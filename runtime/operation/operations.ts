/**
 * The list of operations and their files:
 *
 *   <root>/operations/<id>/operation.json   operation/record.ts
 *   <root>/operations/<id>/journal.ndjson   its events
 *
 * A journal is kept until its subject is removed. Two limits bound the list. Operations without a subject are removed
 * after SUBJECTLESS newer ones. Of an image that is pulled again and again, the newest PER_SUBJECT and the first one,
 * which fetched it, are kept.
 */
import { lstatSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Aside } from '../data-root/set-aside.ts';
import { replaceWhole } from '../data-root/atomic-file.ts';
import { hasCode } from '../kernel/errors.ts';
import { newId } from '../data-root/identity.ts';
import { Operation, type Walk } from './operation.ts';
import { isOver, readRecord, type OperationRecord } from './record.ts';
import type { Walking } from './walking.ts';

export const SUBJECTLESS = 200;
export const PER_SUBJECT = 20;
/** How long the daemon's end waits for rollbacks. The next daemon does the rest. */
const LEAVE_MS = 3000;

function load(path: string, id: string, aside: Aside): OperationRecord | undefined {
  const file = join(path, 'operation.json');
  try {
    if (!lstatSync(path).isDirectory()) return void aside.move(path, 'no directory of an operation');
    const stat = lstatSync(file, { throwIfNoEntry: false });
    if (!stat) return rmSync(path, { recursive: true, force: true }) as undefined;
    const record = stat.isFile() ? readRecord(readFileSync(file, 'utf8')) : undefined;
    if (record?.id !== id) return void aside.move(path, `${file} is no record of this operation`);
    aside.file(join(path, 'journal.ndjson'));
    return record;
  } catch (error) {
    return void aside.say(`${path}: it cannot be read: ${(error as Error).message}`);
  }
}

export class Operations {
  readonly #dir: string;
  readonly #all = new Map<string, Operation>();
  readonly #underWay = new Set<Operation>();

  private constructor(root: string) {
    this.#dir = join(root, 'operations');
  }

  /**
   * A directory without a record is from an interrupted begin or removal and is removed. What cannot be read is set
   * aside.
   */
  static open(root: string, aside = new Aside(root)): Operations {
    const operations = new Operations(root);
    const dir = operations.#dir;
    mkdirSync(dir, { recursive: true, mode: 0o700 });
    const records: OperationRecord[] = [];
    for (const id of readdirSync(dir)) {
      const record = load(join(dir, id), id, aside);
      if (record) records.push(record);
    }
    for (const record of records.sort((a, b) => a.created - b.created)) operations.#add(record);
    return operations;
  }

  #add(record: OperationRecord): Operation {
    const dir = join(this.#dir, record.id);
    const operation = new Operation(record, {
      journal: join(dir, 'journal.ndjson'),
      save: (changed) => this.#save(dir, changed),
    });
    this.#all.set(record.id, operation);
    return operation;
  }

  /** Saves the record. On a full disk the work goes on without it, because the work may be what makes room. */
  #save(dir: string, record: OperationRecord): void {
    try {
      mkdirSync(dir, { recursive: true, mode: 0o700 });
      replaceWhole(join(dir, 'operation.json'), JSON.stringify(record));
    } catch (error) {
      if (!hasCode(error, 'ENOSPC', 'EDQUOT', 'EROFS')) throw error;
    }
    if (isOver(record.state)) this.#trim();
  }

  begin(what: Pick<OperationRecord, 'kind' | 'subject' | 'parent' | 'platform'>): Operation {
    return this.#add({ ...what, id: newId(), state: 'begun', created: Date.now(), error: '' });
  }

  /** Throws ApiError in the client's words, after everything was undone. */
  async perform<C>(
    operation: Operation,
    walk: Omit<Walk<C>, 'gate'>,
    { signal, gate = { mode: 'run', breakpoints: [] }, begun }: Walking,
  ): Promise<void> {
    const gone = () => operation.giveUp();
    signal?.addEventListener('abort', gone, { once: true });
    this.#underWay.add(operation);
    try {
      begun?.(operation);
      if (signal?.aborted) gone();
      await operation.perform({ ...walk, gate });
    } finally {
      signal?.removeEventListener('abort', gone);
      this.#underWay.delete(operation);
    }
  }

  /** The operations that are performed now. */
  get underWay(): readonly Operation[] {
    return [...this.#underWay];
  }

  /** The daemon ends: what waits at a gate is undone. The next daemon undoes what is not over by then. */
  async close(): Promise<void> {
    const ending = this.underWay;
    for (const operation of ending) operation.giveUp();
    const over = Promise.all(ending.map((operation) => operation.settled()));
    if (ending.length) await Promise.race([over, sleep(LEAVE_MS, undefined, { ref: false })]);
  }

  /** The operations, the newest first. */
  list(): Operation[] {
    return [...this.#all.values()].reverse();
  }

  /** Operations that a daemon left unfinished when it died, or could not undo. */
  interrupted(): Operation[] {
    return this.list().filter(({ over, record }) => !over || record.left?.length);
  }

  /** Removes the journals of a subject that was removed. */
  subjectGone(id: string): void {
    for (const operation of this.list())
      if (operation.over && operation.record.subject.id === id) this.#remove(operation);
  }
  /** Removes the journals of images that were removed while no daemon ran. */
  keepSubjects(exists: (id: string) => boolean): void {
    for (const { record } of this.list())
      if (record.subject.id && !exists(record.subject.id)) this.subjectGone(record.subject.id);
  }

  #trim(): void {
    const bySubject = new Map<string | undefined, Operation[]>();
    for (const operation of this.list().filter(({ over, record }) => over && !record.left?.length)) {
      const key = operation.record.subject.id;
      bySubject.set(key, [...(bySubject.get(key) ?? []), operation]);
    }
    for (const [subject, newestFirst] of bySubject) {
      const doomed = subject === undefined ? newestFirst.slice(SUBJECTLESS) : newestFirst.slice(PER_SUBJECT, -1);
      for (const operation of doomed) this.#remove(operation);
    }
  }

  #remove(operation: Operation): void {
    this.#all.delete(operation.id);
    operation.close();
    rmSync(join(this.#dir, operation.id), { recursive: true, force: true });
  }
}
