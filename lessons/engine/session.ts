/**
 * One learner in one lesson: which containers count, which tasks are done, which hints are due. It evaluates only while
 * a client follows it.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { daemonKernel } from '../../runtime/kernel/linux/linux.ts';
import { BUILD_LABEL } from '../../runtime/engine/build-runtime.ts';
import type { Engine } from '../../runtime/engine/engine.ts';
import { rulesNow } from '../../runtime/network/bridge/rules.ts';
import type { Look } from '../checks/check.ts';
import { holds } from '../checks/table.ts';
import type { Lesson, Task } from '../format.ts';
import type { LessonProgress, OpenLesson } from '../progress.ts';
import { Watched } from './container.ts';
import { Growth } from './growth.ts';
import { attempts, buildAttempts, due } from './hints.ts';
import type { LessonState, TaskState } from './state.ts';
import { thingsOf } from './things.ts';
import { belongs } from './values.ts';

/**
 * Interval in milliseconds at which the kernel is polled for what the journal does not contain, while a client follows.
 */
const POLL_MS = 200;
/** Journal events come in bursts: one evaluation this many milliseconds later covers all of them. */
const SOON_MS = 15;
const MOST_CONTAINERS = 64;

export interface Surroundings {
  engine: Engine;
  save(): void;
}

export class Session {
  readonly #watched = new Map<string, Watched>();
  readonly #growth = new Growth();
  readonly #followers = new Set<(state: LessonState) => void>();
  /** ids of the level tasks that hold now */
  readonly #holding = new Set<string>();
  #timer: NodeJS.Timeout | undefined;
  #soon: NodeJS.Timeout | undefined;
  #unlisten: (() => void) | undefined;
  #round: Promise<void> | undefined;
  #again = false;
  #told = '';
  trouble: string | undefined;

  constructor(
    readonly lesson: Lesson,
    readonly learner: string,
    readonly open: OpenLesson,
    readonly progress: LessonProgress,
    private readonly around: Surroundings,
  ) {}

