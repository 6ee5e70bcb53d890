/** All lessons of a daemon: listing them, taking one, leaving it, and what is remembered of each learner. */
import { randomUUID } from 'node:crypto';
import type { ContainerHandle, Engine } from '../../runtime/engine/engine.ts';
import type { MachineState } from '../../runtime/container/life.ts';
import { badParameter, conflict, notFound } from '../../runtime/errors/api-error.ts';
import type { ContainerRequest } from '../../runtime/request/container-request.ts';
import { languages, type Course, type Language, type Lesson, type LessonText, type Term } from '../format.ts';
import { ProgressStore, checkLearner, type OpenLesson, type Progress } from '../progress.ts';
import { here, lacking } from './features.ts';
import { nextHint } from './hints.ts';
import { Session } from './session.ts';
import type { LessonList, LessonState } from './state.ts';

/** What the lesson's own container carries, so that it is known for what it is in every list. */
const LESSON_LABEL = 'drydock.lesson';
export interface LessonContent extends LessonText {
  id: string;
  module: string;
  number: number;
  minutes: number;
  needs: string[];
  lacking: string[];
  here: string[];
  view?: Lesson['view'];
  language: Language;
  machine: boolean;
  glossary: Term[];
}

/** Where a start may begin: from nowhere else does one lead here, or it is under way. */
const AT_REST: ReadonlySet<MachineState> = new Set<MachineState>(['created', 'failed', 'exited']);

export interface LessonsOptions {
  engine: Engine;
  course: Course;
  /** 'run'’s words as a request; the server reads them with the tables of the command line */
  request(line: string): ContainerRequest;
}

export class Lessons {
  readonly #store: ProgressStore;
  readonly #sessions = new Map<string, Session>();
  /** tells a lesson whether the daemon that had it is still the one */
  readonly #daemon = randomUUID();

  constructor(private readonly options: LessonsOptions) {
    this.#store = new ProgressStore(options.engine.settings.root, options.course);
  }

