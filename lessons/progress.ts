/**
 * Learners' progress, by name and without a login: one file per learner below the data root. The file is named after
 * the hash of the name, so that a name in any script gives a safe file name. Export and import use the same format.
 */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeDurably } from '../runtime/data-root/atomic-file.ts';
import { badParameter, conflict } from '../runtime/errors/api-error.ts';
import type { DaemonsEnd } from './checks/check.ts';
import type { Course } from './format.ts';

export interface LessonProgress {
  /** by task id: when it was done, ms since 1970 */
  tasks: Record<string, number>;
  quiz: Record<string, { chosen: number; right: boolean; at: number }>;
  hints: Record<string, number[]>;
  /** by number of the prediction, from 0: the first guess */
  guesses: Record<string, { chosen: number; at: number }>;
  finished?: number;
}
/** The open lesson; it is stored, so it survives the daemon. */
export interface OpenLesson {
  lesson: string;
  since: number;
  /** the daemon that opened it or took it over */
  daemon: string;
  /** set by a daemon that ends orderly; a killed daemon leaves nothing */
  goodbye?: true;
  /** how the previous daemon ended */
  ended?: DaemonsEnd;
  machine?: string;
  /** what was drawn */
  values?: Record<string, string>;
  others: string[];
}
export interface Progress {
  version: 1;
  learner: string;
  lessons: Record<string, LessonProgress>;
  open?: OpenLesson;
}

const NAME = /^[\p{L}\p{N}_-]{1,32}$/u;
const MOST_LEARNERS = 1000;
const MOST_BYTES = 256 * 1024;
const emptyLesson = (): LessonProgress => ({ tasks: {}, quiz: {}, hints: {}, guesses: {} });

export function checkLearner(name: unknown): string {
  const normal = typeof name === 'string' ? name.normalize('NFC') : '';
  if (!NAME.test(normal))
    throw badParameter(
      `a learner's name is 1 to 32 letters, digits, - and _, got ${JSON.stringify(name)?.slice(0, 60)}`,
    );
  return normal;
}

export class ProgressStore {
  readonly #dir: string;
  readonly #known = new Map<string, Progress>();

  constructor(
    root: string,
    private readonly course: Course,
  ) {
    this.#dir = join(root, 'lessons');
  }

  #file = (learner: string): string => join(this.#dir, `${createHash('sha256').update(learner).digest('hex')}.json`);

  of(learner: string): Progress {
    const known = this.#known.get(learner) ?? this.#read(learner);
    this.#known.set(learner, known);
    return known;
  }
  lesson(learner: string, id: string): LessonProgress {
    return (this.of(learner).lessons[id] ??= emptyLesson());
  }

  /** A file that cannot be read or parsed counts as progress without entries. */
  #read(learner: string): Progress {
    try {
      const text = readFileSync(this.#file(learner), 'utf8');
      return { ...this.#checked(JSON.parse(text), learner), ...open(JSON.parse(text) as Progress) };
    } catch {
      return { version: 1, learner, lessons: {} };
    }
  }

  save(learner: string): void {
    mkdirSync(this.#dir, { recursive: true, mode: 0o700 });
    const file = this.#file(learner);
    if (!existsSync(file) && readdirSync(this.#dir).length >= MOST_LEARNERS)
      throw conflict(`there are ${MOST_LEARNERS} learners already`);
    writeDurably(file, JSON.stringify(this.of(learner)));
  }

  forget(learner: string, lesson: string): void {
    delete this.of(learner).lessons[lesson];
    this.save(learner);
  }

  exported(learner: string): Omit<Progress, 'open'> {
    const { version, lessons } = this.of(learner);
    return { version, learner, lessons };
  }

  /** Merges an exported file into the learner's progress; throws 400 if it is not one. */
  imported(learner: string, given: unknown): Progress {
    if (Buffer.byteLength(JSON.stringify(given) ?? '') > MOST_BYTES)
      throw badParameter(`a progress file has at most ${MOST_BYTES} bytes`);
    const added = this.#checked(given, learner);
    const mine = this.of(learner);
    for (const [id, theirs] of Object.entries(added.lessons)) {
      const own = (mine.lessons[id] ??= emptyLesson());
      own.tasks = { ...theirs.tasks, ...own.tasks };
      own.quiz = { ...theirs.quiz, ...own.quiz };
      own.hints = { ...theirs.hints, ...own.hints };
      own.guesses = { ...theirs.guesses, ...own.guesses };
      own.finished ??= theirs.finished;
      if (own.finished === undefined) delete own.finished;
    }
    this.save(learner);
    return mine;
  }

  /** Keeps only entries that belong to existing lessons. */
  #checked(given: unknown, learner: string): Progress {
    const { version, lessons } = map(given, 'the progress file');
    if (version !== 1) throw badParameter(`a progress file of version 1 is needed, got ${JSON.stringify(version)}`);
    const result: Progress = { version: 1, learner, lessons: {} };
    const all = map(lessons ?? {}, 'lessons');
    for (const { id, tasks, answers, text } of [...this.course.lessons, ...this.course.challenges]) {
      if (!Object.hasOwn(all, id)) continue;
      const one = map(all[id], id);
      const quiz = map(one['quiz'] ?? {}, `${id}: quiz`);
      const done = map(one['tasks'] ?? {}, `${id}: tasks`);
      const hints = map(one['hints'] ?? {}, `${id}: hints`);
      const progress = (result.lessons[id] = emptyLesson());
      for (const task of tasks) {
        if (Object.hasOwn(done, task.id)) progress.tasks[task.id] = time(done[task.id], `${id}: ${task.id}`);
        const shown = hints[task.id];
        if (Array.isArray(shown))
          progress.hints[task.id] = [
            ...new Set(shown.filter((n): n is number => Number.isInteger(n) && n >= 0 && n < task.hints.length)),
          ];
      }
      for (const [j, answer] of answers.entries()) {
        const chosen = Object.hasOwn(quiz, String(j)) ? map(quiz[String(j)], `${id}: quiz ${j}`)['chosen'] : undefined;
        if (Number.isInteger(chosen) && (chosen as number) >= 0 && (chosen as number) < text.en.quiz[j]!.options.length)
          progress.quiz[j] = {
            chosen: chosen as number,
            right: chosen === answer,
            at: time(map(quiz[String(j)], '')['at'], `${id}: quiz ${j}`),
          };
      }
      const guesses = map(one['guesses'] ?? {}, `${id}: guesses`);
      for (const [j, { options }] of text.en.predictions.entries()) {
        const given = Object.hasOwn(guesses, String(j)) ? map(guesses[String(j)], `${id}: guess ${j}`) : undefined;
        const chosen = given?.['chosen'];
        if (Number.isInteger(chosen) && (chosen as number) >= 0 && (chosen as number) < options.length)
          progress.guesses[j] = { chosen: chosen as number, at: time(given!['at'], `${id}: guess ${j}`) };
      }
      if (one['finished'] !== undefined) progress.finished = time(one['finished'], `${id}: finished`);
    }
    return result;
  }
}

function map(value: unknown, what: string): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw badParameter(`${what} has to be an object`);
  return value as Record<string, unknown>;
}
function time(value: unknown, what: string): number {
  if (typeof value !== 'number' || !Number.isFinite(value) || value < 0 || value > 8.64e15)
    throw badParameter(`${what} needs a time in milliseconds, got ${JSON.stringify(value)?.slice(0, 40)}`);
  return value;
}
const open = (from: Progress): { open?: OpenLesson } =>
  from.open && typeof from.open.lesson === 'string' && Array.isArray(from.open.others) ? { open: from.open } : {};
