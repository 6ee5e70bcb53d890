/**
 * The list of operations, and their files:
 *
 *   <root>/operations/<id>/operation.json   operation/record.ts
 *   <root>/operations/<id>/journal.ndjson   what happened
 *
 * A journal is kept until what it is about is removed. Two bounds keep the list finite: operations without a subject go
 * when SUBJECTLESS newer ones are there, and of one image that is asked for again and again only the newest stay, and
 * the first, which fetched it.
 */
import { lstatSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { Aside } from '../data-root/set-aside.ts';
import { replaceWhole } from '../data-root/atomic-file.ts';
import { hasCode } from '../kernel/errors.ts';
import { newId } from '../data-root/identity.ts';
import { Operation } from './operation.ts';
import { isOver, readRecord, type OperationRecord } from './record.ts';

export const SUBJECTLESS = 200;
export const PER_SUBJECT = 20;

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

  private constructor(root: string) {
    this.#dir = join(root, 'operations');
  }

  /**
   * A directory without a record is what a beginning or a removal left that was cut off; what cannot be read is set
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

  /** On a full disk the work goes on without its record: it may be what makes room. */
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

  /** The newest first. */
  list(): Operation[] {
    return [...this.#all.values()].reverse();
  }

  /** What a dead daemon left in the middle, or could not take back. */
  interrupted(): Operation[] {
    return this.list().filter(({ over, record }) => !over || record.left?.length);
  }

  /** Journals of this subject go with it. */
  subjectGone(id: string): void {
    for (const operation of this.list())
      if (operation.over && operation.record.subject.id === id) this.#remove(operation);
  }
  /** After a daemon was away: images may have gone without it. */
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