  #lesson(id: string): Lesson {
    const found = this.options.course.lessons.find((lesson) => lesson.id === id);
    if (!found) throw notFound(`No such lesson: ${id.slice(0, 60)}`);
    return found;
  }

  list(learner: string, language: Language): LessonList {
    const { lessons } = this.#store.of(checkLearner(learner));
    const { open } = this.#store.of(checkLearner(learner));
    return {
      features: Object.fromEntries(here().map((name) => [name, true as const])),
      modules: this.options.course.modules.map(({ id, text }) => ({ id, title: (text[language] ?? text.en).title })),
      lessons: this.options.course.lessons.map(({ id, module, number, minutes, text, needs, requires, tasks }) => ({
        id,
        module,
        number,
        minutes,
        title: (text[language] ?? text.en).title,
        translated: text[language] !== undefined,
        needs,
        lacking: lacking(requires, language),
        tasks: tasks.length,
        done: Object.keys(lessons[id]?.tasks ?? {}).length,
        finished: lessons[id]?.finished !== undefined,
        open: open?.lesson === id,
      })),
    };
  }

  content(id: string, language: Language): LessonContent {
    const { text, module, number, minutes, needs, requires, view, machine } = this.#lesson(id);
    const chosen = text[language] ? language : 'en';
    return {
      ...text[chosen]!,
      id,
      module,
      number,
      minutes,
      needs,
      lacking: lacking(requires, chosen),
      here: here(),
      ...(view && { view }),
      language: chosen,
      machine: machine !== undefined,
      glossary: this.options.course.glossary[chosen],
    };
  }

  /** Takes the lesson up, or up again. Another one that the learner has open is left. `again`: from the beginning. */
  async open(given: string, id: string, again = false): Promise<LessonState> {
    const learner = checkLearner(given);
    const lesson = this.#lesson(id);
    const [lack] = lacking(lesson.requires, 'en');
    if (lack) throw conflict(`the lesson ${id} cannot be taken here: ${lack}`);
    const { open } = this.#store.of(learner);
    if (open && (again || open.lesson !== id)) await this.leave(learner, open.lesson);
    if (again) this.#store.forget(learner, id);
    const progress = this.#store.of(learner);
    progress.open ??= { lesson: id, since: Date.now(), daemon: this.#daemon, others: [] };
    const session = this.#session(progress, lesson);
    await this.#machine(session);
    this.#store.save(learner);
    session.soon();
    return session.state();
  }

  #session(progress: Progress, lesson: Lesson): Session {
    const known = this.#sessions.get(progress.learner);
    if (known) return known;
    const { learner } = progress;
    const open = progress.open!;
    const session = new Session(lesson, learner, open, this.#store.lesson(learner, lesson.id), {
      engine: this.options.engine,
      save: () => this.#store.save(learner),
    });
    this.#sessions.set(learner, session);
    if (open.daemon !== this.#daemon) this.#takeOver(learner, open);
    return session;
  }

  #takeOver(learner: string, open: OpenLesson): void {
    open.ended = open.goodbye ? 'asked' : 'killed';
    open.daemon = this.#daemon;
    delete open.goodbye;
    this.#store.save(learner);
  }

  /** The session of the lesson that this learner has open; 409 when there is none. */
  session(given: string, id: string): Session {
    const learner = checkLearner(given);
    const lesson = this.#lesson(id);
    const progress = this.#store.of(learner);
    if (progress.open?.lesson !== id) throw conflict(`${learner} has not opened the lesson ${id}`);
    return this.#session(progress, lesson);
  }

  /** The container that the lesson begins with: made once, and started again when another daemon's end took it back. */
  async #machine({ lesson, open, ...session }: Session): Promise<void> {
    if (!lesson.machine) return;
    const { engine, request } = this.options;
    let handle: ContainerHandle | undefined = engine
      .containers()
      .find(({ container }) => container.id === open.machine);
    if (!handle) {
      const wanted = request(lesson.machine.run);
      handle = await engine.create(
        { ...wanted, Labels: { ...wanted.Labels, [LESSON_LABEL]: lesson.id } },
        { name: this.#name(lesson.id), pull: 'missing' },
      );
      open.machine = handle.container.id;
    }
    const mine = this.#sessions.get(session.learner);
    const { status, machine } = handle.state;
    // a page that is loaded again finds a start that is held: its status is created too, and it is under way
    if ((status !== 'created' && status !== 'dead') || !AT_REST.has(machine)) return;
    if (mine) mine.trouble = undefined;
    handle.start({ mode: 'run', breakpoints: lesson.machine.pauseAt }).catch((error: unknown) => {
      if (!mine) return;
      mine.trouble = error instanceof Error ? error.message : String(error);
      mine.tell();
    });
  }
  #name(id: string): string {
    const taken = new Set(this.options.engine.containers().map(({ container }) => container.name));
    for (let n = 1; ; n++)
      if (!taken.has(`lesson-${id}${n > 1 ? `-${n}` : ''}`)) return `lesson-${id}${n > 1 ? `-${n}` : ''}`;
  }

  follow(learner: string, id: string, tell: (state: LessonState) => void): () => void {
    return this.session(learner, id).follow(tell);
  }

  /** Takes away what the lesson started, and only that. What was done stays done. */
  async leave(given: string, id: string): Promise<void> {
    const session = this.session(given, id);
    const { learner, open } = session;
    this.#sessions.delete(learner);
    session.close();
    const progress = this.#store.of(learner);
    delete progress.open;
    this.#store.save(learner);
    await this.options.engine
      .containers()
      .find(({ container }) => container.id === open.machine)
      ?.remove({ force: true });
  }

  answer(learner: string, id: string, question: number, chosen: number): LessonState {
    const session = this.session(learner, id);
    const { lesson, progress } = session;
    const options = lesson.text.en.quiz[question]?.options.length;
    if (options === undefined) throw badParameter(`the lesson ${id} has no question ${question + 1}`);
    if (!(chosen >= 0 && chosen < options))
      throw badParameter(`question ${question + 1} has the options 1 to ${options}, got ${chosen + 1}`);
    progress.quiz[question] = { chosen, right: lesson.answers[question] === chosen, at: Date.now() };
    session.finish();
    this.#store.save(session.learner);
    session.soon();
    session.tell();
    return session.state();
  }

  hint(learner: string, id: string, task: string): LessonState {
    const session = this.session(learner, id);
    const found = session.lesson.tasks.find((one) => one.id === task);
    if (!found) throw notFound(`No such task: ${task.slice(0, 60)}`);
    const shown = session.progress.hints[task] ?? [];
    const next = nextHint(found, shown);
    if (next !== undefined) {
      session.progress.hints[task] = [...shown, next].sort((a, b) => a - b);
      this.#store.save(session.learner);
      session.tell();
    }
    return session.state();
  }

  exported = (learner: string): object => this.#store.exported(checkLearner(learner));
  imported(given: string, file: unknown): object {
    const learner = checkLearner(given);
    this.#store.imported(learner, file);
    return this.#store.exported(learner);
  }

  /** The daemon was asked to end, and says goodbye. */
  close(): void {
    for (const session of this.#sessions.values()) {
      session.close();
      session.open.goodbye = true;
      try {
        this.#store.save(session.learner);
      } catch {
        // a full disk: the next daemon takes this one for killed, and this one ends all the same
      }
    }
  }
}

export const isLanguage = (name: unknown): name is Language => (languages as readonly unknown[]).includes(name);