  /** Calls `tell` with the current state and after each change. Returns a function that ends it. */
  follow(tell: (state: LessonState) => void): () => void {
    this.#followers.add(tell);
    if (this.#followers.size === 1) this.#begin();
    tell(this.state());
    this.soon();
    return () => {
      this.#followers.delete(tell);
      if (!this.#followers.size) this.#end();
    };
  }

  #begin(): void {
    const { engine } = this.around;
    this.#unlisten = engine.events.listen(({ Type, Action, Actor }) => {
      if (Type === 'container' && Action === 'create') this.#take(Actor.ID);
      if (Type === 'container') this.soon();
    });
    // Containers that were created while no client followed.
    for (const { container, created } of engine.containers())
      if (created >= this.open.since || container.id === this.open.machine) this.#take(container.id);
    this.#timer = setInterval(() => void this.look(), POLL_MS);
  }
  #end(): void {
    this.#unlisten?.();
    clearInterval(this.#timer);
    clearTimeout(this.#soon);
    this.#soon = undefined;
    for (const watched of this.#watched.values()) watched.stop();
    this.#watched.clear();
  }
  close(): void {
    this.#followers.clear();
    this.#end();
  }

  #take(id: string): void {
    if (this.#watched.has(id) || this.#watched.size >= MOST_CONTAINERS) return;
    const handle = this.around.engine.containers().find(({ container }) => container.id === id);
    // the container of a RUN is the build's, not the learner's
    if (handle && !handle.container.request.Labels?.[BUILD_LABEL])
      this.#watched.set(id, new Watched(handle, this.open.since, () => this.soon()));
  }

  /** Something has changed: evaluates a moment later. */
  soon(): void {
    if (!this.#followers.size) return;
    this.#soon ??= setTimeout(() => {
      this.#soon = undefined;
      void this.look();
    }, SOON_MS);
  }

  /** One evaluation. Requests that arrive meanwhile are answered by one more evaluation. */
  async look(): Promise<void> {
    if (this.#round) {
      this.#again = true;
      return this.#round;
    }
    this.#round = this.#rounds().finally(() => (this.#round = undefined));
    return this.#round;
  }
  async #rounds(): Promise<void> {
    do {
      this.#again = false;
      await this.#evaluate().catch(() => undefined);
    } while (this.#again && this.#followers.size);
    this.tell();
  }

  /** The time from which events count for a task; Infinity while the tasks before it are open. */
  #since = (task: Task): number =>
    Math.max(this.open.since, ...task.after.map((id) => this.progress.tasks[id] ?? Infinity));

  #lookAt(since: number): Look {
    const k = daemonKernel();
    let strangers: number[] | undefined;
    let rules: Promise<string> | undefined;
    return {
      subject: undefined,
      subjects: [...this.#watched.values()].map((watched) =>
        watched.subject(k, since, this.#growth, watched.id === this.open.machine),
      ),
      quiz: new Set(
        Object.entries(this.progress.quiz)
          .filter(([, { right }]) => right)
          .map(([j]) => Number(j)),
      ),
      questions: this.lesson.answers.length,
      daemonEnded: this.open.ended,
      strangers: () => (strangers ??= pidsOutside(this.around.engine.settings.cgroupParent)),
      rules: () =>
        (rules ??= rulesNow(k, this.around.engine.settings.bridge).then(
          (lines) => lines.join('\n'),
          () => '',
        )),
      things: thingsOf(this.around.engine, k, since),
    };
  }

  async #evaluate(): Promise<void> {
    for (const { output } of this.#watched.values()) output.read();
    const { tasks, hints } = this.progress;
    const now = Date.now();
    let changed = false;
    // Attempts count for the first open task.
    const current = this.lesson.tasks.find((task) => tasks[task.id] === undefined && this.#since(task) !== Infinity);
    for (const task of this.lesson.tasks) {
      const since = this.#since(task);
      const done = tasks[task.id] !== undefined;
      if (since === Infinity || (done && task.mode === 'edge')) continue;
      // hints may be about any container of the learner
      const look = this.#lookAt(since);
      const about = look.subjects.filter(
        ({ id }) => task.whose === 'any' || (id === this.open.machine) === (task.whose === 'own'),
      );
      const good = await holds(task.check, { ...look, about });
      if (good) this.#holding.add(task.id);
      else this.#holding.delete(task.id);
      if (good && !done) {
        tasks[task.id] = Date.now();
        changed = this.#again = true;
      } else if (!done) {
        const tried = task === current ? this.#attempts(Math.max(since, ...Object.values(tasks)), now) : 0;
        const shown = await due(task, hints[task.id] ?? [], tried, look);
        if (shown.length !== (hints[task.id] ?? []).length) {
          hints[task.id] = shown;
          changed = true;
        }
      }
    }
    if (this.finish() || changed) this.around.save();
  }

  #attempts = (since: number, now: number): number =>
    attempts([...this.#watched.values()], this.open.machine, since, now) +
    buildAttempts(this.around.engine.operations(), since, now);

  /** True if every task is done and every question answered since the last call. */
  finish(): boolean {
    const { tasks, quiz, finished } = this.progress;
    if (
      finished !== undefined ||
      !this.lesson.tasks.every(({ id }) => tasks[id] !== undefined) ||
      !this.lesson.answers.every((_, j) => quiz[j]?.right)
    )
      return false;
    this.progress.finished = Date.now();
    return true;
  }

  #taskState = (task: Task): TaskState => {
    const at = this.progress.tasks[task.id];
    const hints = this.progress.hints[task.id] ?? [];
    const state =
      at !== undefined
        ? task.mode === 'level' && this.#followers.size && !this.#holding.has(task.id)
          ? 'was'
          : 'done'
        : this.#since(task) === Infinity
          ? 'waiting'
          : 'open';
    return { id: task.id, state, ...(at !== undefined && { at }), hints, more: task.hints.length - hints.length };
  };

  state(): LessonState {
    const all = this.around.engine.containers();
    const { machine: name } = this.open.values ?? {};
    const named = (wanted: string) => all.find(({ container }) => container.name === wanted);
    // A challenge's container may have been replaced by another one with its name.
    const machine =
      all.find(({ container }) => container.id === this.open.machine) ?? (name === undefined ? undefined : named(name));
    const twin = name === undefined ? undefined : named(`${name}-twin`);
    return {
      lesson: this.lesson.id,
      learner: this.learner,
      ...(machine && {
        machine: { id: machine.container.id, name: machine.container.name, status: machine.state.status },
      }),
      ...(this.open.values && { values: this.open.values }),
      ...(twin && { twin: { id: twin.container.id, name: twin.container.name, status: twin.state.status } }),
      ...(this.trouble && { trouble: this.trouble }),
      tasks: this.lesson.tasks.map(this.#taskState),
      quiz: this.lesson.answers.map((answer, j) => {
        const given = this.progress.quiz[j];
        return given ? { chosen: given.chosen, right: given.right, ...(given.right && { answer }) } : {};
      }),
      guesses: this.lesson.predictions.map(({ answer, after }, j) => {
        const given = this.progress.guesses[j];
        const shown = after === undefined || this.progress.tasks[after] !== undefined;
        return given ? { chosen: given.chosen, ...(shown && { answer }) } : {};
      }),
      finished: this.progress.finished !== undefined,
      others: all
        .filter(
          ({ container, created }) =>
            created >= this.open.since &&
            container.id !== machine?.container.id &&
            !belongs(container.name, this.open.values),
        )
        .map(({ container: { id, name } }) => ({ id, name })),
    };
  }

  /** Sends the state to all followers if it has changed. */
  tell(): void {
    const state = this.state();
    const text = JSON.stringify(state);
    if (text === this.#told) return;
    this.#told = text;
    for (const tell of this.#followers) tell(state);
  }
}

/** Host processes that are in no container of this daemon and are not kernel threads. */
function pidsOutside(cgroupParent: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        return (
          !readFileSync(`/proc/${pid}/cgroup`, 'utf8').includes(`${cgroupParent}/`) &&
          readFileSync(`/proc/${pid}/cmdline`, 'utf8') !== ''
        );
      } catch {
        return false;
      }
    });
}
